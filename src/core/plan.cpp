#include "core/plan.hpp"

#include <algorithm>
#include <charconv>

#include "core/document.hpp"

namespace troupe::core {

namespace {

duration expected_of(const step& x) {
  if (x.expected > duration::zero())
    return x.expected;
  if (x.kind == step_kind::sleep && x.sleep > duration::zero())
    return x.sleep;
  return expected_unless_stated;
}

/// Earliest starts and levels.
void plan_forwards(const workflow& of, plan& to) {
  for (auto i : of.order) {
    const auto& step = of.steps[i];
    auto& x = to.steps[i];
    x.name = step.name;
    x.expected = expected_of(step);
    x.estimated =
      step.expected == duration::zero()
      && (step.kind != step_kind::sleep || step.sleep == duration::zero());
    for (const auto& edge : step.depends_on) {
      const auto& before = to.steps[edge.step];
      x.start = std::max(x.start, before.start + before.expected);
      x.level = std::max(x.level, before.level + 1);
    }
    if (to.levels.size() <= x.level)
      to.levels.resize(x.level + 1);
    to.levels[x.level].push_back(i);
    to.makespan = std::max(to.makespan, x.start + x.expected);
    if (step.approve)
      to.approvals.push_back({i, *step.approve});
    if (step.depends_on.empty())
      to.roots.push_back(i);
    if (step.dependents.empty())
      to.sinks.push_back(i);
  }
}

/// Latest starts, hence slack.
void plan_backwards(const workflow& of, plan& to) {
  for (auto pos = of.order.rbegin(); pos != of.order.rend(); ++pos) {
    auto& x = to.steps[*pos];
    auto end = to.makespan;
    for (const auto& edge : of.steps[*pos].dependents) {
      const auto& after = to.steps[edge.step];
      end = std::min(end, after.start + after.slack);
    }
    x.slack = end - x.expected - x.start;
  }
}

/// Follows steps without slack, each beginning where the one before ends; the
/// lowest index where several do.
std::vector<uint32_t> critical_path(const workflow& of, const plan& x) {
  constexpr uint32_t none = ~0u;
  std::vector<uint32_t> path;
  auto critical = [&](uint32_t i) {
    return x.steps[i].slack == duration::zero();
  };
  auto root = std::find_if(x.roots.begin(), x.roots.end(), critical);
  for (auto at = root == x.roots.end() ? none : *root; at != none;) {
    path.push_back(at);
    auto end = x.steps[at].start + x.steps[at].expected;
    const auto& next = of.steps[at].dependents;
    auto edge = std::find_if(next.begin(), next.end(), [&](const auto& e) {
      return critical(e.step) && x.steps[e.step].start == end;
    });
    at = edge == next.end() ? none : edge->step;
  }
  return path;
}

class plan_writer {
public:
  explicit plan_writer(const plan& x) : x_(x) {}

  std::string write() {
    out_ += "{\"workflow\":";
    append_quoted(out_, x_.workflow);
    out_ += ",\"version\":" + std::to_string(x_.version) + ",\"hash\":\""
            + x_.hash + "\",\"makespan_s\":";
    seconds(x_.makespan);
    key("order");
    names(x_.order);
    key("levels");
    each(x_.levels, [&](const auto& level) { names(level); });
    key("critical_path");
    names(x_.critical_path);
    key("approvals");
    each(x_.approvals, [&](const auto& a) { approval(a); });
    key("roots");
    names(x_.roots);
    key("sinks");
    names(x_.sinks);
    key("notes");
    each(x_.notes, [&](const auto& s) { append_quoted(out_, s); });
    key("steps");
    each(x_.steps, [&](const auto& s) { step(s); });
    return std::move(out_) + "}";
  }

private:
  void key(std::string_view name) { ((out_ += ",\"") += name) += "\":"; }
  void seconds(duration d) {
    char buffer[32];
    auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer,
                                     static_cast<double>(d.count()) / 1e6);
    out_.append(buffer, end);
  }
  template <class List, class Write>
  void each(const List& all, Write write) {
    out_ += '[';
    for (size_t i = 0; i < all.size(); ++i) {
      if (i > 0)
        out_ += ',';
      write(all[i]);
    }
    out_ += ']';
  }
  void names(const std::vector<uint32_t>& all) {
    each(all, [&](uint32_t i) { append_quoted(out_, x_.steps[i].name); });
  }
  void approval(const planned_approval& a) {
    out_ += "{\"step\":";
    append_quoted(out_, x_.steps[a.step].name);
    key("by");
    append_quoted(out_, a.question.by);
    key("timeout_s");
    seconds(a.question.timeout);
    key("on_timeout");
    out_ += a.question.approve_on_timeout ? "\"approve\"}" : "\"reject\"}";
  }
  void step(const planned_step& s) {
    out_ += "{\"name\":";
    append_quoted(out_, s.name);
    out_ += ",\"level\":" + std::to_string(s.level);
    key("start_s");
    seconds(s.start);
    key("expected_s");
    seconds(s.expected);
    key("slack_s");
    seconds(s.slack);
    key("critical");
    out_ += s.slack == duration::zero() ? "true" : "false";
    key("estimated");
    out_ += s.estimated ? "true}" : "false}";
  }

  const plan& x_;
  std::string out_;
};

} // namespace

plan make_plan(const workflow& of) {
  plan out;
  out.workflow = of.name;
  out.version = of.version;
  out.hash = of.hash;
  out.order = of.order;
  out.steps.resize(of.steps.size());
  plan_forwards(of, out);
  plan_backwards(of, out);
  out.critical_path = critical_path(of, out);
  out.notes = plan_notes(of);
  return out;
}

std::string to_json(const plan& x) {
  return plan_writer{x}.write();
}

} // namespace troupe::core
