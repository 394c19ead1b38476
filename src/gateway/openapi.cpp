#include "gateway/openapi.hpp"

#include <algorithm>
#include <cctype>

#include "core/answer_schemas.hpp"
#include "core/json_text.hpp"
#include "core/metric_page.hpp"
#include "core/workflow.hpp"
#include "gateway/field_words.hpp"
#include "gateway/queue_door.hpp"
#include "gateway/route_words.hpp"
#include "gateway/routes.hpp"

namespace troupe::gateway {

namespace {

using nlohmann::json;

json reference(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string{schema}}};
}

json content(std::string_view type, json schema) {
  return {{std::string{type}, {{"schema", std::move(schema)}}}};
}

// -- parameters

json parameter(std::string_view in, std::string_view name) {
  json out{{"in", in}, {"name", name}, {"schema", {{"type", "string"}}}};
  if (const auto* known = meaning_of(name)) {
    out["schema"] = json::parse(known->schema);
    out["description"] = known->meaning;
  }
  if (in == "path")
    out["required"] = true;
  if (name == "input") // JSON in a query.
    out = {{"in", in},
           {"name", name},
           {"content", content("application/json", json::object())}};
  return out;
}

json header(std::string_view name, std::string_view meaning, json schema) {
  return {{"in", "header"},
          {"name", name},
          {"description", meaning},
          {"schema", std::move(schema)}};
}

json words_of_one_line(unsigned bytes_max) {
  return {{"type", "string"},
          {"pattern", "^[!-~]{1," + std::to_string(bytes_max) + "}$"}};
}

void add_path_parameters(std::string_view pattern, json& to) {
  for (auto open = pattern.find('{'); open != pattern.npos;
       open = pattern.find('{', open + 1)) {
    auto close = pattern.find('}', open);
    to.push_back(parameter("path", pattern.substr(open + 1, close - open - 1)));
  }
}

bool needs(const route& x, std::string_view field) {
  const auto* words = words_of(x.method, x.pattern);
  auto needed = field_words(words ? words->required : "");
  return std::find(needed.begin(), needed.end(), field) != needed.end();
}

json parameters_of(const route& x) {
  auto out = json::array();
  add_path_parameters(x.pattern, out);
  for (auto name : field_words(x.query)) {
    out.push_back(parameter("query", name));
    if (needs(x, name))
      out.back()["required"] = true;
  }
  if (!x.pattern.starts_with("/api/"))
    return out;
  out.push_back(header("Troupe-Workspace", "the tenant; else `default`",
                       words_of_one_line(64)));
  // A file that is there already is never written over.
  if (x.method == "POST" && x.op != "backup")
    out.push_back(header("Idempotency-Key",
                         "the same again is answered as before, and done once",
                         words_of_one_line(255)));
  if (x.kind == route_kind::run_made)
    out.push_back(header("Prefer", "`wait`: answered when the run has ended",
                         {{"type", "string"}}));
  if (x.kind == route_kind::events)
    out.push_back(header("Last-Event-ID", "where a stream goes on",
                         words_of_one_line(4096)));
  return out;
}

// -- bodies

json fields_schema(const route& x, const route_words* words) {
  json out{{"type", "object"},
           {"additionalProperties", false},
           {"properties", json::object()}};
  for (auto name : field_words(x.body.fields)) {
    const auto* known = meaning_of(name);
    auto& to = out["properties"][std::string{name}];
    to = known ? json::parse(known->schema) : json::object();
    if (known)
      to["description"] = known->meaning;
  }
  if (words && !words->required.empty())
    out["required"] = field_words(words->required);
  return out;
}

json body_of(const route& x) {
  if (x.kind == route_kind::mcp && x.method == "POST")
    return {{"required", true},
            {"content", content("application/json", json::object())}};
  const auto* words = words_of(x.method, x.pattern);
  auto needed = words && !words->required.empty();
  switch (x.body.form) {
    case body_form::none:
      return nullptr;
    case body_form::fields:
      return {
        {"required", needed},
        {"content", content("application/json", fields_schema(x, words))}};
    case body_form::tasks:
      return {
        {"required", true},
        {"content", content("application/json", reference("tasks-body"))}};
    case body_form::source:
    case body_form::workflow:
      break;
  }
  auto form = x.body.form == body_form::source ? "source" : "workflow-body";
  auto all = content("application/json", reference(form));
  all.update(content("application/yaml", {{"type", "string"}}));
  return {{"required", true}, {"content", all}};
}

json task_list() {
  return {{"type", "array"}, {"minItems", 1}, {"items", {{"type", "object"}}}};
}

/// The forms that docs/api.md lists under "A source".
json source_schema() {
  json beside{{"input", json::object()},
              {"priority", {{"type", "integer"}}},
              {"format", {{"const", "wfcommons"}}},
              {"time_scale", {{"type", "number"}}}};
  auto one = [&](const char* field, json schema) {
    auto all = beside;
    all[field] = std::move(schema);
    return json{{"type", "object"},
                {"required", {field}},
                {"additionalProperties", false},
                {"properties", all}};
  };
  return {{"anyOf",
           {one("workflow", {{"type", "string"}}),
            one("definition", {{"type", "object"}}),
            one("tasks", task_list()),
            one("name", {{"type", "string"}}),
            {{"type", "object"}, {"required", {"steps"}}}}}};
}

