#include <set>

#include "core/plan.hpp"
#include "core/queue_words.hpp"
#include "runtime/api_question.hpp"

// Requests: what is wanted, in words. There is no planner yet, so words are
// understood where they name what is known; what would have to be guessed is
// refused. A request is the run that it became.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Of names that a description is searched for; and of runs a session may have.
constexpr uint32_t names_max = 10'000;
constexpr int pages_max = 20;
constexpr uint32_t tasks_shown_max = 1'000;
constexpr size_t session_bytes_max = 128;
constexpr size_t description_bytes_max = 2'048;

constexpr std::string_view understood =
  "understood today is a description with the name of one registered workflow "
  "(GET /api/v1/workflows), or a context with one of `workflow` (such a name), "
  "`definition`, `tasks` and `task`, each with its `input`";

core::problem wrong(std::string field, std::string what, std::string hint) {
  return {"/" + field, 0, 0, std::move(what), std::move(hint)};
}

/// What no part of the node would act on is no promise to make.
core::problems check_request(const json& params) {
  core::problems out;
  for (const auto* name : {"constraints", "preferences"})
    if (auto x = params.find(name); x != params.end() && !x->empty())
      out.push_back(wrong(std::string{name} + "/" + x->begin().key(),
                          "this is not understood yet",
                          "leave `" + std::string{name}
                            + "` empty; timeouts, retries and approvals are "
                              "the workflow's"));
  static const std::set<std::string> known{"workflow", "definition", "tasks",
                                           "task", "input"};
  size_t sources = 0;
  auto context = params.value("context", json::object());
  for (const auto& [name, value] : context.items()) {
    sources += name != "input";
    if (known.count(name) == 0)
      out.push_back(wrong("context/" + name, "this is not understood yet",
                          std::string{understood}));
  }
  if (sources > 1 && out.empty())
    out.push_back(wrong("context", "it says more than one thing to do",
                        "keep one of them"));
  auto too_long = [&](const char* name, size_t bytes_max) {
    if (params.value(name, "").size() > bytes_max)
      out.push_back(wrong(name, "it is too long",
                          "at most " + std::to_string(bytes_max) + " bytes"));
  };
  too_long("session_id", session_bytes_max);
  too_long("description", description_bytes_max);
  return out;
}

/// The same as `submit` takes it; null where the description has to say.
json source_of(const json& params) {
  auto context = params.value("context", json::object());
  json out = json::object();
  if (context.contains("workflow"))
    out["name"] = context["workflow"];
  else if (context.contains("definition"))
    out["definition"] = context["definition"];
  else if (context.contains("tasks"))
    out["tasks"] = context["tasks"];
  else if (context.contains("task"))
    out["tasks"] = json::array({context["task"]});
  else
    return nullptr;
  return out;
}

/// The words of a text as names could be written: "release@3", not "release.".
std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> out;
  auto part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0
           || std::string_view{"_-.@"}.find(c) != std::string_view::npos;
  };
  for (size_t i = 0; i < text.size();) {
    auto end = i;
    while (end < text.size() && part(text[end]))
      ++end;
    auto word = text.substr(i, end - i);
    while (!word.empty() && (word.back() == '.' || word.back() == '-'))
      word.remove_suffix(1);
    if (!word.empty())
      out.emplace(word);
    i = end + 1;
  }
  return out;
}

/// The registered workflows that a description names, also as `name@3`.
core::result<std::vector<std::string>>
named_in(core::store_reader& store, const std::string& workspace,
         const std::string& description) {
  auto words = words_of(description);
  std::vector<std::string> found;
  core::page where{1000, {}};
  for (uint32_t seen = 0; seen < names_max; seen += where.limit) {
    auto all = store.registered(workspace, where);
    if (!all)
      return all.error();
    for (const auto& x : all->rows)
      for (auto at = words.lower_bound(x.name);
           at != words.end() && at->starts_with(x.name); ++at)
        if (*at == x.name || (*at)[x.name.size()] == '@')
          found.push_back(*at);
    where.after = all->next;
    if (where.after.empty())
      break;
  }
  return found;
}

core::api_answer not_understood(const std::vector<std::string>& names) {
  auto what = names.empty() ? std::string{"what is wanted is not understood"}
                            : "it names more than one workflow:";
  for (const auto& x : names)
    what += " `" + x + "`";
  return refuse({wrong("description", what, std::string{understood})});
}

/// Labels of the definition, and what the run was asked for with.
core::text labels_for(const core::workflow& of, const json& params) {
  auto labels =
    of.labels.empty() ? json::object() : json::parse(of.labels.view());
  labels["request"] = params.value("description", "");
  if (params.contains("session_id"))
    labels["session_id"] = params["session_id"];
  return core::text{labels.dump()};
}

std::string label_of(const core::run_row& row, const char* name) {
  auto labels = json::parse(row.labels.view(), nullptr, false);
  return labels.is_object() ? labels.value(name, "") : std::string{};
}

bool is_request(const core::run_row& row) {
  auto labels = json::parse(row.labels.view(), nullptr, false);
  return labels.is_object() && labels.contains("request");
}

bool asks_people(const core::workflow& x) {
  return !core::make_plan(x).approvals.empty();
}

json request_body(const std::string& run, const std::string& state,
                  const core::workflow* definition) {
  json body{{"request_id", run},
            {"run", run},
            {"status", state},
            {"requires_approval", false}};
  if (definition != nullptr) {
    body["initial_plan"] =
      json::parse(core::to_json(core::make_plan(*definition)));
    body["requires_approval"] = asks_people(*definition);
  }
  return body;
}

