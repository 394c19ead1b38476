#include "agents/linked_agent.hpp"

#include <utility>

namespace troupe::agents {

linked_agent::linked_agent(services::spawner& through,
                           services::linked_request request)
  : process_(services::linked_process::open(through, std::move(request))) {}

linked_agent::~linked_agent() {
  process_->close();
}

void linked_agent::perform(const task& t, reply done) {
  process_->assign(t, done);
}

} // namespace troupe::agents
