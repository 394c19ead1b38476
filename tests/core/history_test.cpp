#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "core/history.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

void fold(performance_history& h, int count, bool well, std::string agent = "a",
          duration took = 100ms) {
  for (int i = 0; i < count; ++i)
    h.fold({agent, "build", well, took});
}

} // namespace

TEST_CASE("an agent without history gets the prior", "[core]")
{
  performance_history h;
  CHECK(h.performance("a", "build") == 0.5);
  CHECK_FALSE(h.quantile(0.5, "a", "build"));
  CHECK(h.totals("a", "build") == performance_history::counts{});
}

TEST_CASE("one success is not trusted blindly, many are", "[core]")
{
  performance_history h;
  fold(h, 1, true);
  CHECK(h.performance("a", "build") == Approx(0.6));
  fold(h, 99, true);
  CHECK(h.performance("a", "build") > 0.95);
  CHECK(h.performance("a", "test") == 0.5);
  fold(h, 1, false, "b");
  CHECK(h.performance("b", "build") == Approx(0.4));
}

TEST_CASE("what happened lately counts most", "[core]")
{
  performance_history turned, steady;
  fold(turned, 100, true);
  fold(turned, 30, false);
  fold(steady, 30, false);
  fold(steady, 100, true);
  CHECK(turned.performance("a", "build") < 0.55);
  CHECK(steady.performance("a", "build") > 0.85);
  CHECK(turned.totals("a", "build") == steady.totals("a", "build"));
  CHECK(turned.totals("a", "build").successes == 100);
}

TEST_CASE("durations are kept by agent and over all agents", "[core]")
{
  performance_history h;
  fold(h, 50, true, "slow", 10s);
  fold(h, 50, true, "fast", 100ms);
  fold(h, 50, false, "fast", 1us); // A quick failure is no quick success.
  CHECK(h.quantile(0.5, "slow", "build")->count() == Approx(10e6).epsilon(0.1));
  CHECK(h.quantile(0.5, "fast", "build")->count() == Approx(1e5).epsilon(0.1));
  CHECK(h.quantile(0.99, "", "build")->count() == Approx(10e6).epsilon(0.1));
}

TEST_CASE("the pair longest without a report goes first", "[core]")
{
  history_options opts;
  opts.pairs_max = 3;
  performance_history h{opts};
  h.fold({"a", "x", true, 1ms}); // Also counts for all agents: two pairs.
  h.fold({"b", "x", true, 1ms});
  CHECK(h.size() == 3);
  h.fold({"c", "x", true, 1ms});
  CHECK(h.size() == 3);
  CHECK(h.totals("a", "x").successes == 0);
  CHECK(h.totals("b", "x").successes == 1);
  CHECK(h.totals("", "x").successes == 3);
  h.fold({"d", "x", true, 1ms}); // Those of all agents were used just now.
  CHECK(h.totals("", "x").successes == 4);
  CHECK(h.totals("b", "x").successes == 0);
}

TEST_CASE("a snapshot brings everything back", "[core]")
{
  performance_history h, again;
  fold(h, 20, true, "a", 3s);
  fold(h, 3, false, "a");
  fold(h, 5, true, "b", 1h);
  auto snapshot = h.to_json();
  CHECK_FALSE(again.load(nlohmann::json::parse(snapshot.dump())));
  CHECK(again.to_json() == snapshot);
  CHECK(again.performance("a", "build") == h.performance("a", "build"));
  CHECK(again.quantile(0.5, "b", "build") == h.quantile(0.5, "b", "build"));
  CHECK(again.shown("a") == h.shown("a"));
  CHECK(h.shown("a")["build"]["successes"] == 20);
}

TEST_CASE("a damaged snapshot changes nothing", "[core]")
{
  performance_history h;
  fold(h, 3, true);
  auto before = h.to_json();
  for (auto text :
       {"{}", "[]", R"({"version":2,"pairs":[]})",
        R"({"version":1,"pairs":[{"agent":"x"}]})",
        R"({"version":1,"pairs":[{"agent":"x","type":"y","successes":1,
            "failures":0,"good":1,"bad":0,"took":[[999,1]]}]})"}) {
    INFO(text);
    CHECK(h.load(nlohmann::json::parse(text)));
    CHECK(h.to_json() == before);
  }
}

TEST_CASE("a quantile is within ten percent of the truth", "[core]")
{
  CHECK(rc::check("sketch ~ sorted list", [] {
    duration_sketch sketch;
    std::vector<int64_t> all;
    auto count = *rc::gen::inRange(1, 100);
    for (int i = 0; i < count; ++i) {
      auto us = *rc::gen::inRange<int64_t>(100, 1000)
                << *rc::gen::inRange(0, 25);
      all.push_back(us);
      sketch.add(duration{us}, 1);
    }
    std::sort(all.begin(), all.end());
    auto rank = *rc::gen::inRange<size_t>(0, all.size());
    auto q = (static_cast<double>(rank) + 0.5) / static_cast<double>(count);
    auto truth = static_cast<double>(all[rank]);
    auto got = static_cast<double>(sketch.quantile(q)->count());
    RC_ASSERT(got > truth * 0.9 && got < truth * 1.1);
  }));
}

TEST_CASE("performance stays between 0 and 1 and follows the reports", "[core]")
{
  CHECK(rc::check("bounded and monotone", [](const std::vector<bool>& ends) {
    performance_history h;
    for (bool well : ends) {
      auto before = h.performance("a", "t");
      h.fold({"a", "t", well, 1s});
      auto after = h.performance("a", "t");
      RC_ASSERT(after > 0 && after < 1);
      RC_ASSERT((well ? after > before : after < before));
    }
  }));
}
