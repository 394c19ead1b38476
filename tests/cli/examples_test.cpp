#include <algorithm>
#include <filesystem>
#include <map>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/example_run.hpp"
#include "cli/real_program.hpp"
#include "core/id.hpp"
#include "core/time.hpp"
#include "core/workflow.hpp"

// Every example is run to its end by the real program, and what it made is
// looked at.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// When a task's event of that kind was.
std::map<uint64_t, core::instant> times_of(const std::vector<json>& events,
                                           const std::string& kind) {
  std::map<uint64_t, core::instant> out;
  for (const auto& x : events)
    if (x.value("kind", "") == kind)
      out[core::id_from(x.value("id", ""))->number()] =
        *core::from_rfc3339(x.value("at", ""));
  return out;
}

} // namespace

TEST_CASE("every example workflow is one", "[examples]")
{
  size_t seen = 0;
  for (const auto& x :
       fs::directory_iterator{TROUPE_ROOT "/examples/workflows"}) {
    auto parsed = core::parse_workflow(read_file(x.path()));
    for (const auto& problem : parsed.problems)
      FAIL_CHECK(to_text(problem, x.path()));
    CHECK(parsed.value);
    ++seen;
  }
  CHECK(seen >= 3);
}

TEST_CASE("the C project is built, tested and packed", "[examples]")
{
  scratch_directory where;
  auto out = where.path("out");
  auto ran =
    run_example(where, "workflows/build-c.yaml", "dev",
                {"--input", "out=" + out, "--input", "version=\"2.5\""});
  INFO(ran.out << ran.err);
  REQUIRE(ran.code == 0);
  CHECK(output_of(out + "/calc '2 * (3 + 4)'") == "14\n");
  CHECK(output_of(out + "/calc '7 / 0' 2>&1") == "calc: division by zero\n");
  CHECK(output_of(out + "/calc --version") == "calc 2.5\n");
  CHECK(output_of(out + "/calc_test") == "8 checks, 0 failed\n");
  // What was packed is what was built.
  CHECK(output_of("mkdir " + out + "/x && tar -xzf " + out
                  + "/calc-2.5.tar.gz -C " + out + "/x && " + out
                  + "/x/calc 6*7")
        == "42\n");
}

TEST_CASE("a C project that does not compile fails its run", "[examples]")
{
  scratch_directory where;
  fs::copy(TROUPE_ROOT "/examples/projects/calc-c", where.path("source"));
  write_file(where.path("source/message.c"), "this is no C\n");
  auto ran = run_example(where, "workflows/build-c.yaml", "dev",
                         {"--input", "source=" + where.path("source"),
                          "--input", "out=" + where.path("out")});
  INFO(ran.out << ran.err);
  CHECK(ran.code == 6);
  CHECK(fs::exists(where.path("out/calc.o")));
  CHECK_FALSE(fs::exists(where.path("out/calc")));
}

TEST_CASE("the words of a folder are counted as wc counts them", "[examples]")
{
  scratch_directory where;
  fs::create_directory(where.path("texts"));
  // Enough that some wait for a slot, and one of another kind.
  for (int i = 0; i < 20; ++i) {
    std::string words;
    for (int j = 0; j < i * 7; ++j)
      words += j % 10 == 9 ? "word\n" : "word ";
    write_file(where.path("texts/" + std::to_string(i) + ".txt"), words);
  }
  write_file(where.path("texts/other.md"), "not counted");
  auto ran =
    run_example(where, "workflows/word-counts.yaml", "dev",
                {"--input", "folder=" + where.path("texts"), "--json"});
  INFO(ran.out << ran.err);
  REQUIRE(ran.code == 0);
  auto truth = output_of("cat " + where.path("texts") + "/*.txt | wc -w");
  CHECK(truth == "1330\n");
  // The run is kept: a node on the same data tells what came out.
  real_program node{{"node", "--data", where.path("data"), "--listen", "off"}};
  REQUIRE(node.line().find("ready") != std::string::npos);
  auto at = "unix:" + where.path("data/troupe.sock");
  auto answer = run_troupe({"status", "@latest/sum", "--json", "--node", at});
  INFO(answer.out << answer.err);
  REQUIRE(answer.code == 0);
  CHECK(json::parse(answer.out).value("output", json{}) == json::parse(truth));
}

TEST_CASE("a recorded search runs in the order of its recording", "[examples]")
{
  constexpr double scale = 0.02;
  auto file = "wfcommons/blast-chameleon-small-003.json";
  auto workflow =
    core::import_wfcommons(
      read_file(std::string{TROUPE_ROOT "/examples/"} + file), scale)
      .value;
  REQUIRE(workflow);
  scratch_directory where;
  auto ran =
    run_example(where, file, "dev", {"--time-scale", "0.02", "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  auto events = events_of(ran);
  auto begun = times_of(events, "task_started");
  // Of the shortest tasks the start may not be told apart from the end.
  begun.merge(times_of(events, "task_queued"));
  auto ended = times_of(events, "task_ended");
  REQUIRE(ended.size() == workflow->steps.size());
  // A task's number is its step's place, from 1; the run itself is 0.
  for (uint64_t i = 0; i < workflow->steps.size(); ++i) {
    const auto& step = workflow->steps[i];
    INFO(step.name);
    REQUIRE(ended.contains(i + 1));
    REQUIRE(begun.contains(i + 1));
    for (const auto& edge : step.depends_on)
      CHECK(begun[i + 1] >= ended[edge.step + 1]);
  }
  // Nothing is faster than the way through it.
  std::vector<core::duration> way(workflow->steps.size());
  for (auto i : workflow->order) {
    for (const auto& edge : workflow->steps[i].depends_on)
      way[i] = std::max(way[i], way[edge.step]);
    way[i] += workflow->steps[i].expected;
  }
  auto begin = std::min_element(
    events.begin(), events.end(), [](const json& a, const json& b) {
      return a.value("at", "z") < b.value("at", "z");
    });
  auto last = std::max_element(
    ended.begin(), ended.end(),
    [](const auto& a, const auto& b) { return a.second < b.second; });
  auto makespan = last->second - *core::from_rfc3339(begin->value("at", ""));
  // Steps of no time count a millisecond in plans, and times are shown in
  // milliseconds.
  auto slack = std::chrono::milliseconds{10};
  CHECK(makespan + slack >= *std::max_element(way.begin(), way.end()));
}
