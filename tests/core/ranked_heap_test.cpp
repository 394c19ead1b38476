#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "core/allocation_cast.hpp"
#include "core/ranked_heap.hpp"

using namespace test::allocation;

namespace {

struct item {
  uint32_t key = 0;
  uint32_t name = 0;
};

struct order {
  std::map<uint32_t, uint32_t>& places;
  bool before(const item& a, const item& b) const {
    return std::pair{a.key, a.name} < std::pair{b.key, b.name};
  }
  void moved(const item& x, uint32_t place) const { places[x.name] = place; }
};

} // namespace

TEST_CASE("a ranked heap gives its items in order, whatever was changed",
          "[core]")
{
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    dice roll{seed};
    std::map<uint32_t, uint32_t> places;
    std::map<uint32_t, uint32_t> keys; // By name.
    ranked_heap<item> heap;
    order by{places};
    for (uint32_t i = 0; i < 300; ++i) {
      auto name = roll.roll(60);
      auto known = keys.count(name) > 0;
      if (known && roll.roll(2) == 0) {
        heap.erase(places[name], by);
        REQUIRE(places[name] == nowhere);
        keys.erase(name);
      } else {
        keys[name] = roll.roll(20);
        if (known)
          heap.replace(places[name], {keys[name], name}, by);
        else
          heap.push({keys[name], name}, by);
        REQUIRE(heap.at(places[name]).name == name);
      }
      REQUIRE(heap.size() == keys.size());
    }
    heap.filter(by, [](const item& x) { return x.name % 2 == 0; });
    std::set<std::pair<uint32_t, uint32_t>> left;
    for (auto [name, key] : keys)
      if (name % 2 == 0)
        left.emplace(key, name);
    for (auto [key, name] : left) {
      REQUIRE(heap.top().name == name);
      heap.erase(0, by);
    }
    CHECK(heap.empty());
  }
}
