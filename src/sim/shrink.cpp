#include "sim/shrink.hpp"

#include <algorithm>

#include "core/workflow.hpp"

namespace troupe::sim {

namespace {

using nlohmann::json;

/// "I6: task ..." -> "I6".
std::string rule_of(const std::string& broken) {
  return broken.substr(0, broken.find(':'));
}

class search {
public:
  search(plan from, std::string rule, uint32_t plays_max)
    : best_(std::move(from)), rule_(std::move(rule)), left_(plays_max),
      plays_max_(plays_max) {}

  void run() {
    for (size_t before = 0; before != size() && left_ > 0;) {
      before = size();
      drop_from([](plan & x) -> auto& { return x.events; });
      drop_works();
      for (size_t i = 0; i < best_.work.size() && left_ > 0; ++i)
        drop_steps(i);
    }
  }

  plan& best() { return best_; }
  uint32_t plays() const { return plays_max_ - left_; }

private:
  size_t size() const {
    auto n = best_.events.size() + best_.work.size();
    for (const auto& x : best_.work)
      n += steps_of(x.definition).size();
    return n;
  }

  static const json& steps_of(const json& definition) {
    return definition.is_array() ? definition : definition.at("steps");
  }

  bool try_it(plan shorter) {
    if (left_ == 0)
      return false;
    --left_;
    if (rule_of(play(shorter).broken) != rule_)
      return false;
    best_ = std::move(shorter);
    return true;
  }

  /// Halves first, then quarters, ...
  template <class List>
  void drop_from(List list_of) {
    for (auto part = list_of(best_).size(); part > 0 && left_ > 0; part /= 2)
      for (size_t at = 0; at < list_of(best_).size() && left_ > 0;) {
        auto shorter = best_;
        auto& list = list_of(shorter);
        auto first = list.begin() + static_cast<std::ptrdiff_t>(at);
        auto n = std::min(part, list.size() - at);
        list.erase(first, first + static_cast<std::ptrdiff_t>(n));
        if (!try_it(std::move(shorter)))
          at += part;
      }
  }

  /// Commands say by number which work they mean: it stays, and is not
  /// submitted within the time of the story.
  void drop_works() {
    constexpr core::duration not_at_all{-1};
    for (auto part = best_.work.size(); part > 0 && left_ > 0; part /= 2)
      for (size_t at = 0; at < best_.work.size() && left_ > 0; at += part) {
        auto shorter = best_;
        auto any = false;
        for (auto i = at; i < std::min(at + part, best_.work.size()); ++i) {
          // Parts of others stay: without them those are refused.
          if (shorter.work[i].registered)
            continue;
          any = any || shorter.work[i].at != not_at_all;
          shorter.work[i].at = not_at_all;
        }
        if (any)
          try_it(std::move(shorter));
      }
  }

  static bool without(json& definition, const std::string& step) {
    auto& steps = definition["steps"];
    steps.erase(step);
    for (auto& [name, x] : steps.items()) {
      if (!x.contains("depends_on"))
        continue;
      auto kept = json::array();
      for (const auto& edge : x["depends_on"])
        if ((edge.is_string() ? edge : edge.at("step")) != step)
          kept.push_back(edge);
      x["depends_on"] = kept;
    }
    return !steps.empty()
           && core::parse_workflow(definition.dump()).value != nullptr;
  }

  void drop_steps(size_t work) {
    if (best_.work[work].at < core::duration{0})
      return;
    auto steps = steps_of(best_.work[work].definition);
    if (steps.is_array()) {
      while (best_.work[work].definition.size() > 1 && left_ > 0) {
        auto shorter = best_;
        auto& list = shorter.work[work].definition;
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2),
                   list.end());
        if (!try_it(std::move(shorter)))
          return;
      }
      return;
    }
    for (const auto& [name, x] : steps.items()) {
      auto shorter = best_;
      if (without(shorter.work[work].definition, name))
        try_it(std::move(shorter));
    }
  }

  plan best_;
  std::string rule_;
  uint32_t left_;
  uint32_t plays_max_;
};

} // namespace

shrunk shrink(plan from, const report& broken, uint32_t plays_max) {
  search all{std::move(from), rule_of(broken.broken), plays_max};
  all.run();
  auto how = play(all.best(), true);
  return {std::move(all.best()), std::move(how), all.plays()};
}

} // namespace troupe::sim
