#include "core/run_driver.hpp"

// What agents add to a run.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using enum task_state;

namespace {

constexpr auto one_waits = "workflow: w\nsteps:\n  a: {}\n"
                           "  after: {depends_on: [a]}\n"
                           "  mend: {depends_on: [{step: a, on: failure}]}\n";

/// `a` has added these tasks.
run_driver added(const std::string& tasks, const std::string& to = one_waits) {
  run_driver d{to};
  d.start("a");
  d.end("a", outcome::done("1").with_tasks(tasks));
  return d;
}

void fails(run_driver& d, const std::string& name) {
  d.start(name);
  d.end(name, outcome::give_up("no"));
}

} // namespace

TEST_CASE("a task that an agent added and that fails holds back what waits for "
          "the agent's step",
          "[core]")
{
  auto d = added(R"([{"name":"x"},{"name":"y"}])");
  fails(d, "x");
  CHECK(d.state("after") == waiting); // For the other one.
  d.work("y");
  CHECK(d.state("a") == completed);
  CHECK(d.state("after") == skipped);
  CHECK(d.state("mend") == queued);
  d.work("mend");
  CHECK(d.row.state == run_state::completed); // The failure was handled.
}

TEST_CASE("a failure that is mended among the tasks that were added is none",
          "[core]")
{
  auto d = added(
    R"([{"name":"x"},{"name":"z","depends_on":[{"step":"x","on":"failure"}]}])");
  fails(d, "x");
  d.work("z");
  CHECK(d.state("after") == queued);
  CHECK(d.state("mend") == skipped);
}

TEST_CASE("a failure counts through all that added something", "[core]")
{
  auto d = added(R"([{"name":"x"}])");
  d.start("x");
  d.end("x", outcome::done("1").with_tasks(R"([{"name":"deep"}])"));
  fails(d, "deep");
  CHECK(d.state("after") == skipped);
  SECTION("also over a restart")
  {
    d.reload();
    d.r->go_on(d.now);
    d.take();
    CHECK(d.state("mend") == queued);
  }
  d.work("mend");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("an item whose agent added a task that failed has not completed",
          "[core]")
{
  auto d = added(R"([{"name":"x"}])", "workflow: w\nsteps:\n  a:\n"
                                      "  b: {foreach: [1], depends_on: [a]}\n"
                                      "  c: {depends_on: [b]}\n");
  d.work("x");
  d.start("b[0]");
  d.end("b[0]", outcome::done("1").with_tasks(R"([{"name":"y"}])"));
  CHECK(d.state("b") == in_progress);
  fails(d, "y");
  CHECK(d.state("b") == failed);
  CHECK(d.state("c") == skipped);
  REQUIRE_FALSE(d.r->retry(0, d.me, d.now));
  d.take();
  CHECK(d.state("b") == in_progress);
  d.work("y");
  CHECK(d.state("b") == completed);
  d.work("c");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("a retry of a task that was added lets what waits above go on",
          "[core]")
{
  auto d = added(R"([{"name":"x"},{"name":"y","depends_on":["x"]}])",
                 "workflow: w\nsteps:\n  a: {}\n  after: {depends_on: [a]}\n"
                 "  last: {depends_on: [after]}\n");
  fails(d, "x");
  CHECK(d.row.state == run_state::failed);
  auto again = GENERATE(false, true);
  if (again)
    d.reload();
  REQUIRE_FALSE(d.r->retry(0, d.me, d.now));
  d.take();
  CHECK(d.state("after") == waiting);
  d.work("x");
  CHECK(d.state("after") == waiting);
  d.work("y");
  d.work("after");
  d.work("last");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("a round whose agent added a task that failed fails the loop",
          "[core]")
{
  run_driver d{"workflow: w\nsteps:\n"
               "  a: {repeat_until: iteration == 2}\n"};
  d.start("a[0]");
  d.end("a[0]", outcome::done("1").with_tasks(R"([{"name":"x"}])"));
  fails(d, "x");
  CHECK(d.state("a") == failed);
  REQUIRE_FALSE(d.r->retry(0, d.me, d.now));
  d.take();
  d.work("x");
  d.work("a[1]");
  CHECK(d.row.state == run_state::completed);
}
