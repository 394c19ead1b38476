#include <nlohmann/json.hpp>

#include "client/client_parts.hpp"
#include "core/id.hpp"

// One operation each; what they have in common is in client.cpp.

namespace troupe {

namespace {

using nlohmann::json;

/// Only what is said.
json with(const char* name, const std::string& value) {
  return value.empty() ? json::object() : json{{name, value}};
}

json parsed(const std::string& text) {
  return json::parse(text, nullptr, false);
}

} // namespace

client_accepted client::parts::submit(json params,
                                      const submission_options& how) {
  client_accepted out;
  auto input = parsed(how.input);
  if (!input.is_object()) {
    static_cast<client_answer&>(out) =
      refused("the input of a submission is no JSON object");
    return out;
  }
  if (!input.empty())
    params["input"] = std::move(input);
  if (how.priority > 0)
    params["priority"] = how.priority;
  static_cast<client_answer&>(out) = ask("submit", params, how);
  auto body = parsed(out.body);
  if (!out.ok() || !body.is_object())
    return out;
  out.run = body.value("run", "");
  out.repeated = body.value("repeated", json{}) == true;
  return out;
}

// -- work

client_accepted client::submit(const std::string& workflow,
                               const submission_options& how) {
  return parts_->submit({{"workflow", workflow}}, how);
}

client_accepted client::submit_tasks(const std::string& tasks,
                                     const submission_options& how) {
  auto list = parsed(tasks);
  if (list.is_array())
    return parts_->submit({{"tasks", std::move(list)}}, how);
  client_accepted out;
  static_cast<client_answer&>(out) = refused("the tasks are no JSON list");
  return out;
}

client_accepted client::submit_named(const std::string& name,
                                     const submission_options& how) {
  return parts_->submit({{"name", name}}, how);
}

client_ended client::run(const std::string& workflow,
                         const submission_options& how) {
  auto accepted = submit(workflow, how);
  if (accepted.ok())
    return wait(accepted.run);
  client_ended out;
  static_cast<client_answer&>(out) = std::move(accepted);
  return out;
}

// -- commands

client_answer client::cancel(const std::string& id, const std::string& reason,
                             const call_options& how) {
  return parts_->ask_about("cancel", id, with("reason", reason), how);
}

client_answer client::retry(const std::string& id, const call_options& how) {
  return parts_->ask_about("retry", id, json::object(), how);
}

client_answer client::pause(const std::string& run, const call_options& how) {
  return parts_->ask("pause", {{"run", run}}, how);
}

client_answer client::resume(const std::string& run, const call_options& how) {
  return parts_->ask("resume", {{"run", run}}, how);
}

client_answer client::signal(const std::string& run, const std::string& name,
                             const std::string& payload,
                             const call_options& how) {
  auto value = parsed(payload);
  if (value.is_discarded())
    return refused("the payload of a signal is no JSON");
  json params{{"run", run}, {"name", name}};
  if (!value.is_null())
    params["payload"] = std::move(value);
  return parts_->ask("signal", params, how);
}

client_answer client::approve(const std::string& task,
                              const std::string& comment,
                              const call_options& how) {
  auto params = with("comment", comment);
  params["task"] = task;
  return parts_->ask("approve", params, how);
}

client_answer client::reject(const std::string& task,
                             const std::string& comment,
                             const call_options& how) {
  auto params = with("comment", comment);
  params["task"] = task;
  return parts_->ask("reject", params, how);
}

// -- views

client_answer client::status() {
  return parts_->ask("status", json::object());
}

client_answer client::status(const std::string& run) {
  return parts_->ask("run", {{"run", run}});
}

client_answer client::task(const std::string& task) {
  return parts_->ask("task", {{"task", task}});
}

client_answer client::why(const std::string& id) {
  return parts_->ask_about("why", id, json::object());
}

client_answer client::logs(const std::string& id, const std::string& after) {
  return parts_->ask_about("logs", id, with("after", after));
}

client_answer client::approvals() {
  return parts_->ask("approvals", json::object());
}

client_answer client::agents() {
  return parts_->ask("agents", json::object());
}

// -- workflows

client_answer client::register_workflow(const std::string& workflow) {
  return parts_->ask("register", {{"workflow", workflow}});
}

client_answer client::workflow(const std::string& name, uint32_t version) {
  json params{{"name", name}};
  if (version > 0)
    params["version"] = version;
  return parts_->ask("workflow", params);
}

client_answer client::plan(const std::string& workflow) {
  return parts_->ask("plan", {{"workflow", workflow}});
}

// -- the task queue

client_answer client::queue_decompose(const std::string& strategy,
                                      const call_options& how) {
  return parts_->ask("queue_decompose", {{"strategy_id", strategy}}, how);
}

client_answer client::queue_execute(uint32_t max_concurrent,
                                    const std::string& task,
                                    const call_options& how) {
  auto params = with("task_id", task);
  if (max_concurrent > 0)
    params["max_concurrent"] = max_concurrent;
  return parts_->ask("queue_execute", params, how);
}

client_answer client::queue_status(const std::string& task) {
  return parts_->ask("queue_status", with("task_id", task));
}

// -- listings

client_answer
client::each(const std::string& operation, const std::string& params,
             const std::function<bool(const std::string& item)>& take) {
  auto query = parsed(params);
  if (!query.is_object())
    return refused("the params of `" + operation + "` are no JSON object");
  for (;;) {
    auto page = parts_->ask(operation, query);
    auto body = parsed(page.body);
    if (!page.ok() || !body.is_object())
      return page;
    // The one list of the page is what it is about.
    for (const auto& [name, value] : body.items()) {
      if (!value.is_array())
        continue;
      for (const auto& x : value)
        if (!take(x.dump()))
          return page;
      break;
    }
    auto next = body.value("next", json{});
    if (!next.is_string() || query.value("after", json{}) == next)
      return page;
    query["after"] = next;
  }
}

} // namespace troupe
