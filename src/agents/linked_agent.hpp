#pragma once

#include <memory>

#include "services/linked_process.hpp"
#include "troupe/agent.hpp"

namespace troupe::agents {

/// An agent that is one long-lived process, which has many tasks at a time
/// (docs/agents.md, "A process for many tasks"). Thread-safe.
class linked_agent : public reactive_agent {
public:
  /// Starts the process. `through` must outlive this, and every reply that was
  /// given to it.
  linked_agent(services::spawner& through, services::linked_request request);

  /// Ends the process; what it had is given back.
  ~linked_agent() override;

  linked_agent(const linked_agent&) = delete;
  linked_agent& operator=(const linked_agent&) = delete;

  void perform(const task& t, reply done) override;

private:
  std::shared_ptr<services::linked_process> process_;
};

} // namespace troupe::agents
