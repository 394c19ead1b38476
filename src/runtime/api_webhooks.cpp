#include "runtime/api_question.hpp"
#include "runtime/webhooks.hpp"

// What became of what others were told.

namespace troupe::runtime {

using nlohmann::json;

void node_api::webhooks_call(question& q) {
  q.then(answer_with(webhooks_ ? webhooks_->shown(q.what.workspace)
                               : json{{"webhooks", json::array()}}));
}

void node_api::dead_letters_call(question& q) {
  q.then(answer_with(webhooks_
                       ? webhooks_->letters(q.what.workspace)
                       : json{{"letters", json::array()}, {"dropped", 0}}));
}

void node_api::redeliver_call(question& q) {
  auto letter = q.word("letter").value_or("");
  if (!webhooks_ || !webhooks_->redeliver(q.what.workspace, letter))
    return q.then(refuse(errc::not_found,
                         "there is no dead letter of that id, or its webhook "
                         "is not configured any more"));
  q.then(answer_with({{"letter", letter}}));
}

} // namespace troupe::runtime
