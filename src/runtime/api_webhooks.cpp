#include "core/access.hpp"
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
  if (!webhooks_)
    return q.then(refuse(errc::not_found, "no webhooks are configured"));
  if (auto why = webhooks_->redeliver(q.what.workspace, letter))
    return q.then(refuse(why));
  q.then(answer_with({{"letter", letter}}));
}

void node_api::keep_note(const core::note_row& what,
                         std::function<void(failure)> then) {
  command x;
  x.what = verb::note;
  x.by = {std::string{core::local_principal}, "webhooks", {}, {}};
  x.name = what.name;
  x.body = what.body;
  // All that is said under one name meets at one shard, in order.
  x.target =
    core::id::make(home_->now(), core::slot_of({}, what.name), home_->unique());
  submit(std::move(x),
         [then = std::move(then)](const answer& done) { then(done.error); });
}

} // namespace troupe::runtime
