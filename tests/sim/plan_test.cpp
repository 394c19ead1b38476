#include <catch2/catch.hpp>

#include <algorithm>

#include "core/workflow.hpp"
#include "sim/plan.hpp"

namespace troupe::sim {

TEST_CASE("a plan is the same for the same seed, and has its faults", "[sim]")
{
  for (uint64_t seed = 1; seed < 50; ++seed) {
    INFO(seed);
    auto x = draw_plan(seed);
    auto again = draw_plan(seed);
    REQUIRE(x.events.size() == again.events.size());
    REQUIRE(x.work.size() == again.work.size());
    for (size_t i = 0; i < x.work.size(); ++i)
      CHECK(x.work[i].definition == again.work[i].definition);
    CHECK(describe(x.how) == describe(again.how));
    auto faults =
      std::count_if(x.events.begin(), x.events.end(),
                    [](const event& e) { return is_fault(e.what); });
    auto ends =
      std::count_if(x.events.begin(), x.events.end(), [](const event& e) {
        return e.what >= act::crash && e.what <= act::stop;
      });
    CHECK(faults >= 1);
    CHECK(ends >= 1);
  }
}

TEST_CASE("every drawn workflow is a valid one", "[sim]")
{
  for (uint64_t seed = 1; seed < 100; ++seed)
    for (const auto& work : draw_plan(seed).work) {
      auto text = work.definition.dump();
      auto parsed = work.definition.is_array() ? core::parse_task_list(text)
                                               : core::parse_workflow(text);
      INFO(seed << ": " << text);
      CHECK(parsed.value);
    }
}

TEST_CASE("faults can be chosen by name", "[sim]")
{
  fault_set x;
  CHECK(read_faults("disk,kills", x));
  CHECK(x == fault_set{false, true, false, true, false, false});
  CHECK(read_faults("none", x));
  CHECK(x == fault_set{false, false, false, false, false, false});
  CHECK(read_faults("all", x));
  CHECK(x == fault_set{});
  CHECK_FALSE(read_faults("disc", x));
  auto calm = draw_plan(7, {false, false, false, false, false, false});
  CHECK(calm.events.empty());
  CHECK(calm.how.trouble == 0);
}

} // namespace troupe::sim
