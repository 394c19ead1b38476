#pragma once

#include <catch2/catch.hpp>

#include <deque>
#include <string>

#include "core/run.hpp"

namespace troupe::test {

/// Two steps between a first and a last one, which takes their outputs.
inline const std::string diamond = R"(
workflow: diamond
version: 1
steps:
  top: {type: test}
  left: {depends_on: [top]}
  right: {depends_on: [top]}
  end:
    depends_on: [left, right]
    input: {l: "${steps.left.output.n}", r: "${steps.right.output.n}"}
)";

/// Plays everybody around a run: agents, timers, the store.
class run_driver {
public:
  explicit run_driver(const std::string& source, std::string input = "{}") {
    auto parsed = source.front() == '[' ? core::parse_task_list(source)
                                        : core::parse_workflow(source);
    for (const auto& x : parsed.problems)
      UNSCOPED_INFO(core::to_text(x, "workflow"));
    REQUIRE(parsed.value);
    definition = parsed.value;
    core::run_request request;
    request.key = core::id::make(now, 7, 1);
    request.workspace = "default";
    request.definition = definition;
    request.ad_hoc = source.front() == '[';
    request.input = core::text{std::move(input)};
    r = std::make_unique<core::run>(std::move(request), now);
    r->accept(now);
    take();
  }

  /// Collects what the run wants, and keeps rows as a store would.
  core::run_effects take() {
    r->name_sub_runs([this] { return core::id::make(now, 7, ++last_child); });
    auto out = r->take(now);
    row = out.run;
    for (auto& x : out.tasks) {
      auto number = x.key.number();
      if (rows.size() < number)
        rows.resize(number);
      if (!x.fresh) {
        auto& old = rows[number - 1];
        x.workspace = old.workspace;
        x.name = old.name;
        x.type = old.type;
        x.priority = old.priority;
        x.step = old.step;
        x.parent = old.parent;
        x.item = old.item;
        x.spec = old.spec;
        x.labels = old.labels;
      }
      x.fresh = false;
      rows[number - 1] = x;
    }
    for (auto number : out.withdrawn)
      std::erase(offers, number);
    for (auto number : out.offers)
      offers.push_back(number);
    for (const auto& x : out.timers) {
      timers.erase(x.number);
      if (x.due != core::no_instant)
        timers[x.number] = x.due;
    }
    for (const auto& x : out.decisions)
      if (x.fresh)
        questions[x.task.number()] = x;
      else
        questions.erase(x.task.number());
    for (const auto& x : out.signals)
      signals += x.taken ? -1 : 1;
    return out;
  }

  const core::run::task& task(const std::string& name) {
    for (uint32_t n = 1; n <= r->size(); ++n)
      if (r->name_of(*r->find(n)) == name)
        return *r->find(n);
    FAIL("no task " << name);
    throw 0;
  }

  core::task_state state(const std::string& name) { return task(name).state; }

  void start(const std::string& name) {
    const auto& t = task(name);
    REQUIRE(r->assigned(t.number, t.attempt, "ann", {}, now));
    std::erase(offers, t.number);
    take();
  }

  core::run_effects end(const std::string& name, outcome what,
                        core::end_kind how = core::end_kind::answered) {
    const auto& t = task(name);
    auto known = r->ended(t.number, t.attempt, how, std::move(what), now, 0);
    REQUIRE(known);
    return take();
  }

  /// Offered, started and done.
  core::run_effects work(const std::string& name, std::string output = "null") {
    start(name);
    return end(name, outcome::done(std::move(output)));
  }

  void advance(core::duration d) {
    now += d;
    for (;;) {
      auto due = timers.end();
      for (auto pos = timers.begin(); pos != timers.end(); ++pos)
        if (pos->second <= now)
          due = pos;
      if (due == timers.end())
        return;
      auto number = due->first;
      timers.erase(due);
      const auto* t = r->find(number);
      r->timer(number, t ? t->due : core::due_kind::deadline, now);
      take();
    }
  }

  /// Writes it down, forgets it, reads it again.
  void reload(bool unclean = false) {
    core::stored_run stored;
    stored.run = row;
    stored.tasks = rows;
    for (const auto& [number, x] : questions)
      stored.decisions.push_back(x);
    r = std::make_unique<core::run>(std::move(stored), definition, unclean);
    offers.clear();
    timers.clear();
  }

  core::instant now = core::from_us(1'800'000'000'000'000);
  core::workflow_ptr definition;
  std::unique_ptr<core::run> r;
  core::run_row row;
  uint32_t last_child = 100;
  std::vector<core::task_row> rows;
  std::deque<uint32_t> offers;
  std::map<uint32_t, core::instant> timers;
  std::map<uint32_t, core::decision_row> questions;
  int signals = 0;
  core::origin me{"ann", "test", "", ""};
};

} // namespace troupe::test
