#include <array>
#include <cmath>

#include "runtime/config_values.hpp"

namespace troupe::runtime::config_reading {

namespace {

using namespace std::chrono_literals;

enum class durability : uint8_t { full, relaxed };

constexpr std::array<std::pair<std::string_view, durability>, 2>
  durability_words{
    {{"full", durability::full}, {"relaxed", durability::relaxed}}};

/// A map of names to amounts.
void read_resources(const value& from, std::map<std::string, double>& to) {
  constexpr size_t resources_max = 1000;
  if (from.kind() != core::node_kind::object) {
    from.fail_expected("an object of amounts", "e.g. `{gpu: 2}`");
    return;
  }
  if (from->items.size() > resources_max)
    from.fail("more than " + std::to_string(resources_max)
                + " resources (resources_max)",
              "remove some");
  for (size_t i = 0; i < from->items.size(); ++i) {
    auto item = from.item(i);
    double amount = 0;
    auto good = check_word(item, item->key, "the name of a resource");
    if (item.read(amount, bounds<double>{0, 1e9}) && good)
      to[item->key] = amount;
  }
}

} // namespace

void read_node(object_reader& in, node_config& to) {
  auto& node = to.node;
  read_text_or_off(in, "data", node.data);
  auto how = node.sync ? durability::full : durability::relaxed;
  in.read("durability", how, core::words<durability>{durability_words});
  node.sync = how == durability::full;
  in.read("threads", node.threads, bounds<int64_t>{0, 1024});
  in.read("shards", node.shards, bounds<int64_t>{1, 4096});
  in.read("window", node.window, bounds<int64_t>{1, 10'000'000});
  read_time(in, "cancel_grace", node.cancel_grace,
            bounds<core::duration>{0s, 1h});
  read_time(in, "stop_deadline", to.stop_deadline,
            bounds<core::duration>{0s, 1h});
  uint64_t pending = node.pending_bytes_max;
  read_size(in, "pending_bytes_max", pending, {64 * kib, gib});
  node.pending_bytes_max = pending;
  constexpr bounds<core::duration> kept{1min, 24h * 365 * 50};
  read_time(in, "runs_kept", node.runs_kept, kept);
  read_time(in, "history_kept", node.history_kept, kept);
  in.read("queued_max", node.queued_max, bounds<int64_t>{1, 1'000'000'000});
  read_size(in, "disk_reserve", node.disk_reserve, {0, 1024 * gib});
  read_word(in, "region", node.region);
  if (node.window < node.shards)
    in.self().fail("the `window` (" + std::to_string(node.window)
                     + ") is smaller than the number of `shards` ("
                     + std::to_string(node.shards) + ")",
                   "each shard needs at least one live task");
  finish(in, "node");
}

void read_allocation(object_reader& in, node_config& to) {
  auto& how = to.allocation;
  section(in, "weights", [&](object_reader& inner) {
    auto& w = how.weights;
    constexpr bounds<double> share{0, 1};
    auto before = inner.self().out().size();
    inner.read("capability", w.capability, share);
    inner.read("load", w.load, share);
    inner.read("performance", w.performance, share);
    inner.read("specialisation", w.specialisation, share);
    auto in_range = inner.self().out().size() == before;
    auto sum = w.capability + w.load + w.performance + w.specialisation;
    auto shown = std::to_string(sum);
    if (in_range && std::abs(sum - 1) > 1e-6)
      inner.self().fail_at_key(
        "the weights sum to " + shown.substr(0, shown.find('.') + 3),
        "they must sum to 1; those that are not named are "
        "0.4, 0.3, 0.2 and 0.1");
    finish(inner, "allocation.weights");
  });
  in.read("ageing_step", how.ageing_step, bounds<core::duration>{0s, 24h});
  in.read("starved_after", how.starved_after, bounds<core::duration>{1s, 24h});
  finish(in, "allocation");
}

void read_limits(object_reader& in, node_config& to) {
  auto x = in.find("resources");
  if (x && x->kind() != core::node_kind::null)
    read_resources(*x, to.limits.resources);
  finish(in, "limits");
}

void read_workspaces(const value& from, node_config& to) {
  object_reader all{from};
  if (from.kind() != core::node_kind::object)
    return;
  for (const auto& item : from->items) {
    auto x = *all.find(item.key);
    check_word(x, item.key, "the name of a workspace");
    object_reader in{x};
    auto& share = to.workspaces[item.key];
    in.read("weight", share.weight, bounds<double>{0.01, 100});
    in.read("cap", share.cap, bounds<int64_t>{0, 1'000'000});
    finish(in, "workspaces.*");
  }
}

} // namespace troupe::runtime::config_reading
