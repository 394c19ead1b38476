#include <catch2/catch.hpp>

#include "core/trace.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const std::string given =
  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr instant t0{1'700'000'000s};
const id run_id = *id_from("0190a1b2-0000-7000-8000-000000000000");

run_row run_with(const std::string& trace) {
  run_row x;
  x.key = run_id;
  x.name = "release";
  x.workspace = "blue";
  x.by.trace = trace;
  x.created_at = t0;
  return x;
}

task_row task_in(task_state state) {
  task_row x;
  x.key = run_id.with(1);
  x.workspace = "blue";
  x.name = "build";
  x.type = "make";
  x.agent = "ann";
  x.state = state;
  x.attempt = 2;
  x.retries = 1;
  x.queued_at = t0;
  x.started_at = t0 + 1s;
  x.ended_at = t0 + 3s;
  return x;
}

} // namespace

TEST_CASE("a context goes in and out as it came", "[trace]")
{
  auto x = parse_traceparent(given);
  REQUIRE(x);
  CHECK(x->sampled);
  CHECK(to_traceparent(*x) == given);
  CHECK(to_origin(*x) == given.substr(3));
  auto off = parse_traceparent(given.substr(0, 53) + "02");
  REQUIRE(off);
  CHECK_FALSE(off->sampled);
  CHECK(parse_traceparent("01" + given.substr(2) + "-more"));
  CHECK(from_origin(given.substr(3, 32))->parent.empty());
}

TEST_CASE("what is no context is ignored", "[trace]")
{
  std::string zero_trace = given, zero_parent = given;
  zero_trace.replace(3, 32, 32, '0');
  zero_parent.replace(36, 16, 16, '0');
  for (const auto& text :
       {std::string{}, std::string{"x"}, given + "-more", given.substr(1),
        "ff" + given.substr(2), "0G" + given.substr(2), zero_trace, zero_parent,
        given.substr(0, 54) + "x", "01" + given.substr(2) + "more"})
    CHECK_FALSE(parse_traceparent(text));
}

TEST_CASE("spans of a run hang together", "[trace]")
{
  span_builder builder{{}};
  std::vector<span> all;
  batch begin;
  begin.runs = {run_with(given.substr(3))};
  builder.fold(begin, all);
  CHECK(all.empty());
  batch end;
  end.tasks = {task_in(task_state::completed)};
  end.runs = {run_with("")};
  end.runs[0].state = run_state::completed;
  end.runs[0].ended_at = t0 + 4s;
  builder.fold(end, all);
  REQUIRE(all.size() == 3);
  const auto& attempt = all[0];
  const auto& task = all[1];
  const auto& run = all[2];
  for (const auto& x : all)
    CHECK(x.in.trace == "0af7651916cd43dd8448eb211c80319c");
  CHECK(run.in.parent == "b7ad6b7169203331");
  CHECK(task.in.parent == run.own);
  CHECK(attempt.in.parent == task.own);
  CHECK(attempt.own == span_of(run_id.with(1), 2));
  CHECK(attempt.link == span_of(run_id.with(1), 1));
  CHECK(attempt.end - attempt.start == 2s);
  CHECK(task.start == t0);
  CHECK(run.end == t0 + 4s);
  CHECK(task.name == "task build");
  CHECK(run.error.empty());
}

TEST_CASE("an attempt that is tried again has a span and an error", "[trace]")
{
  span_builder builder{{}};
  std::vector<span> all;
  batch x;
  x.runs = {run_with("")};
  x.runs[0].updated_at = t0 + 2s;
  x.tasks = {task_in(task_state::retrying), task_in(task_state::in_progress)};
  x.tasks[0].error = {errc::agent_failed, category::network, "no answer"};
  builder.fold(x, all);
  REQUIRE(all.size() == 1);
  CHECK(all[0].error == "no answer");
  CHECK(all[0].end == t0 + 2s);
}

TEST_CASE("who began a trace decides whether it is sampled, else the share",
          "[trace]")
{
  auto sampled = [](const std::string& trace, double share) {
    return context_of(run_with(trace), {share}).sampled;
  };
  CHECK(sampled(given.substr(3), 0));
  CHECK_FALSE(sampled(given.substr(3, 50) + "00", 1));
  CHECK(sampled("", 1));
  CHECK_FALSE(sampled("", 0));
  CHECK(context_of(run_with(""), {}).trace
        == "0190a1b2000070008000000000000000");
  span_builder builder{{0}};
  std::vector<span> all;
  batch x;
  x.runs = {run_with("")};
  x.runs[0].state = run_state::failed;
  x.tasks = {task_in(task_state::failed)};
  builder.fold(x, all);
  CHECK(all.empty());
}

TEST_CASE("a sub-run hangs below the task that made it", "[trace]")
{
  auto child = run_with("");
  child.parent = run_id;
  child.parent_task = 3;
  child.key = *id_from("0190a1b2-0000-7000-8000-000001000000");
  auto in = context_of(child, {});
  CHECK(in.trace == "0190a1b2000070008000000000000000");
  CHECK(in.parent == span_of(run_id.with(3), 0));
}

TEST_CASE("a trace without a caller stands for all below it, and the share "
          "decides",
          "[trace]")
{
  auto deep = run_with(trace_of(run_id));
  deep.key = *id_from("0190a1b2-0000-7000-8000-000002000000");
  deep.parent = *id_from("0190a1b2-0000-7000-8000-000001000000");
  deep.parent_task = 2;
  auto in = context_of(deep, {0});
  CHECK(in.trace == context_of(run_with(""), {}).trace);
  CHECK(in.parent == span_of(deep.parent.with(2), 0));
  CHECK_FALSE(in.sampled);
  CHECK(context_of(deep, {1}).sampled);
}

TEST_CASE("spans are written as OTLP has them in JSON", "[trace]")
{
  span x;
  x.in = *parse_traceparent(given);
  x.own = "0000000000000001";
  x.name = "attempt build";
  x.start = t0;
  x.end = t0 + 1ms;
  x.attributes = {{"a", "b"}, {"n", 3}, {"yes", true}, {"half", 0.5}};
  x.error = "broken";
  x.link = "0000000000000002";
  x.client = true;
  auto body = json::parse(to_otlp({x}, "1.2"));
  REQUIRE(body["resourceSpans"].is_array());
  auto& resource = body["resourceSpans"][0];
  CHECK(resource["resource"]["attributes"][0]["value"]["stringValue"]
        == "troupe");
  auto& got = resource["scopeSpans"][0]["spans"][0];
  CHECK(got["traceId"] == "0af7651916cd43dd8448eb211c80319c");
  CHECK(got["parentSpanId"] == "b7ad6b7169203331");
  CHECK(got["spanId"] == "0000000000000001");
  CHECK(got["startTimeUnixNano"] == "1700000000000000000");
  CHECK(got["endTimeUnixNano"] == "1700000000001000000");
  CHECK(got["kind"] == 3);
  CHECK(got["status"] == json{{"code", 2}, {"message", "broken"}});
  CHECK(got["links"][0]["spanId"] == "0000000000000002");
  CHECK(got["attributes"][0]
        == json::parse(R"({"key":"a","value":{"stringValue":"b"}})"));
  CHECK(got["attributes"][1]["value"]["intValue"] == "3");
  CHECK(got["attributes"][2]["value"]["boolValue"] == true);
  CHECK(got["attributes"][3]["value"]["doubleValue"] == 0.5);
}
