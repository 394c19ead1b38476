#include "mcp/fixtures.hpp"

namespace troupe::mcp::fixtures {

using nlohmann::json;

namespace {

const json text_type{{"type", "string"}};

json ask_name(std::string_view message) {
  return elicit(message, {{"name", text_type}}, {"name"});
}

json ask_ok() {
  return elicit("Please confirm", {{"ok", {{"type", "boolean"}}}}, {"ok"});
}

json list_roots() {
  return {{"method", "roots/list"}, {"params", json::object()}};
}

std::string name_in(const json& answer) {
  return text_of(member(answer, "content"), "name");
}

/// Those that are not answered yet.
json missing(const request_ptr& r, json inputs) {
  for (const auto& [key, value] : r->answers().items())
    inputs.erase(key);
  return inputs;
}

/// Asks for all inputs, then answers with `said`.
handler needs(json inputs, std::function<std::string(const request&)> said) {
  return [inputs, said = std::move(said)](const request_ptr& r) {
    auto open = missing(r, inputs);
    if (!open.empty())
      return r->ask(std::move(open), "waits");
    r->succeed(text_result(said(*r)));
  };
}

std::string greet(const request& r) {
  return "Hello, " + name_in(r.answer("user_name")) + "!";
}

std::string capital(const request& r) {
  return text_of(member(r.answer("capital_question"), "content"), "text");
}

std::string count_roots(const request& r) {
  return "roots: " + to_line(member(r.answer("client_roots"), "roots"));
}

std::string confirmed(const request&) {
  return "state-ok: the state came back as it was";
}

void two_rounds(const request_ptr& r) {
  if (r->answer("step1").is_null())
    return r->ask({{"step1", ask_name("Step 1: What is your name?")}}, 1);
  if (r->answer("step2").is_null())
    return r->ask({{"step2", elicit("Step 2: What is your favorite color?",
                                    {{"color", text_type}}, {"color"})}},
                  2);
  r->succeed(
    text_result(name_in(r->answer("step1")) + " likes "
                + text_of(member(r->answer("step2"), "content"), "color")));
}

/// Asks only what the client can answer.
void as_it_can(const request_ptr& r) {
  auto inputs = json::object();
  if (r->can("sampling"))
    inputs["sampled"] = sample("Say hello", 50);
  if (r->can("elicitation"))
    inputs["user_name"] = ask_name("What is your name?");
  auto open = missing(r, inputs);
  if (!open.empty())
    return r->ask(std::move(open), nullptr);
  r->succeed(text_result("all that could be asked was answered"));
}

} // namespace

tools asking_tools() {
  const auto named = std::string{"test_input_required_result_"};
  auto all = [&](const char* name, handler run) {
    return make(named + name, "Needs answers before it can answer", {},
                std::move(run));
  };
  return {
    all("elicitation",
        needs({{"user_name", ask_name("What is your name?")}}, greet)),
    all("sampling", needs({{"capital_question",
                            sample("What is the capital of France?", 100)}},
                          capital)),
    all("list_roots", needs({{"client_roots", list_roots()}}, count_roots)),
    all("request_state", needs({{"confirm", ask_ok()}}, confirmed)),
    all("multiple_inputs",
        needs({{"user_name", ask_name("What is your name?")},
               {"greeting", sample("Generate a greeting", 50)},
               {"client_roots", list_roots()}},
              greet)),
    all("multi_round", two_rounds),
    all("tampered_state", needs({{"confirm", ask_ok()}}, confirmed)),
    all("capabilities", as_it_can),
  };
}

} // namespace troupe::mcp::fixtures
