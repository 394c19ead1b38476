#include <future>

#include <nlohmann/json.hpp>

#include "runtime/node_insides.hpp"

// The part of `troupe::node` that submits and asks.

namespace troupe {

using nlohmann::json;

namespace {

core::origin embedded() {
  return {"local", "embedded", {}, {}};
}

struct parsed {
  core::workflow_ptr definition;
  bool ad_hoc = false;
  failure why;
};

parsed parse(known_workflows& known, const std::string& source) {
  parsed x;
  auto first = source.find_first_not_of(" \t\r\n");
  x.ad_hoc = first != std::string::npos && source[first] == '[';
  using form = known_workflows::form;
  auto all = known.parse(source, x.ad_hoc ? form::task_list : form::workflow);
  x.definition = std::move(all.value);
  if (!x.definition) {
    x.why = {errc::invalid, category::validation, {}};
    for (const auto& problem : all.problems)
      x.why.message +=
        (x.why.message.empty() ? "" : "\n")
        + core::to_text(problem, x.ad_hoc ? "tasks" : "workflow");
  }
  return x;
}

/// Parses on the caller's thread and gives the command to the desk.
void submit_parsed(runtime::node_api& api, const std::string& source,
                   submit_options& how, bool wait, answer_callback then) {
  auto read = parse(*api.home().workflows, source);
  answer no;
  no.error = read.why;
  if (!no.error) {
    auto input = core::check_input(*read.definition, how.input);
    if (!input.problems.empty())
      no.error = {errc::invalid, category::validation,
                  core::to_text(input.problems.front(), "input")};
    else
      how.input = input.value.str();
  }
  if (no.error)
    return then(std::move(no));
  command x;
  x.what = verb::submit;
  x.workspace = std::move(how.workspace);
  x.by = embedded();
  x.definition = std::move(read.definition);
  x.ad_hoc = read.ad_hoc;
  x.body = core::text{std::move(how.input)};
  x.idempotency_key = std::move(how.idempotency_key);
  x.priority = how.priority;
  x.wait = wait;
  x.target = api.new_run(x.workspace, x.idempotency_key);
  api.submit(std::move(x), std::move(then));
}

submitted to_submitted(const answer& x) {
  return {x.error, x.error ? std::string{} : core::to_string(x.run),
          x.repeated};
}

run_result to_result(const answer& x) {
  return {x.error, core::to_string(x.run),
          std::string{core::to_string(x.state)}, x.body.str()};
}

} // namespace

submitted node::submit(const std::string& workflow, submit_options how) {
  std::promise<submitted> done;
  submit_tasks(workflow, std::move(how),
               [&done](submitted x) { done.set_value(std::move(x)); });
  return done.get_future().get();
}

submitted node::submit_tasks(const std::string& tasks, submit_options how) {
  return submit(tasks, std::move(how));
}

void node::submit_tasks(const std::string& tasks, submit_options how,
                        submit_callback then) {
  submit_parsed(
    *node_insides::api(*this), tasks, how, false,
    [then = std::move(then)](const answer& x) { then(to_submitted(x)); });
}

void node::submit_and_wait(const std::string& source, submit_options how,
                           result_callback then) {
  submit_parsed(
    *node_insides::api(*this), source, how, true,
    [then = std::move(then)](const answer& x) { then(to_result(x)); });
}

run_result node::run(const std::string& source, submit_options how) {
  std::promise<run_result> done;
  submit_and_wait(source, std::move(how),
                  [&done](run_result x) { done.set_value(std::move(x)); });
  return done.get_future().get();
}

failure node::cancel(const std::string& run, const std::string& reason,
                     const std::string& workspace) {
  std::string body;
  return ask("cancel", json{{"run", run}, {"reason", reason}}.dump(), body,
             workspace);
}

namespace {

bool is_over(const std::string& state) {
  auto known = core::run_state_from(state);
  return known && core::terminal(*known);
}

core::watch_request watch_of(const std::string& run,
                             const std::string& workspace) {
  core::watch_request what;
  what.workspace = workspace;
  what.run = core::id_from(run).value_or(core::id{});
  what.by = embedded();
  return what;
}

} // namespace

run_result node::wait(const std::string& run, const std::string& workspace) {
  for (;;) {
    std::string body;
    if (auto why = ask("run", json{{"run", run}}.dump(), body, workspace))
      return {why, run, {}, {}};
    auto now = json::parse(body);
    if (auto state = now.value("state", std::string{}); is_over(state))
      return {{}, run, state, now["output"].dump()};
    // Until its end, or until the stream ends without it.
    auto ended = std::make_shared<std::promise<void>>();
    api()->watch(watch_of(run, workspace), [ended](const core::watch_event& x) {
      if (x.last)
        ended->set_value();
      return !x.last;
    });
    ended->get_future().wait();
  }
}

failure node::watch(const std::string& run,
                    std::function<bool(const std::string&)> on_event,
                    const std::string& workspace) {
  std::string body;
  if (auto why = ask("run", json{{"run", run}}.dump(), body, workspace))
    return why;
  api()->watch(watch_of(run, workspace),
               [tell = std::move(on_event)](const core::watch_event& x) {
                 return (x.json.empty() || tell(x.json)) && !x.last;
               });
  return {};
}

failure node::ask(const std::string& operation, const std::string& params,
                  std::string& out, const std::string& workspace) {
  std::promise<core::api_answer> done;
  core::api_request what;
  what.workspace = workspace;
  what.op = operation;
  what.by = embedded();
  what.params = core::text{params};
  api()->call(std::move(what),
              [&done](core::api_answer x) { done.set_value(std::move(x)); });
  auto x = done.get_future().get();
  out = x.body.str();
  return x.error;
}

} // namespace troupe
