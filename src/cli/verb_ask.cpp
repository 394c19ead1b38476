#include <future>
#include <ostream>

#include "cli/verb.hpp"
#include "client/ask_again.hpp"
#include "core/json_text.hpp"

// How a verb asks the node, and what it makes of a refusal.

namespace troupe::cli {

namespace {

// "file:line:column: what; hint", a line for each.
std::string listed(const core::problems& all, const std::string& file) {
  std::string out;
  for (const auto& x : all) {
    out += "\n  ";
    if (x.line > 0)
      out += (file.empty() ? "" : file + ":") + std::to_string(x.line) + ":"
             + std::to_string(x.column) + ": ";
    out += x.what;
    if (!x.where.empty())
      out += " (at " + x.where + ")";
    if (!x.hint.empty())
      out += "; " + x.hint;
  }
  return out;
}

// "Something is wrong; do this": it needs no second hint.
bool says_what_to_do(const std::string& message) {
  return message.find("; ") != std::string::npos;
}

stop_verb stop_for(const core::api_answer& got, const std::string& file) {
  auto what = got.error.message.empty() ? std::string{message(got.error.code)}
                                        : got.error.message;
  auto hint = std::string{message(got.error.code)};
  auto problems = got.problems;
  if (problems.size() == 1 && problems[0].what == what) {
    // Said once is enough.
    if (!problems[0].where.empty() && problems[0].where[0] != '?')
      what += " (at " + problems[0].where + ")";
    hint = problems[0].hint;
    problems.clear();
  } else if (got.error.kind == category::network || hint == what
             || (problems.empty()
                 && (got.error.code == errc::invalid
                     || says_what_to_do(what)))) {
    hint.clear();
  }
  if (!file.empty() && !problems.empty())
    what = file + " has " + what;
  return {exit_code_of(got.error), what + listed(problems, file), hint};
}

} // namespace

core::origin verb_call::origin() const {
  return {"local", "cli", "", ""};
}

core::api_answer verb_call::ask_once(const core::api_request& what) {
  auto answer = std::make_shared<std::promise<core::api_answer>>();
  auto waiting = answer->get_future();
  node().call(what, [answer](core::api_answer got) {
    answer->set_value(std::move(got));
  });
  return waiting.get();
}

/// The node knows the key, so what is asked again is not done again: asking
/// until it answers makes sure of both.
core::api_answer verb_call::ask_until_known(const core::api_request& what) {
  remote::patience with;
  with.pause = around_.ask_again_pause;
  with.on_again = [&](const failure& why, uint32_t number) {
    err() << "troupe: " << why.message
          << "; asking again with the same key, so that it is done once (try "
          << number << " of " << with.tries_max << ")" << std::endl;
  };
  auto [got, again, in_doubt] = remote::ask_again(
    [&] { return ask_once(what); }, remote::repeat::keyed, with);
  asked_again_ = again;
  if (!in_doubt)
    return got;
  got.error.message += "; nobody knows whether it was done: ";
  got.error.message +=
    what.op == "submit"
      ? "submit it again with --idempotency-key " + what.idempotency_key
          + " to be sure"
      : std::string{"look with `troupe status` before you ask again"};
  return got;
}

nlohmann::json verb_call::ask(const std::string& op,
                              const nlohmann::json& params,
                              const std::string& key, const std::string& file) {
  core::api_request what{op, workspace(), origin(),
                         core::text{core::to_compact(params)}, key};
  asked_again_ = false;
  node(); // Else whose node it is, is not known yet.
  auto may_be_lost =
    remote::repeat_of(op) == remote::repeat::keyed && !own_node_;
  if (may_be_lost && key.empty())
    what.idempotency_key = remote::new_key("cli-");
  auto got = may_be_lost ? ask_until_known(what) : ask_once(what);
  if (got.error)
    throw stop_for(got, file);
  auto body = nlohmann::json::parse(got.body.view(), nullptr, false);
  if (!body.is_object())
    throw stop_verb{exit_failure, "the node answered something that is no JSON",
                    "do node and program have the same version?"};
  return body;
}

} // namespace troupe::cli
