#include <algorithm>
#include <array>

#include "core/workflow_reader.hpp"

// On what a step waits and what it needs.

namespace troupe::core::workflows {

namespace {

constexpr std::array<std::pair<std::string_view, edge_condition>, 3>
  condition_words{{{"success", edge_condition::success},
                   {"failure", edge_condition::failure},
                   {"always", edge_condition::always}}};

constexpr bounds<int64_t> any_count{1, count_max};

/// One entry of `depends_on`.
class edge_reader {
public:
  edge_reader(draft& to, const step_names& names, std::optional<uint32_t> self)
    : to_(to), names_(names), self_(self) {}

  void read(const value& from) {
    edge made;
    if (from.kind() != node_kind::object) {
      add(from, made);
      return;
    }
    object_reader in{from};
    in.require("step", "name the step that it depends on");
    auto step = in.find("step");
    in.read("on", made.on, condition_words);
    in.read("strict", made.strict);
    finish(in, edge_fields);
    if (step)
      add(*step, made);
  }

private:
  void add(const value& at, edge made) {
    std::string name;
    if (!at.read(name))
      return;
    auto index = names_.find(name);
    if (!index) {
      at.fail("there is no step `" + name.substr(0, 100) + "`",
              names_.suggest(name, self_, at.out()));
      return;
    }
    made.step = *index;
    if (index == self_) {
      at.fail("`" + name + "` depends on itself", "remove it");
      return;
    }
    to_.step.depends_on.push_back(made);
  }

  draft& to_;
  const step_names& names_;
  std::optional<uint32_t> self_;
};

void read_concurrency(object_reader& in, needs& to) {
  auto x = in.find("concurrency");
  if (!x)
    return;
  if (x->kind() == node_kind::string) {
    x->read(to.concurrency_key);
    return;
  }
  object_reader inner{*x};
  inner.require("key", "a name that such steps share");
  inner.read("key", to.concurrency_key);
  inner.read("limit", to.concurrency_limit, any_count);
  inner.read("exclusive", to.exclusive);
  if (to.exclusive && inner.has("limit") && to.concurrency_limit != 1)
    x->fail("`exclusive` and a `limit` of "
              + std::to_string(to.concurrency_limit) + " contradict each other",
            "remove one of them");
  finish(inner, concurrency_fields);
}

void read_rate(object_reader& in, needs& to) {
  auto x = in.find("rate");
  if (!x)
    return;
  object_reader inner{*x};
  inner.require("key", "a name that such steps share");
  inner.require("per_second", "e.g. 0.5 for one in two seconds");
  if (inner.read("key", to.rate_key) && has_template(to.rate_key))
    inner.self().fail("`rate.key` cannot be a template: a rate is of something "
                      "that all runs share",
                      "name that, e.g. `key: mail`, or use `concurrency`");
  auto per_second = inner.find("per_second");
  double number = 0;
  if (per_second && per_second->read(number, bounds<double>{0, 1e6})) {
    if (number > 0)
      to.rate_per_second = number;
    else
      per_second->fail("a rate of 0 would never start anything",
                       "remove `rate`, or write a number over 0");
  }
  inner.read("burst", to.rate_burst, any_count);
  finish(inner, rate_fields);
}

void read_resources(object_reader& in, needs& to) {
  auto x = in.find("resources");
  if (!x)
    return;
  if (x->kind() != node_kind::object) {
    x->fail_expected("an object of amounts", "e.g. `{gpu: 2}`");
    return;
  }
  if ((*x)->items.size() > resources_max)
    x->fail("more than " + std::to_string(resources_max)
              + " resources (resources_max)",
            "remove some");
  for (size_t i = 0; i < (*x)->items.size(); ++i) {
    auto item = x->item(i);
    double amount = 0;
    if (!check_name(item, item->key, true)
        || !item.read(amount, bounds<double>{0, 1e15}))
      continue;
    if (amount > 0)
      to.resources[item->key] = amount;
    else
      item.fail("0 of `" + item->key + "` is nothing to wait for",
                "remove it, or write a number over 0");
  }
}

} // namespace

void read_depends_on(object_reader& in, draft& to, const step_names& names,
                     std::optional<uint32_t> self) {
  auto x = in.find("depends_on");
  if (!x)
    return;
  edge_reader reader{to, names, self};
  if (x->kind() == node_kind::string) {
    reader.read(*x);
    return;
  }
  if (x->kind() != node_kind::list) {
    x->fail_expected("a list of steps", "e.g. `[build, test]`");
    return;
  }
  for (size_t i = 0; i < (*x)->items.size(); ++i)
    reader.read(x->item(i));
  auto& all = to.step.depends_on;
  auto less = [](const edge& a, const edge& b) { return a.step < b.step; };
  std::sort(all.begin(), all.end(), less);
  for (size_t i = 1; i < all.size(); ++i)
    if (all[i - 1].step == all[i].step)
      x->fail("`" + names.all[all[i].step] + "` is here twice",
              "remove one of them");
  // One entry for each pair is what the graph is made of.
  all.erase(
    std::unique(all.begin(), all.end(),
                [](const edge& a, const edge& b) { return a.step == b.step; }),
    all.end());
}

void read_agent(const value& from, needs& to) {
  if (from.kind() == node_kind::string) {
    from.read(to.agent);
    return;
  }
  object_reader in{from};
  read_words(in, "capabilities", to.capabilities);
  in.read("name", to.agent);
  read_words(in, "preferred", to.preferred);
  in.read("partial", to.partial);
  finish(in, agent_fields);
}

void read_needs(object_reader& in, draft& to) {
  if (auto agent = in.find("agent"))
    read_agent(*agent, to.need);
  read_word(in, "type", to.need.type);
  read_concurrency(in, to.need);
  read_rate(in, to.need);
  read_resources(in, to.need);
}

} // namespace troupe::core::workflows
