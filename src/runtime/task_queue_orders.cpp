#include "core/queue_task.hpp"
#include "core/queue_words.hpp"
#include "runtime/api_question.hpp"
#include "runtime/task_queue.hpp"

// What people and programs ask of a queue: work it, stop a task, try one again.

namespace troupe::runtime {

using nlohmann::json;

namespace {

constexpr uint32_t at_once_max = 1000;

/// A whole number of a filter; answers the call and returns nothing where it
/// is none.
template <class Question>
std::optional<uint32_t> number_of(Question& q, const json& from,
                                  const char* name, uint32_t usual,
                                  uint32_t most) {
  auto pos = from.find(name);
  if (pos == from.end() || pos->is_null())
    return usual;
  if (pos->is_number_unsigned() && *pos >= 1 && *pos <= most)
    return pos->template get<uint32_t>();
  q.then(refuse(errc::invalid, "`" + std::string{name}
                                 + "` must be a whole number from 1 to "
                                 + std::to_string(most)));
  return std::nullopt;
}

/// What is wrong with a filter; nothing: it is right.
std::optional<failure> filter_problem(const json& filter) {
  if (!filter.is_object())
    return failure{errc::invalid, category::validation,
                   "`filter` must be an object"};
  for (const auto& [name, value] : filter.items()) {
    auto text = name == "task_type" || name == "assigned_agent";
    if (!text && name != "priority_min")
      return failure{errc::invalid, category::validation,
                     "`filter` has no field `" + name.substr(0, 60)
                       + "`; it takes priority_min, task_type and "
                         "assigned_agent"};
    if (text && !value.is_string())
      return failure{errc::invalid, category::validation,
                     "`filter." + name + "` must be a text"};
  }
  auto type = filter.value("task_type", "");
  if (type.empty() || core::is_queue_task_type(type))
    return std::nullopt;
  std::string known;
  for (auto x : core::queue_task_types)
    known += (known.empty() ? "" : ", ") + std::string{x};
  return core::queue_failure(core::queue_error::invalid_task_type,
                             "`" + type.substr(0, 60)
                               + "` is no task type; it is one of " + known);
}

/// A contract's error for a command that a run refused.
failure refusal_of(const failure& why, core::task_state state,
                   const char* what) {
  if (why.code != errc::invalid_state)
    return why;
  return {errc::invalid_state, category::validation,
          "a task that is " + std::string{to_string(queue_state_of(state))}
            + " cannot be " + what};
}

} // namespace

void task_queue::execute_call(question& q) {
  auto filter = q.params.value("filter", json::object());
  if (auto why = filter_problem(filter))
    return q.then(refuse(*why));
  auto at_once =
    number_of(q, q.params, "max_concurrent", settings_.at_once, at_once_max);
  if (!at_once)
    return;
  auto priority = number_of(q, filter, "priority_min", 1, 10);
  if (!priority)
    return;
  pass_order order;
  order.workspace = q.what.workspace;
  order.by = q.what.by;
  order.at_once = *at_once;
  order.priority_min = static_cast<uint8_t>(*priority);
  order.type = filter.value("task_type", "");
  order.agent = filter.value("assigned_agent", "");
  if (q.word("task_id")) {
    if (filter.empty())
      return execute_one(q, std::move(order));
    return q.then(refuse(errc::invalid, "`task_id` names one task, and a "
                                        "`filter` several; give one of them"));
  }
  if (!q.params.value("async", false))
    return work(std::move(order), q.then);
  work(std::move(order), [](const core::api_answer&) {});
  q.then(answer_with({{"success", true}, {"status", "accepted"}}));
}

namespace {

/// A pass over one task whose attempt took too long is the contract's error.
core::api_answer verdict_of(core::api_answer got) {
  if (got.error)
    return got;
  auto body = json::parse(got.body.view(), nullptr, false);
  auto log = body.value("execution_log", json::array());
  auto code = core::code_of(core::queue_error::execution_timeout);
  if (log.size() != 1 || log[0].value("error_code", "") != code)
    return got;
  return refuse(core::queue_failure(core::queue_error::execution_timeout,
                                    log[0].value("error", "")));
}

/// Why this task cannot be worked now; nothing: it can.
std::optional<failure> not_now(const task_queue& queue,
                               const core::task_row& row) {
  if (auto why = core::cannot_work(row))
    return why;
  auto agent = core::queue_agent(row);
  if (!queue.has_agent(agent))
    return core::queue_failure(core::queue_error::agent_not_available,
                               "nobody answers to the agent `" + agent
                                 + "`; the task stays queued");
  if (auto opens = queue.opens(row))
    return failure{errc::invalid_state, category::validation,
                   "task " + core::to_string(row.key)
                     + " is outside of its hours; it may begin at "
                     + queue.calendar().shown(*opens)};
  return std::nullopt;
}

} // namespace

void task_queue::execute_one(question& q, pass_order order) {
  with_task(
    q, "task_id",
    [me = shared_from_this(), order](question& q, core::task_row row) {
      if (auto why = not_now(*me, row))
        return q.then(refuse(*why));
      auto one = order;
      one.only = row.key;
      if (q.params.value("async", false)) {
        me->work(std::move(one), [](const core::api_answer&) {});
        return q.then(answer_with({{"success", true}, {"status", "accepted"}}));
      }
      me->work(std::move(one), [then = q.then](core::api_answer got) {
        then(verdict_of(std::move(got)));
      });
    });
}

/// The task of the parameters, if it is one of this workspace's queue. A door
/// names no workspace where the caller's rights hold in every one.
void task_queue::with_task(question& asked, const char* name,
                           std::function<void(question&, core::task_row)> use) {
  auto q = std::make_shared<question>(std::move(asked));
  auto word = q->word(name).value_or("");
  auto not_found = [q, word] {
    q->then(refuse(core::queue_failure(core::queue_error::task_not_found,
                                       "no task `" + word.substr(0, 60)
                                         + "` is in this workspace's queue")));
  };
  auto key = core::id_from(word);
  if (!key)
    return not_found();
  auto lost = [q] {
    q->then(refuse(errc::restarting, "a reader restarts; ask again"));
  };
  read(
    [q, key, not_found, use = std::move(use)](core::store_reader& store) {
      auto row = store.find_task(*key);
      if (!row)
        return q->then(refuse(row.error()));
      const auto& workspace = q->what.workspace;
      if (!*row || (*row)->labels.empty()
          || (!workspace.empty() && (*row)->workspace != workspace))
        return not_found();
      use(*q, std::move(**row));
    },
    lost);
}

namespace {

/// What somebody wants done with a task of the queue.
template <class Question>
command command_on(const core::task_row& row, verb what, const Question& q) {
  command x;
  x.what = what;
  x.target = row.key;
  x.workspace = row.workspace;
  x.by = q.what.by;
  x.idempotency_key = q.what.idempotency_key;
  return x;
}

} // namespace

void task_queue::cancel_call(question& q) {
  with_task(
    q, "task", [me = shared_from_this()](question& q, core::task_row row) {
      auto api = me->api();
      if (!api)
        return;
      auto x = command_on(row, verb::cancel, q);
      x.reason = q.word("reason").value_or("");
      api->submit(
        std::move(x), [row, then = q.then](const troupe::answer& done) {
          if (done.error)
            return then(refuse(refusal_of(done.error, row.state, "cancelled")));
          then(answer_with(
            {{"success", true},
             {"task_id", core::to_string(row.key)},
             {"previous_status", to_string(core::queue_state_of(row.state))}}));
        });
    });
}

void task_queue::retry_call(question& q) {
  with_task(
    q, "task", [me = shared_from_this()](question& q, core::task_row row) {
      auto api = me->api();
      if (!api)
        return;
      auto x = command_on(row, verb::retry, q);
      if (q.params.value("reset_retry_count", false))
        x.name = "anew";
      api->submit(
        std::move(x), [row, then = q.then](const troupe::answer& done) {
          if (done.error)
            return then(refuse(refusal_of(done.error, row.state, "retried")));
          then(answer_with({{"success", true},
                            {"task_id", core::to_string(row.key)},
                            {"new_status", "queued"}}));
        });
    });
}

} // namespace troupe::runtime
