#include "sim/draw_work.hpp"

#include <algorithm>
#include <string>

namespace troupe::sim {

namespace {

using nlohmann::json;

std::string word(const char* before, uint64_t n) {
  return before + std::to_string(n);
}

std::string milliseconds(uint64_t n) {
  return std::to_string(n) + "ms";
}

/// One random workflow, step by step.
class workflow_draw {
public:
  workflow_draw(chance& draw, uint64_t number) : draw_(draw), number_(number) {}

  json finish(uint64_t steps, bool part, bool parts_known) {
    parts_known_ = parts_known;
    json all = json::object();
    for (uint64_t i = 0; i < steps; ++i) {
      name_ = word("s", i);
      all[name_] = step(i);
    }
    json flow{{"workflow", word(part ? "part" : "w", number_)},
              {"version", 1},
              {"steps", std::move(all)}};
    if (draw_.in_hundred(15))
      flow["max_parallel"] = draw_.between(1, 4);
    if (draw_.in_hundred(8))
      flow["deadline"] = milliseconds(draw_.between(5'000, 90'000));
    if (draw_.in_hundred(25))
      flow["priority"] = draw_.between(1, 10);
    return flow;
  }

  uint64_t tasks() const { return tasks_; }

private:
  json step(uint64_t i) {
    ++tasks_;
    json x = json::object();
    add_edges(x, i);
    auto kind = draw_.below(100);
    if (kind < 6)
      x["sleep"] = milliseconds(draw_.between(1, 20'000));
    else if (kind < 9)
      add_signal(x);
    else if (kind < 12)
      add_question(x);
    else if (kind < 16 && parts_known_)
      x["workflow"] = word("part", draw_.below(2)) + "@1";
    else
      add_work(x);
    if (kind >= 16 && draw_.in_hundred(6))
      x["when"] = draw_.in_hundred(50) ? "run.input.n > 3" : "true";
    return x;
  }

  void add_edges(json& x, uint64_t i) {
    if (i == 0 || draw_.in_hundred(30))
      return;
    json edges = json::array();
    auto n = std::min<uint64_t>(i, draw_.between(1, 3));
    std::vector<uint64_t> from;
    while (from.size() < n) {
      // Near ones more often: chains as well as fans.
      auto step = draw_.in_hundred(60) ? i - 1 - draw_.below(std::min(i, n + 1))
                                       : draw_.below(i);
      if (std::find(from.begin(), from.end(), step) == from.end())
        from.push_back(step);
    }
    for (auto step : from) {
      auto on = draw_.below(10);
      if (on > 1)
        edges.push_back(word("s", step));
      else
        edges.push_back(
          {{"step", word("s", step)}, {"on", on == 0 ? "always" : "failure"}});
    }
    x["depends_on"] = std::move(edges);
  }

  void add_signal(json& x) {
    x["signal"] = word("sig", draw_.below(3));
    if (draw_.in_hundred(40))
      x["timeout"] = milliseconds(draw_.between(500, 30'000));
  }

  void add_question(json& x) {
    json question{{"by", "boss"}};
    if (draw_.in_hundred(50)) {
      question["timeout"] = milliseconds(draw_.between(500, 30'000));
      question["on_timeout"] = draw_.in_hundred(50) ? "approve" : "reject";
    }
    x["approve"] = std::move(question);
    if (draw_.in_hundred(50))
      add_work(x);
  }

  void add_work(json& x) {
    json agent = json::object();
    agent["capabilities"] = json::array({draw_.one_of(capability_words)});
    x["agent"] = std::move(agent);
    x["input"] = {{"of", name_}, {"n", draw_.below(8)}};
    x["retries"] = draw_.below(4);
    x["backoff"] = {{"base", milliseconds(draw_.between(1, 2'000))},
                    {"max", "5s"},
                    {"jitter", draw_.in_hundred(50) ? 0.0 : 0.5}};
    x["timeout"] = milliseconds(draw_.between(50, 8'000));
    add_form(x);
    add_limits(x);
    add_promises(x);
  }

  void add_form(json& x) {
    auto form = draw_.below(100);
    if (form < 8) {
      json items = json::array();
      for (auto n = draw_.below(7); n > 0; --n)
        items.push_back(n);
      tasks_ += items.size();
      x["foreach"] = std::move(items);
      x["input"]["item"] = "${item}";
      if (draw_.in_hundred(40))
        x["max_parallel"] = draw_.between(1, 3);
    } else if (form < 12) {
      x["repeat_until"] = "iteration >= " + std::to_string(draw_.between(1, 4));
      x["input"]["round"] = "${iteration}";
      tasks_ += 2;
    }
  }

  void add_limits(json& x) {
    if (draw_.in_hundred(10)) {
      // A key means the same to all steps: who is called last cannot be told
      // from who was chosen last.
      auto n = draw_.below(3);
      json key{{"key", word("k", n)}};
      if (n == 2)
        key["exclusive"] = true;
      else
        key["limit"] = n + 1;
      x["concurrency"] = std::move(key);
    }
    if (draw_.in_hundred(5))
      x["rate"] = {{"key", word("r", draw_.below(2))},
                   {"per_second", draw_.between(1, 20)},
                   {"burst", draw_.between(1, 3)}};
    if (draw_.in_hundred(5))
      x["resources"] = {{"gpu", draw_.between(1, 2)}};
    if (draw_.in_hundred(20))
      x["priority"] = draw_.between(1, 10);
    if (draw_.in_hundred(6))
      x["deadline"] = milliseconds(draw_.between(200, 30'000));
  }

  void add_promises(json& x) {
    auto once = draw_.in_hundred(8);
    if (once)
      x["at_most_once"] = true;
    else if (draw_.in_hundred(20))
      x["pure"] = true;
    if (draw_.in_hundred(20))
      x["expect"] = "output.ok";
    if (draw_.in_hundred(5))
      x["cache"] = "1m";
    if (draw_.in_hundred(8))
      x["fallback"] = once || draw_.in_hundred(50)
                        ? json{{"output", {{"stale", true}}}}
                        : json{{"agent", {{"capabilities", {"a"}}}}};
  }

  chance& draw_;
  uint64_t number_;
  uint64_t tasks_ = 0;
  bool parts_known_ = false;
  std::string name_;
};

/// An ad-hoc list: many tasks, little order.
json draw_list(chance& draw, uint64_t n) {
  json list = json::array();
  for (uint64_t i = 0; i < n; ++i)
    list.push_back(
      {{"name", word("t", i)},
       {"agent", {{"capabilities", {draw.one_of(capability_words)}}}},
       {"backoff", {{"base", "50ms"}, {"max", "1s"}}},
       {"timeout", "3s"},
       {"input", i}});
  return list;
}

} // namespace

std::vector<work_plan> draw_work(chance& draw, uint32_t tasks_min) {
  std::vector<work_plan> all;
  auto parts = draw.in_hundred(60);
  for (uint64_t i = 0; parts && i < 2; ++i) {
    work_plan part;
    part.registered = true;
    part.definition =
      workflow_draw{draw, i}.finish(draw.between(1, 4), true, false);
    all.push_back(std::move(part));
  }
  uint64_t tasks = 0;
  for (uint64_t i = 0; tasks < tasks_min; ++i) {
    work_plan x;
    if (draw.in_hundred(20)) {
      auto n = draw.between(1, 40);
      x.definition = draw_list(draw, n);
      tasks += n;
    } else {
      workflow_draw flow{draw, i};
      x.definition = flow.finish(draw.between(1, 20), false, parts);
      tasks += flow.tasks();
    }
    if (draw.in_hundred(80))
      x.key = word("key", i);
    all.push_back(std::move(x));
  }
  return all;
}

} // namespace troupe::sim
