#include "core/run.hpp"

// What is done when a step's own attempts are used up.

namespace troupe::core {

namespace {

/// "agent `bob`", "agents with archive": whom the fallback asks.
std::string whom(const needs& x) {
  if (!x.agent.empty())
    return "agent `" + x.agent + "`";
  std::string words;
  for (const auto& word : x.capabilities)
    words += (words.empty() ? "" : ", ") + word;
  return words.empty() ? "any agent" : "agents with " + words;
}

} // namespace

std::shared_ptr<const step> run::step_of(const task& t) const {
  const auto& s = spec(t);
  if (t.fallback == 0 || !s.fallback || !s.fallback->need)
    return {sources_[t.source], &s}; // Shares the definition's ownership.
  auto other = std::make_shared<step>(s);
  other->need = s.fallback->need;
  return other;
}

/// Gives the task to its fallback. False: there is none, or none any more.
bool run::fall_back(task& t, const failure& why, instant now) {
  const auto& s = spec(t);
  if (!s.fallback || t.fallback != 0 || why.kind == category::security
      || row_.state == run_state::cancelling)
    return false;
  const auto& last = *s.fallback;
  if (!last.output.empty()) {
    auto output = resolved(last.output, t);
    if (!output) {
      fail(t, output.error(), now);
      return true;
    }
    t.fallback = static_cast<uint16_t>(t.retries + 1);
    t.agent = {};
    t.score = text{R"({"fallback":"output"})"};
    note(fact_kind::task_fell_back, &t, now, "its output: " + why.message);
    complete(t, std::move(*output), now);
    return true;
  }
  // Its agent said that it must not be tried again.
  if (why.kind == category::business)
    return false;
  if (t.deadline != no_instant && now >= t.deadline)
    return false;
  if (!last.input.empty()) {
    auto input = resolved(last.input, t);
    if (!input) {
      fail(t, input.error(), now);
      return true;
    }
    t.input = std::move(*input);
  }
  t.fallback = ++t.retries; // Its first attempt is one more try, too.
  note(fact_kind::task_fell_back, &t, now,
       whom(*last.need) + ": " + why.message);
  t.error = std::make_unique<failure>(why);
  return_to_queue(t, now);
  return true;
}

} // namespace troupe::core
