#include "core/cache_key.hpp"
#include "core/run_driver.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;
using test::run_driver;
using enum task_state;

namespace {

const std::string one_step =
  "workflow: w\nsteps:\n  a: {retries: 0, cache: 1h, input: [1]}\n";

run_driver run_of(const std::string& fields) {
  return run_driver{"workflow: w\nsteps:\n  a: {cache: 1h, " + fields + "}\n"};
}

/// The driver takes effects when the run is accepted; asks again after that.
std::vector<cache_question> questions_after_reload(run_driver& d) {
  d.reload();
  d.r->go_on(d.now);
  return d.take().questions;
}

} // namespace

TEST_CASE("a stored output ends the task without an agent", "[core][cache]")
{
  run_driver d{one_step};
  CHECK(d.state("a") == queued);
  CHECK(d.offers.empty()); // Until it is known whether there is one.
  d.r->looked_up(1, text{"7"}, d.now);
  auto last = d.take();
  CHECK(d.state("a") == completed);
  CHECK(d.task("a").output.view() == "7");
  CHECK(d.rows[0].attempt == 0);
  CHECK(d.rows[0].score.view().starts_with(R"({"cache":")"));
  CHECK(last.cached.empty()); // Its time does not begin anew.
  CHECK(last.over);
  auto hits = 0;
  for (const auto& x : last.facts)
    hits += x.kind == fact_kind::cache_hit;
  CHECK(hits == 1);
}

TEST_CASE("without a stored output an agent works, and it is stored",
          "[core][cache]")
{
  run_driver d{one_step};
  d.r->looked_up(1, std::nullopt, d.now);
  CHECK(d.take().questions.empty());
  CHECK(d.offers.size() == 1);
  auto last = d.work("a", "8");
  REQUIRE(last.cached.size() == 1);
  const auto& row = last.cached[0];
  CHECK(row.workspace == "default");
  CHECK(row.key == cache_key(d.definition->steps[0], "[1]", 0));
  CHECK(row.output.view() == "8");
  CHECK(row.until == d.now + 1h);
  CHECK(last.over); // The same effects: the same transaction.
}

TEST_CASE("only what the step's own agents complete is stored", "[core][cache]")
{
  auto stored = [](const std::string& fields, outcome what) {
    auto d = run_of(fields);
    d.r->looked_up(1, std::nullopt, d.now);
    d.take();
    d.start("a");
    auto n = d.end("a", what).cached.size();
    if (d.state("a") == queued) { // Its fallback.
      d.start("a");
      n += d.end("a", outcome::done("1")).cached.size();
    }
    return n;
  };
  CHECK(stored("retries: 0", outcome::done("1")) == 1);
  CHECK(stored("retries: 0", outcome::failed("x")) == 0);
  CHECK(stored("retries: 0, fallback: eve", outcome::failed("x")) == 0);
  CHECK(stored("retries: 0, fallback: {output: 1}", outcome::failed("x")) == 0);
  CHECK(stored("retries: 0, expect: output == 2", outcome::done("1")) == 0);
  CHECK(stored("retries: 0", outcome::done("1").with_tasks(R"([{"type":"t"}])"))
        == 0);
  auto large = '"' + std::string(cached_output_bytes_max, 'x') + '"';
  CHECK(stored("retries: 0", outcome::done(large)) == 0);
}

TEST_CASE("a question that was lost with the process is asked again",
          "[core][cache]")
{
  run_driver d{one_step};
  auto again = questions_after_reload(d);
  REQUIRE(again.size() == 1);
  CHECK(again[0].number == 1);
  CHECK(again[0].key == cache_key(d.definition->steps[0], "[1]", 0));
  CHECK(d.offers.empty());
}

TEST_CASE("an answer for a task that is not queued any more changes nothing",
          "[core][cache]")
{
  run_driver d{one_step};
  REQUIRE_FALSE(d.r->pause(d.me, d.now));
  d.r->looked_up(1, text{"7"}, d.now);
  d.take();
  CHECK(d.state("a") == paused);
  REQUIRE_FALSE(d.r->resume(d.me, d.now));
  d.take();
  CHECK(d.offers.size() == 1);
  REQUIRE_FALSE(d.r->cancel(d.me, "", d.now));
  d.r->looked_up(1, text{"7"}, d.now);
  d.take();
  CHECK(d.state("a") == cancelled);
}

TEST_CASE("a stored output that is not as expected now is made anew",
          "[core][cache]")
{
  auto d = run_of("expect: output == 2");
  d.r->looked_up(1, text{"1"}, d.now);
  d.take();
  CHECK(d.state("a") == queued);
  CHECK(d.offers.size() == 1);
}

TEST_CASE("items and rounds are looked for one by one", "[core][cache]")
{
  auto items = run_of("foreach: [1, 2, 1], input: \"${item}\"");
  auto keys = questions_after_reload(items);
  REQUIRE(keys.size() == 3);
  CHECK(keys[0].key == keys[2].key);
  CHECK(keys[0].key != keys[1].key);
  for (const auto& x : keys)
    items.r->looked_up(x.number, text{"9"}, items.now);
  CHECK(items.take().over);
  CHECK(items.row.output.view() == R"({"a":[9,9,9]})");
  // A loop would never end if each round were the first one.
  auto rounds = run_of("repeat_until: output == 2");
  auto first = questions_after_reload(rounds);
  rounds.r->looked_up(first.at(0).number, text{"1"}, rounds.now);
  auto second = rounds.take().questions;
  REQUIRE(second.size() == 1);
  CHECK(second[0].key != first[0].key);
}

TEST_CASE("retries of a task do not look again", "[core][cache]")
{
  auto d = run_of("retries: 1, backoff: {base: 1s}");
  d.r->looked_up(1, std::nullopt, d.now);
  d.take();
  d.start("a");
  d.end("a", outcome::failed("x"));
  d.advance(2s);
  CHECK(d.offers.size() == 1);
}
