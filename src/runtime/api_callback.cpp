#include "core/json_text.hpp"
#include "runtime/api_question.hpp"

// What agents say that were called over HTTP and answer by a call of their own.

namespace troupe::runtime {

void node_api::callback_call(question& q) {
  auto token = q.word("token").value_or("");
  q.params.erase("token");
  if (!callback_ || token.empty())
    return q.then(refuse(errc::not_found, "nobody waits for this callback"));
  q.then(callback_(token, core::to_compact(q.params)));
}

} // namespace troupe::runtime
