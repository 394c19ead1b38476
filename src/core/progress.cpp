#include "core/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace troupe::core {

namespace {

/// Sums of independent times: the spreads add as squares, or a long run would
/// seem to be known much less well than it is.
struct total_time {
  double middle = 0;
  double below = 0; // Squared.
  double above = 0;

  void add(const estimate& x) {
    auto us = [](duration d) { return static_cast<double>(d.count()); };
    middle += us(x.middle);
    below += std::pow(us(x.middle) - us(x.low), 2);
    above += std::pow(us(x.high) - us(x.middle), 2);
  }

  estimate value() const {
    auto us = [](double x) {
      return duration{static_cast<int64_t>(std::clamp(x, 0.0, 1e18))};
    };
    return {us(middle - std::sqrt(below)), us(middle),
            us(middle + std::sqrt(above))};
  }
};

std::optional<estimate> time_of(const step& s,
                                const performance_history& history,
                                std::optional<duration> otherwise) {
  if (s.kind == step_kind::sleep)
    return estimate{s.sleep, s.sleep, s.sleep};
  if (s.kind == step_kind::approval || s.kind == step_kind::signal)
    return estimate{};
  if (s.need) {
    const auto& type = s.need->type;
    if (auto middle = history.quantile(0.5, {}, type))
      return estimate{*history.quantile(0.1, {}, type), *middle,
                      *history.quantile(0.9, {}, type)};
  }
  auto guess = s.expected > duration{} ? std::optional{s.expected} : otherwise;
  if (!guess)
    return std::nullopt;
  return estimate{*guess / 2, *guess, *guess * 2};
}

estimate without(const estimate& all, duration elapsed) {
  auto left = [elapsed](duration d) {
    return std::max(d - elapsed, duration{});
  };
  return {left(all.low), left(all.middle), left(all.high)};
}

double percent_of(double part, double whole) {
  if (whole <= 0)
    return 0;
  // The rounding error of 0.7 * 1000 must not make 69.9 of 70.
  return std::floor(part / whole * 1000 + 1e-9) / 10;
}

} // namespace

std::optional<remaining_work>
remaining(const workflow& what,
          const std::function<step_progress(uint32_t step)>& progress,
          const performance_history& history,
          std::optional<duration> otherwise) {
  std::vector<total_time> until(what.steps.size()); // Longest chain up to it.
  total_time sum, longest;
  for (auto index : what.order) {
    const auto& s = what.steps[index];
    auto& mine = until[index];
    for (const auto& e : s.depends_on)
      if (until[e.step].middle > mine.middle)
        mine = until[e.step];
    auto now = progress(index);
    if (terminal(now.state))
      continue;
    auto takes = time_of(s, history, otherwise);
    if (!takes)
      return std::nullopt;
    auto left = without(*takes, now.elapsed);
    mine.add(left);
    sum.add(left);
    if (mine.middle >= longest.middle)
      longest = mine;
  }
  return remaining_work{longest.value(), sum.value()};
}

std::optional<estimate> by_pace(duration elapsed, uint64_t ended,
                                uint64_t open) {
  if (ended == 0 || elapsed <= duration{})
    return std::nullopt;
  auto middle = static_cast<double>(elapsed.count())
                / static_cast<double>(ended) * static_cast<double>(open);
  // The mean of n times is known to about 1 / sqrt(n); four out of five lie
  // within 1.3 of these. Never as good as exact: the rest may be other work.
  auto spread =
    std::clamp(1.3 / std::sqrt(static_cast<double>(ended)), 0.05, 0.9);
  auto us = [](double x) {
    return duration{static_cast<int64_t>(std::min(x, 1e18))};
  };
  return estimate{us(middle * (1 - spread)), us(middle),
                  us(middle * (1 + spread))};
}

run_progress progress_of(const progress_question& ask) {
  auto count = [&ask](task_state x) {
    return ask.counts[static_cast<size_t>(x)];
  };
  run_progress out;
  uint32_t ended = 0;
  for (uint32_t i = 0; i < task_states; ++i) {
    out.total += ask.counts[i];
    ended += terminal(static_cast<task_state>(i)) ? ask.counts[i] : 0;
  }
  out.completed = count(task_state::completed);
  out.in_progress = count(task_state::in_progress);
  out.failed = count(task_state::failed);
  out.percent = percent_of(ended, out.total);
  if (out.completed > 0)
    out.average = ask.completed_took / out.completed;
  if (!ask.left || ended == out.total)
    return out;
  // Neither the chain nor the slots can be beaten.
  auto slots =
    std::max(ask.parallelism ? ask.parallelism : out.in_progress, uint32_t{1});
  const auto& [path, sum] = *ask.left;
  out.eta = estimate{std::max(path.low, sum.low / slots),
                     std::max(path.middle, sum.middle / slots),
                     std::max(path.high, sum.high / slots)};
  return out;
}

std::string bar(double fraction, int cells) {
  auto share = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
  auto full = static_cast<int>(share * cells + 1e-9);
  std::string out;
  for (int i = 0; i < cells; ++i)
    out += i < full ? "\u2588" : "\u2591";
  return out;
}

std::string percent_text(double fraction) {
  auto share = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
  char text[16];
  std::snprintf(text, sizeof text, "%.1f%%", percent_of(share, 1));
  return text;
}

} // namespace troupe::core
