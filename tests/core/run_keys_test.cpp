#include "core/run_driver.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;
using test::run_driver;
using enum task_state;

// Keys and times that are templates.

namespace {

run_driver run_of(const std::string& fields, std::string input = "{}") {
  return run_driver{"workflow: w\nsteps:\n  a: {" + fields + "}\n",
                    std::move(input)};
}

} // namespace

TEST_CASE("keys are made of what the run has", "[core]")
{
  auto d =
    run_of("concurrency: {key: \"db-${run.input.db}\", exclusive: true}, "
           "idempotency_key: \"order-${run.input.order}\"",
           R"({"db":"main","order":7})");
  CHECK(d.r->concurrency_key(d.task("a")) == "db-main");
  CHECK(d.r->idempotency_key(d.task("a")) == "order-7");
  CHECK(run_of("").r->idempotency_key(run_of("").task("a")).empty());
}

TEST_CASE("a key that cannot be made fails its task", "[core]")
{
  auto empty = run_of(
    "concurrency: {key: \"${run.input.db}\", exclusive: true}", R"({"db":""})");
  CHECK(empty.state("a") == failed);
  CHECK(empty.task("a").error->code == errc::template_failed);
  CHECK(empty.task("a").error->message
        == "the concurrency key `${run.input.db}` of step `a` is empty; give "
           "what it refers to a value");
  auto missing = run_of("idempotency_key: \"${run.input.order}\"");
  CHECK(missing.state("a") == failed);
}

TEST_CASE("a key with a control character fails its task", "[core]")
{
  for (auto odd : {R"(1\r\nHost: x)", R"(1\u0000)", R"(1\u007f)"}) {
    auto d = run_of("idempotency_key: \"order-${run.input.id}\"",
                    R"({"id":")" + std::string{odd} + "\"}");
    INFO(odd);
    CHECK(d.state("a") == failed);
    CHECK(d.task("a").error->message
          == "the idempotency_key `order-${run.input.id}` of step `a` has a "
             "line break or another control character; give what it refers to "
             "a value without");
  }
  CHECK(run_of("idempotency_key: \"${run.input.id}\"", R"({"id":"J\u00fcrg"})")
          .state("a")
        == queued);
}

TEST_CASE("nothing begins before its time", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  a: {not_before: "${run.input.at}"}
)",
               R"({"at":")" + to_rfc3339(from_us(1'800'000'000'000'000) + 1h)
                 + "\"}"};
  CHECK(d.state("a") == waiting);
  d.advance(1h - 1ms);
  CHECK(d.offers.empty());
  d.reload();
  auto effects = d.take(); // The timer is armed again.
  REQUIRE(effects.timers.size() == 1);
  d.advance(1ms);
  CHECK(d.state("a") == queued);
  CHECK(d.offers.size() == 1);
}

TEST_CASE("a time that has passed, or is none, is seen at once", "[core]")
{
  CHECK(run_of("not_before: \"2020-01-01T00:00:00Z\"").state("a") == queued);
  auto wrong = run_of("not_before: \"${run.input.at}\"", R"({"at":"soon"})");
  CHECK(wrong.state("a") == failed);
  CHECK(wrong.task("a").error->message.find("is no RFC 3339 time")
        != std::string::npos);
}

TEST_CASE("a pause does not move a time of day", "[core]")
{
  auto d = run_of("not_before: \"${run.input.at}\"",
                  R"({"at":")" + to_rfc3339(from_us(1'800'000'000'000'000) + 1h)
                    + "\"}");
  REQUIRE_FALSE(d.r->pause(d.me, d.now));
  d.take();
  d.advance(30min);
  REQUIRE_FALSE(d.r->resume(d.me, d.now));
  d.take();
  d.advance(30min);
  CHECK(d.state("a") == queued);
}
