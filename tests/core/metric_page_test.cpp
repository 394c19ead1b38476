#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/metric_page.hpp"
#include "core/metric_series.hpp"
#include "core/work_figures.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

std::string shown(const work_figures& from) {
  metric_page page;
  from.add_to(page);
  return to_exposition(page);
}

constexpr instant t0{1'700'000'000s};

task_row ended_task(task_state how) {
  task_row x;
  x.workspace = "blue";
  x.type = "build";
  x.agent = "ann";
  x.state = how;
  x.queued_at = t0;
  x.started_at = t0 + 20ms;
  x.ended_at = t0 + 2s;
  return x;
}

} // namespace

TEST_CASE("figures are written as Prometheus reads them", "[metrics]")
{
  metric_page page;
  page.counter("a_total", "What\nit \\ is.", 3, {{"who", "x\"y\\z\n"}});
  page.gauge("b", "Other.", 0.5);
  page.counter("a_total", "ignored", 1e15, {{"who", ""}});
  CHECK(to_exposition(page)
        == "# HELP a_total What\\nit \\\\ is.\n"
           "# TYPE a_total counter\n"
           "a_total{who=\"x\\\"y\\\\z\\n\"} 3\n"
           "a_total{who=\"\"} 1e+15\n"
           "# HELP b Other.\n"
           "# TYPE b gauge\n"
           "b 0.5\n");
}

TEST_CASE("a histogram counts up to each bound, and all", "[metrics]")
{
  duration_histogram times;
  times.add(500us); // A bound belongs to its bucket.
  times.add(3ms);
  times.add(2h);
  metric_page page;
  page.histogram("t_seconds", "Times.", times, {{"a", "b"}});
  auto text = to_exposition(page);
  CHECK(has(text, "t_seconds_bucket{a=\"b\",le=\"5e-04\"} 1"));
  CHECK(has(text, "t_seconds_bucket{a=\"b\",le=\"0.0025\"} 1"));
  CHECK(has(text, "t_seconds_bucket{a=\"b\",le=\"0.005\"} 2"));
  CHECK(has(text, "t_seconds_bucket{a=\"b\",le=\"3600\"} 2"));
  CHECK(has(text, "t_seconds_bucket{a=\"b\",le=\"+Inf\"} 3"));
  CHECK(has(text, "t_seconds_count{a=\"b\"} 3"));
  CHECK(has(text, "t_seconds_sum{a=\"b\"} 7200.0035"));
  auto body = to_json(page)["metrics"][0];
  CHECK(body["type"] == "histogram");
  CHECK(body["samples"][0]["count"] == 3);
  CHECK(body["samples"][0]["labels"]["a"] == "b");
  CHECK(body["samples"][0]["buckets"].back()["count"] == 2);
}

TEST_CASE("names that people make up cannot grow a series without end",
          "[metrics]")
{
  metric_series<uint64_t, 1> all;
  for (int i = 0; i < 2000; ++i)
    ++all.at({std::to_string(i)});
  ++all.at({"7"});
  CHECK(all.all().size() == metric_series<uint64_t, 1>::series_max + 1);
  CHECK(all.at({"7"}) == 2);
  CHECK(all.at({"other"}) == 1500);
}

TEST_CASE("what is committed is counted by workspace, type and end",
          "[metrics]")
{
  work_figures figures;
  batch x;
  x.count = 4;
  x.tasks = {ended_task(task_state::completed),
             ended_task(task_state::completed), ended_task(task_state::failed),
             ended_task(task_state::retrying),
             ended_task(task_state::in_progress)};
  run_row run;
  run.workspace = "blue";
  run.fresh = true;
  run.created_at = t0;
  x.runs = {run};
  figures.fold(x);
  run.fresh = false;
  run.state = run_state::completed;
  run.ended_at = t0 + 3s;
  batch y;
  y.runs = {run};
  figures.fold(y);
  auto text = shown(figures);
  auto ends = [&](const char* state, int n) {
    return has(text, "troupe_tasks_ended_total{workspace=\"blue\",type="
                     "\"build\",state=\""
                       + std::string{state} + "\"} " + std::to_string(n));
  };
  CHECK(ends("completed", 2));
  CHECK(ends("failed", 1));
  CHECK(has(text, "troupe_task_retries_total 1"));
  CHECK(has(text, "troupe_task_duration_seconds_count{type=\"build\"} 3"));
  CHECK(has(text, "troupe_task_duration_seconds_sum{type=\"build\"} 5.94"));
  CHECK(has(text, "troupe_task_wait_seconds_sum{type=\"build\"} 0.06"));
  CHECK(has(text, "troupe_agent_attempts_total{agent=\"ann\",result="
                  "\"failed\"} 2"));
  CHECK(has(text, "troupe_runs_accepted_total{workspace=\"blue\"} 1"));
  CHECK(has(text, "troupe_runs_ended_total{workspace=\"blue\",state="
                  "\"completed\"} 1"));
  CHECK(has(text, "troupe_run_duration_seconds_sum{workspace=\"blue\"} 3"));
  CHECK(has(text, "troupe_facts_total 4"));
  CHECK(has(text, "troupe_batches_total 2"));
}

TEST_CASE("a task that nobody began has no duration", "[metrics]")
{
  work_figures figures;
  batch x;
  x.tasks = {ended_task(task_state::skipped)};
  x.tasks[0].started_at = no_instant;
  figures.fold(x);
  auto text = shown(figures);
  CHECK(text.find("troupe_task_duration_seconds") == std::string::npos);
  CHECK(text.find("troupe_agent_attempts_total") == std::string::npos);
  CHECK(text.find("state=\"skipped\"} 1\n") != std::string::npos);
}