json tasks_schema() {
  return {{"anyOf",
           {{{"type", "object"}, {"description", "one task, or `tasks`"}},
            task_list()}}};
}

json workflow_body_schema() {
  return {{"type", "object"},
          {"description", "a definition, or its text as `workflow`"}};
}

/// Of /api/tasks, whose programs know this form.
json queue_problem_schema() {
  json error{{"type", "object"},
             {"required", {"code", "message", "details"}},
             {"properties",
              {{"code", {{"type", "string"}}},
               {"message", {{"type", "string"}}},
               {"details", {{"type", "object"}}}}}};
  return {{"type", "object"},
          {"required", {"success", "error"}},
          {"properties", {{"success", {{"const", false}}}, {"error", error}}}};
}

// -- answers

json answer_of(const route& x) {
  const auto* words = words_of(x.method, x.pattern);
  auto schema = words && !words->answer.empty() ? reference(words->answer)
                                                : json{{"type", "object"}};
  auto is = [&](route_kind kind) { return x.kind == kind; };
  std::string_view type = is(route_kind::events)    ? "text/event-stream"
                          : is(route_kind::schema)  ? "application/schema+json"
                          : is(route_kind::figures) ? core::exposition_type
                                                    : "application/json";
  if (is(route_kind::events))
    schema = {{"type", "string"},
              {"description", "Server-Sent Events, each with JSON as `event` "
                              "describes it"}};
  if (is(route_kind::figures))
    schema = {{"type", "string"}};
  return {{"description", words ? words->summary : x.op},
          {"content", content(type, schema)}};
}

/// The protocol describes itself; docs/mcp.md says which revisions.
json of_protocol() {
  return {{"default",
           {{"description", "as the Model Context Protocol says"},
            {"content", content("application/json", json::object())}}}};
}

json responses_of(const route& x) {
  if (x.kind == route_kind::mcp)
    return of_protocol();
  auto problem = content("application/problem+json", reference("problem"));
  if (is_queue_path(std::string{x.pattern}))
    problem = content("application/json", reference("queue-problem"));
  json out{{"default",
            {{"description", "what is wrong, and what to do about it"},
             {"content", problem}}}};
  switch (x.kind) {
    case route_kind::run_made:
      out["200"] = out["201"] = answer_of(x);
      // A run that was waited for is told in full.
      out["200"]["content"] =
        content("application/json",
                {{"anyOf", {reference("submit"), reference("run")}}});
      break;
    case route_kind::made:
      out["201"] = answer_of(x);
      break;
    case route_kind::ready:
      out["200"] = out["503"] = answer_of(x);
      break;
    case route_kind::queue_pass:
      out["200"] = answer_of(x);
      out["202"] = {{"description", "it has begun"},
                    {"content", content("application/json", json::object())}};
      break;
    case route_kind::socket:
      out["101"] = {{"description", "messages as docs/streams.md lists them"}};
      break;
    default:
      out["200"] = answer_of(x);
  }
  return out;
}

// -- the whole

/// "get_api_v1_runs_run_tasks" without the version: names for generators.
std::string operation_id(const route& x) {
  std::string out;
  for (auto c : x.method)
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  auto path = x.pattern;
  if (path.starts_with("/api/v1"))
    path.remove_prefix(7);
  else if (!path.starts_with("/api"))
    out += "_root"; // Not to have the name of one in /api/v1.
  for (auto c : path)
    if (std::isalnum(static_cast<unsigned char>(c)))
      out += c;
    else if (out.back() != '_')
      out += '_';
  if (out.back() == '_')
    out.pop_back();
  return out;
}

json operation(const route& x) {
  json out{{"operationId", operation_id(x)},
           {"parameters", parameters_of(x)},
           {"responses", responses_of(x)}};
  if (const auto* words = words_of(x.method, x.pattern))
    out["summary"] = words->summary;
  if (auto body = body_of(x); !body.is_null())
    out["requestBody"] = body;
  return out;
}

json schemas() {
  json out = json::object();
  for (const auto& [name, text] : core::answer_schemas())
    out[std::string{name}] = json::parse(text);
  out["source"] = source_schema();
  out["tasks-body"] = tasks_schema();
  out["workflow-body"] = workflow_body_schema();
  out["queue-problem"] = queue_problem_schema();
  return out;
}

std::string document() {
  json out{
    {"openapi", "3.1.0"},
    {"jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema"},
    {"info",
     {{"title", "Troupe"},
      {"version", "1"},
      {"description",
       "A runtime for companies of agents. Every error is a problem "
       "document (RFC 9457). docs/api.md is the manual."}}},
    {"servers", {{{"url", "/"}}}},
    {"security", json::array({json::object(), {{"bearer", json::array()}}})},
    {"components",
     {{"schemas", schemas()},
      {"securitySchemes",
       {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  for (const auto& x : routes()) {
    std::string method;
    for (auto c : x.method)
      method += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out["paths"][std::string{x.pattern}][method] = operation(x);
  }
  return core::to_compact(out);
}

} // namespace

const std::string& openapi_document() {
  static const auto text = document();
  return text;
}

} // namespace troupe::gateway
