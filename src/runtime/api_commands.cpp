#include "core/access.hpp"
#include "runtime/api_question.hpp"

// What people and programs ask of a run or a task.

namespace troupe::runtime {

using nlohmann::json;

namespace {

json to_body(verb what, const command& asked, const answer& x) {
  auto task = asked.target.number() != 0;
  json body{{task ? "task" : "run", core::to_string(asked.target)},
            {"state", core::to_string(x.state)}};
  if (what == verb::cancel || what == verb::retry || what == verb::release
      || what == verb::hold)
    body["id"] = core::to_string(asked.target);
  if (what == verb::approve || what == verb::reject)
    body["decision"] = what == verb::approve ? "approved" : "rejected";
  if (what == verb::signal)
    body["name"] = asked.name;
  if (!x.body.empty())
    body.update(json::parse(x.body.view(), nullptr, false));
  if (x.repeated)
    body["repeated"] = true;
  return body;
}

} // namespace

void node_api::command_call(question& q, verb what) {
  command x;
  x.what = what;
  x.workspace = q.what.workspace;
  x.by = q.what.by;
  x.idempotency_key = q.what.idempotency_key;
  auto answers = what == verb::approve || what == verb::reject;
  auto target = q.id(answers || q.params.contains("task") ? "task" : "run");
  if (!target)
    return;
  x.target = *target;
  x.reason = q.word(answers ? "comment" : "reason").value_or("");
  if (answers) {
    // Who logged in answers for himself.
    const auto& who = q.what.by.principal;
    auto logged_in = !who.empty() && who != core::local_principal;
    if (logged_in && q.word("by").value_or(who) != who)
      return q.then(refuse(errc::invalid,
                           "`by` is who the token says it is; leave it out"));
    x.name = q.word("by").value_or(who);
  }
  if (what == verb::signal) {
    x.name = q.word("name").value_or("");
    if (x.name.empty())
      return q.then(refuse(errc::invalid, "`name` must be the signal's name"));
    x.body = core::text{q.params.value("payload", json(nullptr)).dump()};
  }
  auto asked = x;
  submit(std::move(x), [what, asked, then = q.then](const answer& done) {
    if (done.error)
      return then(refuse(done.error));
    then(answer_with(to_body(what, asked, done)));
  });
}

} // namespace troupe::runtime
