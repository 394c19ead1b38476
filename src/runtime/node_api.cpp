#include "runtime/node_api.hpp"

#include <map>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "core/command_key.hpp"
#include "runtime/answer_once.hpp"
#include "runtime/api_params.hpp"
#include "runtime/api_question.hpp"
#include "runtime/task_queue.hpp"

namespace troupe::runtime {

namespace {

/// The same for what a client asks again under the same key.
core::id own_id(const house& home, const command& x) {
  if (x.idempotency_key.empty())
    return core::id::make(home.now(), 0, home.unique());
  auto all = nlohmann::json{x.workspace,
                            x.idempotency_key,
                            static_cast<int>(x.what),
                            core::to_string(x.target),
                            x.name,
                            x.reason,
                            x.body.view()};
  auto key = nlohmann::json{x.workspace, x.idempotency_key};
  return core::keyed_command(key.dump(), all.dump());
}

} // namespace

node_api::node_api(caf::actor_system& sys, house_ptr home, caf::actor root,
                   roster_ptr monitors)
  : sys_(sys), home_(std::move(home)), root_(std::move(root)),
    monitors_(std::move(monitors)), started_at_(home_->now()) {}

void node_api::call(core::api_request what, callback then) {
  using method = void (node_api::*)(question&);
  static const std::map<std::string_view, method> views{
    {"submit", &node_api::submit_call},
    {"plan", &node_api::plan_call},
    {"register", &node_api::register_call},
    {"workflow", &node_api::workflow_call},
    {"workflows", &node_api::workflows_call},
    {"diff", &node_api::diff_call},
    {"audit", &node_api::audit_call},
    {"audit_check", &node_api::audit_check_call},
    {"request", &node_api::request_call},
    {"request_status", &node_api::request_status_call},
    {"state", &node_api::state_call},
    {"report", &node_api::report_call},
    {"decision", &node_api::decision_call},
    {"run", &node_api::run_call},
    {"runs", &node_api::runs_call},
    {"tasks", &node_api::tasks_call},
    {"task", &node_api::task_call},
    {"logs", &node_api::logs_call},
    {"history", &node_api::history_call},
    {"approvals", &node_api::approvals_call},
    {"why", &node_api::why_call},
    {"tree", &node_api::tree_call},
    {"agents", &node_api::agents_call},
    {"status", &node_api::status_call},
    {"callback", &node_api::callback_call},
    {"webhooks", &node_api::webhooks_call},
    {"dead_letters", &node_api::dead_letters_call},
    {"redeliver", &node_api::redeliver_call},
    {"metrics", &node_api::metrics_call},
    {"backup", &node_api::backup_call},
    {"drain", &node_api::drain_call},
    {"reload", &node_api::reload_call},
  };
  static const std::map<std::string_view, verb> verbs{
    {"cancel", verb::cancel}, {"pause", verb::pause},
    {"resume", verb::resume}, {"retry", verb::retry},
    {"signal", verb::signal}, {"approve", verb::approve},
    {"reject", verb::reject}, {"release", verb::release},
    {"hold", verb::hold},
  };
  question q;
  q.then = answer_once<core::api_answer>(
    std::move(then), refuse(errc::restarting, "a part of the node restarted "
                                              "meanwhile; ask again"));
  q.what = std::move(what);
  if (!open_)
    return q.then(refuse(errc::stopping, "the node is stopping"));
  q.params = q.what.params.empty()
               ? json::object()
               : json::parse(q.what.params.view(), nullptr, false);
  if (!q.params.is_object())
    return q.then(refuse(errc::invalid, "the parameters are no JSON object"));
  if (auto wrong = params_problems(q.what.op, q.params); !wrong.empty())
    return q.then(refuse(std::move(wrong)));
  if (queue_ && task_queue::takes(q.what.op))
    return queue_->ask(q);
  if (auto view = views.find(q.what.op); view != views.end())
    return (this->*view->second)(q);
  if (auto order = verbs.find(q.what.op); order != verbs.end())
    return command_call(q, order->second);
  q.then(refuse(errc::not_found, "there is no operation `" + q.what.op + "`"));
}

void node_api::submit(command what, answer_callback then) {
  if (what.what == verb::submit && draining_) {
    answer no;
    no.error = {errc::stopping, category::unknown,
                "the node is drained and takes no new runs; try another one, "
                "or `troupe drain --undo`"};
    return then(std::move(no));
  }
  if (what.what != verb::submit && what.what != verb::define
      && what.what != verb::keep && what.what != verb::note)
    what.own = own_id(*home_, what);
  give(std::make_shared<command>(std::move(what)), std::move(then), 0);
}

/// Gives a command to the desk. If it is lost with a desk or a reader that was
/// killed, it is given again: commands are idempotent.
void node_api::give(const std::shared_ptr<command>& what, answer_callback then,
                    uint32_t tries) {
  constexpr uint32_t tries_max =
    4000; // Longer than a supervisor waits at most.
  static constexpr std::chrono::milliseconds pause{5};
  auto again = [me = shared_from_this(), what, then, tries](answer x) {
    auto worth_it =
      x.error.code == errc::restarting && tries < tries_max && me->open_;
    if (!worth_it)
      return then(std::move(x));
    what->resent = true;
    me->sys_.spawn([me, what, then, tries](caf::event_based_actor* self) {
      self->delayed_send(self, pause, caf::tick_atom_v);
      return caf::behavior{[me, what, then, tries, self](caf::tick_atom) {
        self->quit();
        me->give(what, then, tries + 1);
      }};
    });
  };
  answer lost;
  lost.run = what->target;
  lost.error = {errc::restarting, category::unknown,
                "the node's desk restarted; ask again"};
  auto once = answer_once<answer>(std::move(again), std::move(lost));
  auto desk = child_ref<desk_actor>{home_->desk};
  if (auto to = desk.handle())
    caf::anon_send(to, *what, std::move(once));
}

core::id node_api::new_run(std::string_view workspace,
                           std::string_view key) const {
  auto unique = home_->unique();
  // Spread over the shards, but the same key meets at the same shard.
  auto slot =
    key.empty() ? unique * 61 % core::id::slots : core::slot_of(workspace, key);
  return core::id::make(home_->now(), slot, unique);
}

void node_api::read_store(read_job job, const std::function<void()>& lost) {
  read(keep_promise(std::move(job), lost),
       [lost](const core::api_answer&) { lost(); });
}

void node_api::read(read_job job, const callback& then) {
  auto n = next_reader_++ % home_->readers.size();
  auto reader = child_ref<reader_actor>{home_->readers[n]};
  if (auto to = reader.handle())
    caf::anon_send(to, std::move(job));
  else
    then(refuse(errc::restarting, "a reader restarts; ask again"));
}

} // namespace troupe::runtime
