#include "mcp/fixtures.hpp"

namespace troupe::mcp::fixtures {

using nlohmann::json;

namespace {

constexpr std::chrono::milliseconds step{50};

/// Does `what(0)` to `what(count - 1)`, a step apart, then answers.
void in_steps(const request_ptr& r, int count, std::function<void(int)> what,
              const std::string& said, int begun = 0) {
  what(begun);
  if (begun + 1 == count)
    return r->succeed(text_result(said));
  r->around->after(step, [r, count, what = std::move(what), said, begun] {
    in_steps(r, count, what, said, begun + 1);
  });
}

void tell_progress(const request_ptr& r) {
  in_steps(
    r, 3, [r](int n) { r->progress(n * 50, 100, ""); },
    "Tool with progress executed successfully");
}

void tell_log(const request_ptr& r) {
  auto say = [r](int n) {
    constexpr const char* lines[] = {"Tool execution started",
                                     "Tool processing data",
                                     "Tool execution completed"};
    r->log("info", "fixtures", lines[n]);
  };
  in_steps(r, 3, say, "Tool with logging executed successfully");
}

void log_once(const request_ptr& r) {
  r->log("info", "fixtures", "said only to whom it was asked for");
  r->succeed(text_result("logged"));
}

void ask_model(const request_ptr& r) {
  if (!r->can("sampling"))
    return r->succeed(text_result("the client cannot sample", true));
  const auto& said = r->answer("reply");
  if (said.is_null())
    return r->ask(
      {{"reply",
        sample(text_of(member(r->params, "arguments"), "prompt"), 100)}},
      nullptr);
  r->succeed(
    text_result("LLM response: " + text_of(member(said, "content"), "text")));
}

/// Asks the user once; answers with what was said.
void ask_user(const request_ptr& r, std::string_view message, json properties,
              json required, const std::string& intro) {
  if (!r->can("elicitation"))
    return r->succeed(text_result("the client cannot ask its user", true));
  const auto& said = r->answer("form");
  if (said.is_null())
    return r->ask(
      {{"form", elicit(message, std::move(properties), std::move(required))}},
      nullptr);
  r->succeed(text_result(intro + "action=" + text_of(said, "action")
                         + ", content=" + to_line(member(said, "content"))));
}

void ask_person(const request_ptr& r) {
  ask_user(r, text_of(member(r->params, "arguments"), "message"),
           {{"username", {{"type", "string"}, {"description", "User name"}}},
            {"email", {{"type", "string"}, {"description", "Email address"}}}},
           {"username", "email"}, "User response: ");
}

void ask_with_defaults(const request_ptr& r) {
  ask_user(r, "Please check these values", json::parse(R"({
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"],
               "default": "active"},
    "verified": {"type": "boolean", "default": true}})"),
           json::array(), "Elicitation completed: ");
}

void ask_with_choices(const request_ptr& r) {
  ask_user(r, "Please choose", json::parse(R"({
    "untitledSingle": {"type": "string",
      "enum": ["option1", "option2", "option3"]},
    "titledSingle": {"type": "string", "oneOf": [
      {"const": "value1", "title": "First Option"},
      {"const": "value2", "title": "Second Option"},
      {"const": "value3", "title": "Third Option"}]},
    "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"],
      "enumNames": ["Option One", "Option Two", "Option Three"]},
    "untitledMulti": {"type": "array", "items": {"type": "string",
      "enum": ["option1", "option2", "option3"]}},
    "titledMulti": {"type": "array", "items": {"anyOf": [
      {"const": "value1", "title": "First Choice"},
      {"const": "value2", "title": "Second Choice"},
      {"const": "value3", "title": "Third Choice"}]}}})"),
           json::array(), "Elicitation completed: ");
}

void need_sampling(const request_ptr& r) {
  if (!r->can("sampling"))
    return r->need_capability({{"sampling", json::object()}});
  r->succeed(text_result("the client can sample"));
}

handler says_changed(std::shared_ptr<subscriptions> to, std::string list) {
  return [to = std::move(to), list = std::move(list)](const request_ptr& r) {
    to->changed(list);
    r->succeed(text_result("said that the list of " + list + " has changed"));
  };
}

} // namespace

json elicit(std::string_view message, json properties, json required) {
  json form{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty())
    form["required"] = std::move(required);
  return {{"method", "elicitation/create"},
          {"params",
           {{"mode", "form"},
            {"message", message},
            {"requestedSchema", std::move(form)}}}};
}

json sample(std::string_view prompt, int tokens_max) {
  json said{{"role", "user"},
            {"content", {{"type", "text"}, {"text", prompt}}}};
  json params{{"messages", json::array({std::move(said)})},
              {"maxTokens", tokens_max}};
  return {{"method", "sampling/createMessage"}, {"params", std::move(params)}};
}

tools talking_tools(const std::shared_ptr<subscriptions>& listeners) {
  return {
    make("test_tool_with_progress", "Tells how far it is", {}, tell_progress),
    make("test_tool_with_logging", "Logs while it works", {}, tell_log),
    make("test_logging_tool", "Logs one line", {}, log_once),
    make("test_sampling", "Asks the client's model", {"prompt"}, ask_model),
    make("test_elicitation", "Asks the client's user", {"message"}, ask_person),
    make("test_streaming_elicitation", "Asks the client's user", {"message"},
         ask_person),
    make("test_elicitation_sep1034_defaults", "Asks with defaults", {},
         ask_with_defaults),
    make("test_elicitation_sep1330_enums", "Asks with choices", {},
         ask_with_choices),
    make("test_missing_capability", "Needs a client that can sample", {},
         need_sampling),
    make("test_trigger_tool_change", "Says that the tools have changed", {},
         says_changed(listeners, "tools")),
    make("test_trigger_prompt_change", "Says that the prompts have changed", {},
         says_changed(listeners, "prompts")),
  };
}

} // namespace troupe::mcp::fixtures
