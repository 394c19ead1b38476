#include "core/history.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace troupe::core {

using nlohmann::json;

performance_history::performance_history(history_options opts) : opts_(opts) {}

void performance_history::fold(const attempt_report& x) {
  add(touch(x.agent, x.type), x);
  if (!x.agent.empty())
    add(touch({}, x.type), x);
}

double performance_history::performance(std::string_view agent,
                                        std::string_view type) const {
  auto pos = find(agent, type);
  return pos ? share(*pos) : opts_.prior;
}

std::optional<duration>
performance_history::quantile(double q, std::string_view agent,
                              std::string_view type) const {
  auto pos = find(agent, type);
  return pos ? pos->took.quantile(q) : std::nullopt;
}

performance_history::counts
performance_history::totals(std::string_view agent,
                            std::string_view type) const {
  auto pos = find(agent, type);
  return pos ? pos->all : counts{};
}

double performance_history::share(const record& x) const {
  return (x.good + opts_.prior * opts_.prior_weight)
         / (x.good + x.bad + opts_.prior_weight);
}

const performance_history::record*
performance_history::find(std::string_view agent, std::string_view type) const {
  auto pos = pairs_.find({std::string{agent}, std::string{type}});
  return pos == pairs_.end() ? nullptr : &pos->second;
}

performance_history::record& performance_history::touch(std::string_view agent,
                                                        std::string_view type) {
  pair_key key{std::string{agent}, std::string{type}};
  auto pos = pairs_.find(key);
  if (pos != pairs_.end()) {
    order_.splice(order_.end(), order_, pos->second.place);
    return pos->second;
  }
  while (!order_.empty() && pairs_.size() >= opts_.pairs_max) {
    pairs_.erase(order_.front());
    order_.pop_front();
  }
  auto& made = pairs_[key];
  made.place = order_.insert(order_.end(), std::move(key));
  return made;
}

void performance_history::add(record& to, const attempt_report& x) const {
  to.good *= opts_.keep;
  to.bad *= opts_.keep;
  if (x.well) {
    ++to.all.successes;
    to.good += 1;
    to.took.add(x.took, opts_.keep);
  } else {
    ++to.all.failures;
    to.bad += 1;
  }
}

json performance_history::shown(std::string_view agent) const {
  auto out = json::object();
  auto pos = pairs_.lower_bound({std::string{agent}, {}});
  for (; pos != pairs_.end() && pos->first.agent == agent; ++pos) {
    const auto& x = pos->second;
    auto ms = [&x](double q) -> json {
      auto took = x.took.quantile(q);
      return took ? json(static_cast<double>(took->count()) / 1000) : json();
    };
    out[pos->first.type] = {{"successes", x.all.successes},
                            {"failures", x.all.failures},
                            {"performance", share(x)},
                            {"p50_ms", ms(0.5)},
                            {"p95_ms", ms(0.95)}};
  }
  return out;
}

json performance_history::to_json() const {
  auto all = json::array();
  for (const auto& key : order_) {
    const auto& x = pairs_.at(key);
    auto took = json::array();
    for (uint32_t i = 0; i < duration_sketch::buckets; ++i)
      if (x.took[i] > 0)
        took.push_back({i, x.took[i]});
    all.push_back({{"agent", key.agent},
                   {"type", key.type},
                   {"successes", x.all.successes},
                   {"failures", x.all.failures},
                   {"good", x.good},
                   {"bad", x.bad},
                   {"took", std::move(took)}});
  }
  return {{"version", 1}, {"pairs", std::move(all)}};
}

failure performance_history::load(const json& snapshot) {
  // Into a new one, so that a damaged snapshot leaves this one as it was.
  performance_history fresh{opts_};
  try {
    if (snapshot.at("version") != 1)
      return {errc::store_failed, category::data_corruption,
              "the snapshot of the performance history is of another version; "
              "it is built anew"};
    for (const auto& x : snapshot.at("pairs"))
      if (auto why = fresh.load_pair(x); why)
        return why;
  } catch (const json::exception& e) {
    return {errc::store_failed, category::data_corruption,
            std::string{"the snapshot of the performance history is damaged, "
                        "it is built anew: "}
              + e.what()};
  }
  std::swap(pairs_, fresh.pairs_);
  std::swap(order_, fresh.order_);
  return {};
}

failure performance_history::load_pair(const json& x) {
  auto amount = [](const json& from) {
    return std::clamp(from.get<double>(), 0.0, 1e9);
  };
  auto& to =
    touch(x.at("agent").get<std::string>(), x.at("type").get<std::string>());
  to.all = {x.at("successes").get<uint64_t>(),
            x.at("failures").get<uint64_t>()};
  to.good = amount(x.at("good"));
  to.bad = amount(x.at("bad"));
  for (const auto& bucket : x.at("took")) {
    auto index = bucket.at(0).get<uint32_t>();
    if (index >= duration_sketch::buckets)
      return {errc::store_failed, category::data_corruption,
              "the snapshot of the performance history names a bucket that "
              "does not exist; it is built anew"};
    to.took.set(index, amount(bucket.at(1)));
  }
  return {};
}

} // namespace troupe::core
