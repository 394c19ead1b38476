#include "mcp/run_tasks.hpp"

#include "mcp/people.hpp"
#include "mcp/watching.hpp"

namespace troupe::mcp {

using nlohmann::json;

namespace {

constexpr int poll_interval_ms = 1000;

/// A failed run is a tool that did its work and says so: `completed`.
std::string status_of(const json& run) {
  auto state = text_of(run, "state");
  if (state == "completed" || state == "failed")
    return "completed";
  return state == "cancelled" ? "cancelled" : "working";
}

json task_of(const json& run, era to) {
  auto updated = text_of(run, "updated_at");
  auto created = text_of(run, "created_at");
  json out{{"taskId", text_of(run, "run")},
           {"status", status_of(run)},
           {"statusMessage", text_of(run, "state")},
           {"createdAt", created},
           {"lastUpdatedAt", updated.empty() ? created : updated}};
  if (to == era::modern) {
    out["ttlMs"] = nullptr;
    out["pollIntervalMs"] = poll_interval_ms;
  } else {
    out["ttl"] = nullptr;
    out["pollInterval"] = poll_interval_ms;
  }
  return out;
}

std::string task_id(const request_ptr& r) {
  return text_of(r->params, "taskId");
}

void refuse(const request_ptr& r, const core::api_answer& got) {
  auto unknown =
    got.error.code == errc::not_found || got.error.code == errc::invalid;
  r->fail(unknown ? code::invalid_params : code::internal_error,
          unknown ? "there is no task `" + task_id(r).substr(0, 100) + "`"
                  : got.error.message);
}

/// Calls back with the run that the task is; refuses where there is none.
void with_run(const request_ptr& r, std::function<void(const json& run)> then) {
  r->call("run", {{"run", task_id(r)}},
          [r, then = std::move(then)](const core::api_answer& got) {
            if (got.error)
              return refuse(r, got);
            then(body_of(got));
          });
}

} // namespace

bool wants_task(const request& r) {
  if (r.method != "tools/call")
    return false;
  return r.spoken == era::modern ? r.can_tasks()
                                 : member(r.params, "task").is_object();
}

void answer_with_task(const request_ptr& r, const std::string& run) {
  r->call("run", {{"run", run}}, [r](const core::api_answer& got) {
    if (got.error)
      return r->succeed(failed_result(got));
    auto task = task_of(body_of(got), r->spoken);
    if (r->spoken == era::legacy)
      return r->succeed({{"task", std::move(task)}});
    task["resultType"] = "task";
    r->succeed(std::move(task));
  });
}

void get_task(const request_ptr& r) {
  with_run(r, [r](const json& run) {
    auto task = task_of(run, r->spoken);
    auto modern = r->spoken == era::modern;
    if (modern && task["status"] == "completed")
      task["result"] = run_result(run, json::array());
    if (task["status"] != "working"
        || !member(run, "counts").contains("awaiting_approval"))
      return r->succeed(std::move(task));
    find_decisions(r, text_of(run, "run"), [r, task, modern](const json& all) {
      auto out = task;
      if (!all.empty())
        out["statusMessage"] = "waits for a person to decide";
      auto questions = questions_of(all, json::array());
      if (!questions.empty() && (!modern || r->can("elicitation"))) {
        out["status"] = "input_required";
        if (modern)
          out["inputRequests"] = std::move(questions);
      }
      r->succeed(std::move(out));
    });
  });
}

void update_task(const request_ptr& r) {
  const auto& answers = member(r->params, "inputResponses");
  if (!answers.is_object())
    return r->fail(code::invalid_params,
                   "`inputResponses` must be an object, a key for each "
                   "question of `tasks/get`");
  with_run(r, [r, answers](const json&) {
    record_answers(r, answers, json::array(),
                   [r](const json&) { r->succeed(json::object()); });
  });
}

void cancel_task(const request_ptr& r) {
  with_run(r, [r](const json& run) {
    auto over = status_of(run) != "working";
    if (over && r->spoken == era::legacy)
      return r->fail(code::invalid_params,
                     "the task has ended and cannot be cancelled");
    if (over)
      return r->succeed(json::object());
    r->call("cancel", {{"run", task_id(r)}, {"reason", "by an MCP client"}},
            [r, run](const core::api_answer& got) {
              if (r->spoken == era::modern)
                return r->succeed(json::object());
              if (got.error)
                return r->fail(code::internal_error, got.error.message);
              auto task = task_of(run, era::legacy);
              task["status"] = "cancelled";
              r->succeed(std::move(task));
            });
  });
}

void task_result(const request_ptr& asked) {
  // Again from its beginning after each question that a person has answered.
  asked->run([](const request_ptr& r) {
    with_run(r, [r](const json& run) {
      follow_run(r, text_of(run, "run"), std::chrono::seconds{0});
    });
  });
}

void list_tasks_of_client(const request_ptr& r) {
  json page{{"limit", 50}};
  if (auto after = text_of(r->params, "cursor"); !after.empty())
    page["after"] = after;
  r->call("runs", page, [r](const core::api_answer& got) {
    if (got.error)
      return r->fail(code::invalid_params, got.error.message);
    auto body = body_of(got);
    json out{{"tasks", json::array()}};
    for (const auto& run : member(body, "runs"))
      out["tasks"].push_back(task_of(run, era::legacy));
    if (auto next = text_of(body, "next"); !next.empty())
      out["nextCursor"] = next;
    r->succeed(std::move(out));
  });
}

} // namespace troupe::mcp
