#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include <sys/resource.h>

#include "sim/program.hpp"
#include "sim/seeds.hpp"

namespace troupe::sim {

TEST_CASE("the same seed gives the same story", "[sim]")
{
  auto first = play(draw_plan(1));
  auto again = play(draw_plan(1));
  auto other = play(draw_plan(2));
  CHECK(first.broken == "");
  CHECK(first.trace == again.trace);
  CHECK(first.steps == again.steps);
  CHECK(first.trace != other.trace);
}

TEST_CASE("a seed is a whole life: tasks, faults, restarts", "[sim]")
{
  uint64_t tasks = 0, faults = 0, lives = 0;
  for (uint64_t seed = 3; seed <= 6; ++seed) {
    auto x = play(draw_plan(seed));
    INFO(seed);
    CHECK(x.broken == "");
    tasks += x.tasks;
    faults += x.faults;
    lives += x.restarts;
  }
  CHECK(tasks >= 4 * 200);
  CHECK(faults >= 4 * 20);
  CHECK(lives >= 4 * 2);
}

TEST_CASE("without faults nothing is tried in vain", "[sim]")
{
  fault_set none{false, false, false, false, false, false};
  auto x = play(draw_plan(7, none));
  CHECK(x.broken == "");
  CHECK(x.faults == 0);
  CHECK(x.restarts == 1);
}

TEST_CASE("a workflow of one's own is played with simulated agents", "[sim]")
{
  auto own = nlohmann::json::parse(
    R"({"workflow":"own","version":1,"steps":{
          "a":{"agent":{"capabilities":["a"]}},
          "b":{"depends_on":["a"],"sleep":"1s"}}})");
  auto x = play(draw_plan(1, {}, {own}));
  CHECK(x.broken == "");
  CHECK(x.tasks == 2);
}

TEST_CASE("processes side by side play the same seeds", "[sim]")
{
  seed_range range;
  range.first = 1;
  range.count = 4;
  range.faults = {false, false, false, false, false, false};
  auto alone = play_seeds(range);
  range.processes = 2;
  auto together = play_seeds(range);
  CHECK(alone.played == 4);
  CHECK(together.played == 4);
  CHECK(together.sum.steps == alone.sum.steps);
  CHECK(together.sum.tasks == alone.sum.tasks);
  CHECK(together.bad_seeds.empty());
}

TEST_CASE("a process that cannot be started is told, not left out", "[sim]")
{
  seed_range what;
  what.count = 4;
  what.processes = 2;
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  auto none = before;
  none.rlim_cur = 3; // No room for a pipe.
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  auto all = play_seeds(what);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(all.played == 0);
  CHECK_THAT(all.trouble, Catch::Contains("pipe") && Catch::Contains("--jobs"));
}

TEST_CASE("seeds that found something once find nothing any more", "[sim]")
{
  std::ifstream file{TROUPE_SEEDS};
  REQUIRE(file);
  size_t n = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#')
      continue;
    std::istringstream words{line};
    uint64_t seed = 0;
    words >> seed;
    INFO(line);
    CHECK(play(draw_plan(seed)).broken == "");
    ++n;
  }
  CHECK(n > 0);
}

TEST_CASE("wrong arguments of the simulation are told", "[sim]")
{
  constexpr int usage = 2;
  CHECK(run_program({"--seed", "x"}) == usage);
  CHECK(run_program({"--faults", "disc"}) == usage);
  CHECK(run_program({"--no-such-thing"}) == usage);
  CHECK(run_program({"no-such-file.yaml"}) == usage);
  CHECK(run_program({"--help"}) == 0);
  CHECK(run_program({"--seed", "1", "--faults", "none"}) == 0);
}

} // namespace troupe::sim
