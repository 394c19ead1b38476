#include <algorithm>
#include <cstdio>
#include <future>
#include <iterator>
#include <ostream>
#include <random>
#include <thread>

#include "cli/verb.hpp"
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

// -- asking again

/// How often something that changes the node is asked in all.
constexpr uint32_t tries_max = 4;

/// What has another effect each time it is done.
bool changes(const std::string& op) {
  constexpr std::string_view all[] = {
    "submit",  "cancel", "retry",           "pause",   "resume", "signal",
    "approve", "reject", "queue_decompose", "release", "hold"};
  return std::find(std::begin(all), std::end(all), op) != std::end(all);
}

/// 128 random bits: no two commands of anybody have the same.
std::string new_key() {
  std::random_device chance;
  std::string out = "cli-";
  for (int i = 0; i < 4; ++i) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", chance());
    out += digits;
  }
  return out;
}

/// Nobody can tell from this whether it was done.
bool is_open(const failure& why) {
  return why.code == errc::timed_out || why.code == errc::restarting;
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
  auto got = ask_once(what);
  auto pause = around_.ask_again_pause;
  // A node that is started again meanwhile does not answer for a moment.
  for (uint32_t n = 2; n <= tries_max
                       && (is_open(got.error)
                           || (n > 2 && got.error.kind == category::network));
       ++n) {
    err() << "troupe: " << got.error.message
          << "; asking again with the same key, so that it is done once (try "
          << n << " of " << tries_max << ")" << std::endl;
    std::this_thread::sleep_for(pause);
    pause *= 2;
    asked_again_ = true;
    got = ask_once(what);
  }
  auto unknown =
    is_open(got.error) || (asked_again_ && got.error.kind == category::network);
  if (!unknown)
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
  auto may_be_lost = changes(op) && !own_node_;
  if (may_be_lost && key.empty())
    what.idempotency_key = new_key();
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
