#include "core/run_driver.hpp"

using namespace troupe;
using namespace troupe::core;
using test::run_driver;
using enum task_state;

namespace {

const std::string two =
  "workflow: w\nsteps:\n  a:\n  b: {depends_on: [a]}\n  c:\n";

/// The process ends while `name` is in progress; `written`: its start was.
void die_with(run_driver& d, const std::string& name, bool written) {
  auto before = d.rows;
  d.start(name);
  if (!written)
    d.rows = before;
  d.reload(true);
  for (uint32_t n = 1; n <= d.r->size(); ++n)
    d.r->lost(n, true, d.now);
  d.r->go_on(d.now);
  d.take();
}

} // namespace

TEST_CASE("a task is quarantined after three starts that ended the node",
          "[core][suspects]")
{
  // The first start is rarely written before the call; the others are.
  auto first_written = GENERATE(true, false);
  run_driver d{two};
  die_with(d, "a", first_written);
  CHECK(d.task("a").careful);
  CHECK(d.state("a") == queued);
  die_with(d, "a", true);
  CHECK(d.state("a") == queued);
  die_with(d, "a", true);
  CHECK(d.state("a") == failed);
  CHECK(d.task("a").error->code == errc::quarantined);
  // Neighbours that only waited are well.
  CHECK(d.state("c") == queued);
  d.work("c");
  CHECK(d.state("c") == completed);
}

TEST_CASE("waiting through any number of unclean ends is no crime",
          "[core][suspects]")
{
  run_driver d{two};
  for (int i = 0; i < 9; ++i) {
    d.reload(true);
    d.r->go_on(d.now);
    d.take();
  }
  CHECK(d.task("a").unclean == 1);
  CHECK(d.task("b").unclean == 0); // It was never offered.
  CHECK(d.r->concurrency_key(d.task("a")).empty());
  d.work("a");
  d.work("b");
  d.work("c");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("who is one unclean end from quarantine works alone",
          "[core][suspects]")
{
  run_driver d{two};
  die_with(d, "a", true);
  CHECK(d.r->concurrency_key(d.task("a")).empty());
  die_with(d, "a", true);
  CHECK(d.r->concurrency_key(d.task("a")) == suspects_key);
  CHECK(d.r->concurrency_key(d.task("c")).empty());
  d.work("a"); // It was not to blame.
  CHECK(d.state("b") == queued);
}

TEST_CASE("a suspect stays careful after a clean end", "[core][suspects]")
{
  run_driver d{two};
  die_with(d, "a", true);
  d.reload(false);
  CHECK(d.task("a").careful);
  CHECK_FALSE(d.task("b").careful);
}
