#include "mcp/server.hpp"

#include <algorithm>
#include <set>

// What there is, in lists; and the one thing out of each that is asked for.

namespace troupe::mcp {

using nlohmann::json;

namespace {

constexpr int runs_shown = 50;
constexpr size_t completions_max = 100;

/// A list that clients may keep for a while.
void answer_list(const request_ptr& r, std::string_view name, json list,
                 int ttl_ms, const std::string& next = {}) {
  json result;
  result[std::string{name}] = std::move(list);
  if (!next.empty())
    result["nextCursor"] = next;
  if (r->spoken == era::modern) {
    result["ttlMs"] = ttl_ms;
    result["cacheScope"] = ttl_ms > 0 ? "public" : "private";
  }
  r->succeed(std::move(result));
}

template <class T>
const T* find_named(const std::vector<T>& all, const std::string& name) {
  auto pos = std::find_if(all.begin(), all.end(),
                          [&](const T& x) { return x.name == name; });
  return pos == all.end() ? nullptr : &*pos;
}

json shown_run(const json& run) {
  auto id = text_of(run, "run");
  return {{"uri", "troupe://runs/" + id},
          {"name", "run-" + id},
          {"title", text_of(run, "name")},
          {"description", "a run, " + text_of(run, "state") + ", since "
                            + text_of(run, "created_at")},
          {"mimeType", "application/json"}};
}

/// Task ids of open decisions, ids of runs, or names of workflows.
std::vector<std::string> values_in(const json& body, const std::string& kind) {
  std::vector<std::string> out;
  auto list = kind == "task" ? "decisions" : "runs";
  auto field = kind == "workflow" ? "name" : kind;
  for (const auto& x : member(body, list))
    out.push_back(text_of(x, field));
  return out;
}

void answer_completion(const request_ptr& r,
                       const std::vector<std::string>& known) {
  auto begun = text_of(member(r->params, "argument"), "value");
  std::set<std::string> seen;
  auto values = json::array();
  for (const auto& x : known)
    if (x.starts_with(begun) && seen.insert(x).second
        && values.size() < completions_max)
      values.push_back(x);
  json found{{"values", values}, {"total", values.size()}, {"hasMore", false}};
  r->succeed({{"completion", std::move(found)}});
}

} // namespace

json server::capabilities(era of) const {
  json lists = json::object();
  if (around_->fixtures)
    lists["listChanged"] = true;
  json out{{"tools", lists},
           {"prompts", lists},
           {"resources", {{"subscribe", true}}},
           {"completions", json::object()},
           {"logging", json::object()}};
  if (of == era::modern)
    out["extensions"][key::tasks] = json::object();
  else
    out["tasks"] = {{"list", json::object()},
                    {"cancel", json::object()},
                    {"requests", {{"tools", {{"call", json::object()}}}}}};
  return out;
}

// -- tools

void server::list_tools(const request_ptr& r) {
  auto list = json::array();
  for (const auto& x : tools_)
    list.push_back(shown(x, r->spoken));
  answer_list(r, "tools", std::move(list), 60'000);
}

void server::call_tool(const request_ptr& r) {
  auto name = text_of(r->params, "name");
  const auto* what = find_named(tools_, name);
  if (!what)
    return r->fail(code::invalid_params,
                   "there is no tool `" + name.substr(0, 100)
                     + "`; tools/list says what there is");
  const auto& given = member(r->params, "arguments");
  if (!given.is_null() && !given.is_object())
    return r->fail(code::invalid_params, "`arguments` must be an object");
  if (what->tasks == task_use::must && r->spoken == era::modern
      && !r->can_tasks())
    return r->need_capability({{"extensions", {{key::tasks, json::object()}}}});
  // Said as a result, a model reads it and mends its call.
  for (const auto& x : member(what->input_schema, "required"))
    if (!given.contains(x.get<std::string>()))
      return r->succeed(text_result("invalid: the argument `"
                                      + x.get<std::string>() + "` is missing",
                                    true));
  r->run(what->run);
}

// -- resources

void server::list_resources(const request_ptr& r) {
  auto cursor = text_of(r->params, "cursor");
  auto list = json::array();
  if (cursor.empty())
    for (const auto& x : resources_)
      if (!x.is_template())
        list.push_back(shown(x));
  json page{{"limit", runs_shown}};
  if (!cursor.empty())
    page["after"] = cursor;
  r->call("runs", page, [r, list](const core::api_answer& got) {
    if (got.error)
      return r->fail(got.error.code == errc::invalid ? code::invalid_params
                                                     : code::internal_error,
                     got.error.message);
    auto all = list;
    auto body = body_of(got);
    for (const auto& x : member(body, "runs"))
      all.push_back(shown_run(x));
    answer_list(r, "resources", std::move(all), 0, text_of(body, "next"));
  });
}

void server::list_templates(const request_ptr& r) {
  auto list = json::array();
  for (const auto& x : resources_)
    if (x.is_template())
      list.push_back(shown(x));
  answer_list(r, "resourceTemplates", std::move(list), 60'000);
}

bool server::is_resource(const std::string& uri) const {
  return std::any_of(resources_.begin(), resources_.end(),
                     [&](const auto& x) { return parts_of(x.uri, uri); });
}

void server::read(const request_ptr& r) {
  auto uri = text_of(r->params, "uri");
  for (const auto& x : resources_)
    if (auto parts = parts_of(x.uri, uri))
      return r->run(
        [&x, parts](const request_ptr& again) { x.read(again, *parts); });
  not_found(r);
}

// -- prompts

void server::list_prompts(const request_ptr& r) {
  auto list = json::array();
  for (const auto& x : prompts_)
    list.push_back(shown(x));
  answer_list(r, "prompts", std::move(list), 60'000);
}

void server::get_prompt(const request_ptr& r) {
  auto name = text_of(r->params, "name");
  const auto* what = find_named(prompts_, name);
  if (!what)
    return r->fail(code::invalid_params,
                   "there is no prompt `" + name.substr(0, 100)
                     + "`; prompts/list says what there is");
  for (const auto& x : what->arguments)
    if (x.required && !argument(*r, x.name).is_string())
      return r->fail(code::invalid_params,
                     "the argument `" + x.name + "` is missing");
  r->run(what->get);
}

// -- completion

void server::complete(const request_ptr& r) {
  const auto& ref = member(r->params, "ref");
  auto name = text_of(member(r->params, "argument"), "name");
  std::string kind;
  if (const auto* what = find_named(prompts_, text_of(ref, "name"))) {
    for (const auto& field : what->arguments)
      if (field.name == name)
        kind = field.completes;
  } else if (text_of(ref, "type") == "ref/resource") {
    for (const auto& known : resources_)
      if (known.uri == text_of(ref, "uri"))
        kind = known.completes;
  } else {
    return r->fail(code::invalid_params, "`ref` names no prompt");
  }
  if (kind.empty())
    return answer_completion(r, {});
  auto op = kind == "task" ? "approvals" : "runs";
  auto page = kind == "task" ? json::object() : json{{"limit", 200}};
  r->call(op, page, [r, kind](const core::api_answer& got) {
    answer_completion(r, values_in(body_of(got), kind));
  });
}

} // namespace troupe::mcp