/// What `run` says, as a request.
core::api_answer told_as_request(const core::api_answer& got,
                                 const core::workflow* definition,
                                 core::instant now) {
  if (got.error)
    return got;
  auto run = json::parse(got.body.view(), nullptr, false);
  auto body =
    request_body(run.value("run", ""), run.value("state", ""), definition);
  body["repeated"] = run.value("repeated", false);
  auto labels = run.value("labels", json::object());
  if (labels.is_object() && labels.contains("session_id"))
    body["session_id"] = labels["session_id"];
  if (run.contains("eta") && run["eta"].contains("seconds"))
    body["estimated_completion"] = core::to_rfc3339(
      now
      + std::chrono::duration_cast<core::duration>(
        std::chrono::duration<double>{run["eta"]["seconds"].get<double>()}));
  return answer_with(body);
}

} // namespace

void node_api::request_call(question& asked) {
  if (auto bad = check_request(asked.params); !bad.empty())
    return asked.then(refuse(std::move(bad)));
  auto q = std::make_shared<question>(asked);
  auto params = asked.params;
  auto go_on = [self = shared_from_this(), q, params](json source) {
    if (auto context = params.find("context");
        context != params.end() && context->contains("input"))
      source["input"] = (*context)["input"];
    if (params.contains("priority")) // Else the workflow says.
      source["priority"] = params["priority"];
    q->params = std::move(source);
    self->with_source(
      *q, [self, q, params](core::parsed_workflow parsed, bool ad_hoc) {
        if (!parsed.value)
          return q->then(refuse(std::move(parsed.problems)));
        if (!ad_hoc && parsed.value->name == core::queue_run_name)
          return q->then(refuse(errc::invalid, "runs of that name come from "
                                               "strategies"));
        q->labels = labels_for(*parsed.value, params);
        q->then = [then = q->then, definition = parsed.value, params,
                   now = self->home_->now()](const core::api_answer& got) {
          then(told_as_request(got, definition.get(), now));
        };
        self->finish_submit(q, parsed.value, ad_hoc);
      });
  };
  if (auto source = source_of(params); !source.is_null())
    return go_on(std::move(source));
  read(
    [go_on, params, workspace = q->what.workspace,
     then = q->then](core::store_reader& store) {
      auto names = named_in(store, workspace, params.value("description", ""));
      if (!names)
        return then(refuse(names.error()));
      if (names->size() != 1)
        return then(not_understood(*names));
      go_on({{"name", names->front()}});
    },
    q->then);
}

void node_api::request_status_call(question& q) {
  with_run(q, "request",
           [me = shared_from_this(), then = q.then](
             core::store_reader& store, const core::run_row& row, core::id) {
             if (!is_request(row))
               return then(refuse_not_found("request", row.key));
             auto text = store.find_definition(row.workspace, row.definition);
             auto parsed = text && *text
                             ? me->home_->workflows->parse((*text)->body.view())
                             : core::parsed_workflow{};
             me->add_eta(row, to_json(row),
                         [then, definition = parsed.value,
                          now = me->home_->now()](const core::api_answer& got) {
                           then(told_as_request(got, definition.get(), now));
                         });
           });
}

namespace {

/// A bounded stretch of the newest runs; `next` says where to go on.
core::result<core::run_page> runs_of_session(core::store_reader& store,
                                             const std::string& workspace,
                                             const std::string& session,
                                             const core::page& where) {
  core::run_filter all;
  all.workspace = workspace;
  core::run_page found;
  core::page stretch{1000, where.after};
  for (int i = 0; i < pages_max; ++i) {
    auto part = store.runs(all, stretch);
    if (!part)
      return part.error();
    for (auto& row : part->rows) {
      if (label_of(row, "session_id") != session)
        continue;
      if (found.rows.size() >= where.limit) {
        found.next = core::to_string(found.rows.back().key);
        return found;
      }
      found.rows.push_back(std::move(row));
    }
    found.next = stretch.after = part->next;
    if (part->next.empty())
      break;
  }
  return found;
}

core::result<json> state_of(core::store_reader& store,
                            const std::string& workspace,
                            const std::string& session,
                            const core::page& where) {
  auto found = runs_of_session(store, workspace, session, where);
  if (!found)
    return found.error();
  json body{{"session_id", session},
            {"runs", json::array()},
            {"tasks", json::array()},
            {"decisions", json::array()}};
  std::set<core::id> mine;
  for (const auto& row : found->rows) {
    mine.insert(row.key);
    body["runs"].push_back(to_json(row));
    core::task_filter of_run;
    of_run.workspace = workspace;
    of_run.run = row.key;
    auto left = tasks_shown_max - static_cast<uint32_t>(body["tasks"].size());
    if (left == 0)
      continue; // Their own pages have them.
    auto tasks = store.tasks(of_run, {left, {}});
    if (!tasks)
      return tasks.error();
    for (const auto& x : tasks->rows)
      body["tasks"].push_back(to_json(x));
  }
  auto open = store.open_decisions(workspace);
  if (!open)
    return open.error();
  for (const auto& x : *open)
    if (mine.count(x.task.run()) == 1)
      body["decisions"].push_back(to_json(x));
  if (!found->next.empty())
    body["next"] = found->next;
  return body;
}

} // namespace

void node_api::state_call(question& q) {
  auto session = q.word("session_id").value_or("");
  if (session.empty())
    return q.then(refuse(errc::invalid,
                         "`session_id` is missing; give the one that the "
                         "requests were made with"));
  auto page = q.page();
  if (!page)
    return;
  read(
    [session, page = *page, workspace = q.what.workspace,
     then = q.then](core::store_reader& store) {
      auto body = state_of(store, workspace, session, page);
      then(body ? answer_with(*body) : refuse(body.error()));
    },
    q.then);
}

} // namespace troupe::runtime
