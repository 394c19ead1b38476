#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "core/graph.hpp"

using namespace troupe::core;

namespace {

/// Edges go from lower to higher numbers, so there is no cycle.
adjacency random_dag(uint32_t nodes, uint32_t edges) {
  adjacency out(nodes);
  for (uint32_t i = 0; nodes > 1 && i < edges; ++i) {
    auto to = *rc::gen::inRange<uint32_t>(1, nodes);
    auto from = *rc::gen::inRange<uint32_t>(0, to);
    auto& all = out[to];
    if (std::find(all.begin(), all.end(), from) == all.end())
      all.push_back(from);
  }
  return out;
}

bool reaches(const adjacency& g, uint32_t node, uint32_t ancestor) {
  for (auto p : g[node])
    if (p == ancestor || reaches(g, p, ancestor))
      return true;
  return false;
}

} // namespace

TEST_CASE("an order has every node after its predecessors", "[graph]")
{
  CHECK(rc::check([] {
    auto nodes = *rc::gen::inRange<uint32_t>(0, 60);
    auto g = random_dag(nodes, 100);
    auto sorted = sort_graph(g);
    RC_ASSERT(sorted.cycles.empty());
    RC_ASSERT(sorted.order.size() == nodes);
    std::vector<uint32_t> place(nodes);
    for (uint32_t i = 0; i < nodes; ++i)
      place[sorted.order[i]] = i;
    for (uint32_t i = 0; i < nodes; ++i)
      for (auto p : g[i])
        RC_ASSERT(place[p] < place[i]);
  }));
}

TEST_CASE("every reported cycle is one", "[graph]")
{
  CHECK(rc::check([] {
    auto nodes = *rc::gen::inRange<uint32_t>(2, 30);
    auto g = random_dag(nodes, 40);
    auto low = *rc::gen::inRange<uint32_t>(0, nodes - 1);
    auto high = *rc::gen::inRange<uint32_t>(low + 1, nodes);
    g[low].push_back(high); // Perhaps against the others.
    auto sorted = sort_graph(g);
    RC_ASSERT(sorted.order.size() == nodes);
    RC_ASSERT(sorted.cycles.empty() == !reaches(g, low, low));
    for (const auto& cycle : sorted.cycles)
      for (size_t i = 0; i < cycle.size(); ++i) {
        const auto& waits = g[cycle[i]];
        auto next = cycle[(i + 1) % cycle.size()];
        RC_ASSERT(std::find(waits.begin(), waits.end(), next) != waits.end());
      }
  }));
}

TEST_CASE("ancestry agrees with a plain search", "[graph]")
{
  CHECK(rc::check([] {
    auto nodes = *rc::gen::inRange<uint32_t>(2, 20);
    auto g = random_dag(nodes, 25);
    std::vector<ancestry> wanted; // All pairs: more than one batch of 64.
    for (uint32_t a = 0; a < nodes; ++a)
      for (uint32_t b = 0; b < nodes; ++b)
        if (a != b)
          wanted.push_back({a, b});
    std::vector<bool> held(wanted.size(), true);
    check_ancestry(g, sort_graph(g).order, wanted,
                   [&](size_t i) { held[i] = false; });
    for (size_t i = 0; i < wanted.size(); ++i)
      RC_ASSERT(held[i] == reaches(g, wanted[i].node, wanted[i].ancestor));
  }));
}

TEST_CASE("more than 64 ancestors are checked in batches", "[graph]")
{
  constexpr uint32_t n = 300; // A chain; all but the first ask for all before.
  adjacency g(n);
  std::vector<ancestry> wanted;
  for (uint32_t i = 1; i < n; ++i) {
    g[i].push_back(i - 1);
    for (uint32_t j = 0; j < i; ++j)
      wanted.push_back({i, j});
  }
  wanted.push_back({3, 7});
  std::vector<size_t> missing;
  check_ancestry(g, sort_graph(g).order, wanted,
                 [&](size_t i) { missing.push_back(i); });
  CHECK(missing == std::vector<size_t>{wanted.size() - 1});
}

TEST_CASE("many cycles cost no more than a few", "[graph]")
{
  constexpr uint32_t pairs = 50'000;
  adjacency g(2 * pairs);
  for (uint32_t i = 0; i < 2 * pairs; ++i)
    g[i].push_back(i ^ 1);
  auto sorted = sort_graph(g);
  CHECK(sorted.cycles.size() == cycles_max);
  CHECK(sorted.order.size() == 2 * pairs);
}
