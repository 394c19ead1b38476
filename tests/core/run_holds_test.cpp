#include <nlohmann/json.hpp>

#include "core/run_driver.hpp"

// Steps that are held: queued, and given to nobody until they are released.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;
using enum task_state;

namespace {

const std::string pair = R"(
workflow: autonomous_tasks
steps:
  a: {type: t, hold: true, retries: 1, backoff: {base: 2s, jitter: 0},
      labels: {assigned_agent: writer}}
  b: {type: t, hold: true, depends_on: [a]}
)";

struct held_pair : run_driver {
  held_pair() : run_driver{pair} {}
  failure release(const std::string& name) {
    auto why = r->release(task(name).number, me, now);
    take();
    return why;
  }
};

} // namespace

TEST_CASE("a step that is held is queued, and offered when it is released",
          "[core]")
{
  held_pair d;
  CHECK(d.state("a") == queued);
  CHECK(d.task("a").due == due_kind::held);
  CHECK(d.offers.empty());
  CHECK(d.release("b").code == errc::invalid_state); // It waits for `a`.
  CHECK_FALSE(d.release("a"));
  CHECK(d.offers.size() == 1);
  CHECK_FALSE(d.release("a")); // Twice is once.
  CHECK(d.offers.size() == 1);
  d.work("a");
  CHECK(d.state("b") == queued);
  CHECK(d.offers.empty());
  CHECK(d.release("a").code == errc::invalid_state);
}

TEST_CASE("what is held or released stays so over a restart", "[core]")
{
  held_pair d;
  d.reload();
  d.r->go_on(d.now);
  d.take();
  CHECK(d.offers.empty());
  CHECK_FALSE(d.release("a"));
  d.reload();
  d.r->go_on(d.now);
  d.take();
  CHECK(d.offers.size() == 1);
}

TEST_CASE("a pause keeps what is held, and a release in it counts", "[core]")
{
  held_pair d;
  REQUIRE_FALSE(d.r->pause(d.me, d.now));
  d.take();
  CHECK(d.state("a") == paused);
  REQUIRE_FALSE(d.r->resume(d.me, d.now));
  d.take();
  CHECK(d.state("a") == queued);
  CHECK(d.offers.empty());
  REQUIRE_FALSE(d.r->pause(d.me, d.now));
  CHECK_FALSE(d.release("a"));
  CHECK(d.offers.empty());
  REQUIRE_FALSE(d.r->resume(d.me, d.now));
  d.take();
  CHECK(d.offers.size() == 1);
}

TEST_CASE("once released, what fails is tried again by itself", "[core]")
{
  held_pair d;
  d.release("a");
  d.start("a");
  d.end("a", outcome::failed("flaky"));
  CHECK(d.state("a") == retrying);
  d.advance(2s);
  CHECK(d.state("a") == queued);
  CHECK(d.offers.size() == 1);
}

TEST_CASE("a try that is held back waits to be released", "[core]")
{
  held_pair d;
  CHECK_FALSE(d.r->hold(1, d.me, d.now)); // It is held.
  d.release("a");
  CHECK(d.r->hold(1, d.me, d.now).code == errc::invalid_state);
  d.start("a");
  d.end("a", outcome::failed("flaky"));
  REQUIRE_FALSE(d.r->hold(1, d.me, d.now));
  d.take();
  d.advance(1h);
  CHECK(d.state("a") == queued);
  CHECK(d.offers.empty());
  d.reload();
  d.r->go_on(d.now);
  d.take();
  CHECK(d.offers.empty());
  CHECK_FALSE(d.release("a"));
  CHECK(d.offers.size() == 1);
}

TEST_CASE("a held step waits for what failed instead of being skipped",
          "[core]")
{
  held_pair d;
  d.release("a");
  d.start("a");
  d.end("a", outcome::give_up("no"));
  CHECK(d.state("a") == failed);
  CHECK(d.state("b") == waiting);
  CHECK(d.row.state == run_state::running);
  d.reload();
  d.r->go_on(d.now);
  d.take();
  REQUIRE_FALSE(d.r->retry(1, d.me, d.now));
  d.take();
  CHECK(d.offers.size() == 1); // Tried again at once: it was released.
  d.work("a");
  CHECK(d.state("b") == queued);
}

TEST_CASE("a retry gives back the tries where it is asked to", "[core]")
{
  held_pair d;
  d.release("a");
  d.start("a");
  d.end("a", outcome::failed("flaky"));
  d.advance(2s);
  d.start("a");
  d.end("a", outcome::failed("flaky"));
  REQUIRE(d.state("a") == failed);
  REQUIRE_FALSE(d.r->retry(1, d.me, d.now, true));
  d.take();
  CHECK(d.task("a").retries == 0);
  d.start("a");
  d.end("a", outcome::failed("flaky"));
  CHECK(d.state("a") == retrying);
}

TEST_CASE("each execution of a held step is written down", "[core]")
{
  held_pair d;
  d.release("a");
  d.start("a");
  d.now += 1500ms;
  auto out = d.end("a", outcome::failed("flaky"));
  REQUIRE(out.audits.size() == 1);
  CHECK(out.audits[0].action == "task.executed");
  CHECK(out.audits[0].status == "retrying");
  CHECK(nlohmann::json::parse(out.audits[0].details.view())
        == nlohmann::json{{"assigned_agent", "writer"},
                          {"duration_ms", 1500},
                          {"retry_count", 1}});
  d.advance(2s);
  d.start("a");
  CHECK(d.end("a", outcome::done("1")).audits[0].status == "completed");
}

TEST_CASE("a step of any workflow may be held, and is no task of the queue",
          "[core]")
{
  auto other = pair;
  other.replace(other.find("autonomous_tasks"), 16, "w");
  run_driver d{other};
  CHECK(d.state("a") == queued);
  CHECK(d.rows.at(0).labels.empty());
  REQUIRE_FALSE(d.r->release(1, d.me, d.now));
  d.take();
  d.start("a");
  CHECK(d.end("a", outcome::done("1")).audits.empty());
}

TEST_CASE("a task that is stopped keeps the reason", "[core]")
{
  held_pair d;
  d.release("a");
  d.start("a");
  REQUIRE_FALSE(d.r->cancel_task(1, d.me, "too dear", d.now));
  d.take();
  CHECK(d.state("a") == in_progress); // Until it has stopped.
  d.reload();
  d.r->lost(1, false, d.now);
  d.take();
  CHECK(d.state("a") == cancelled);
  CHECK(d.task("a").error->message == "too dear");
}

TEST_CASE("what cannot be held is refused", "[core]")
{
  for (auto fields :
       {"type: t, hold: true, deadline: 1h",
        "type: t, hold: true, foreach: [1]", "sleep: 1s, hold: true"}) {
    INFO(fields);
    auto parsed = parse_workflow("workflow: w\nsteps:\n  a: {"
                                 + std::string{fields} + "}\n");
    CHECK_FALSE(parsed.value);
  }
}
