#include "core/plan.hpp"
#include "core/workflow_cast.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

const std::string folder = TROUPE_ROOT "/examples/wfcommons/";

parsed_workflow load(const std::string& name, double scale) {
  return import_wfcommons(read_file(folder + name), scale);
}

/// The same file with one text replaced.
std::string first_problem(const std::string& from, const std::string& to) {
  auto source = read_file(folder + "helloworld-forkjoin-10-chameleon.json");
  auto at = source.find(from);
  REQUIRE(at != source.npos);
  auto x = import_wfcommons(source.replace(at, from.size(), to), 1);
  REQUIRE_FALSE(x.value);
  return x.problems.at(0).what;
}

} // namespace

TEST_CASE("a recorded fork and join imports", "[wfcommons]")
{
  auto x = load("helloworld-forkjoin-10-chameleon.json", 0.01);
  REQUIRE(x.problems.empty());
  REQUIRE(x.value->steps.size() == 10);
  const auto& first = x.value->steps[0];
  CHECK(first.name == "cpuhog_forkjoin_00000001");
  CHECK(first.need->capabilities == std::vector<std::string>{"sleep"});
  CHECK(first.need->type == "data_processing");
  CHECK(first.input.view() == R"({"seconds":1.00187})");
  CHECK(first.expected == 1001870us);
  CHECK(*first.timeout > 10 * first.expected);
  CHECK(first.dependents.size() == 8);
  CHECK(x.value->steps[2].depends_on.size() == 8);
}

TEST_CASE("a recorded search imports with its critical path", "[wfcommons]")
{
  auto x = load("blast-chameleon-small-003.json", 1);
  REQUIRE(x.problems.empty());
  CHECK(x.value->steps.size() == 43);
  size_t edges = 0;
  for (const auto& step : x.value->steps)
    edges += step.depends_on.size();
  CHECK(edges == 120);
  auto makespan = make_plan(*x.value).makespan;
  CHECK(makespan > 10352ms);
  CHECK(makespan < 10354ms); // Tasks of no time at all count a millisecond.
  CHECK(same(*x.value, *good(x.value->source.view())));
}

TEST_CASE("what is no recording of that format is refused", "[wfcommons]")
{
  CHECK(first_problem("\"1.5\"", "\"1.3\"") == "WfFormat 1.3 is not supported");
  CHECK(first_problem("\"execution\"", "\"executed\"")
        == "`execution` is missing");
  CHECK(first_problem("\"runtimeInSeconds\"", "\"runtime\"")
        == "the execution has no `runtimeInSeconds` of task "
           "`cpuhog_forkjoin_00000001`");
  CHECK(first_problem("\"children\": [\n                        \"",
                      "\"children\": [\n                        \"x")
        == "there is no task `xcpuhog_forkjoin_00000002`");
  CHECK(import_wfcommons("{}", 1).problems.size() == 2);
  CHECK(import_wfcommons("[]", 1).problems.size() >= 1);
  CHECK(import_wfcommons("", 1).problems.size() == 1);
  CHECK(load("blast-chameleon-small-003.json", -1).problems.size() == 1);
}

TEST_CASE("names with other characters become step names", "[wfcommons]")
{
  auto x = import_wfcommons(R"({"name": "my run!", "schemaVersion": "1.5",
    "workflow": {"specification": {"tasks": [
      {"id": "A.B:1", "parents": [], "children": ["A.B/1"]},
      {"id": "A.B/1", "parents": ["A.B:1"], "children": []}]},
    "execution": {"tasks": [{"id": "A.B:1", "runtimeInSeconds": 1},
                            {"id": "A.B/1", "runtimeInSeconds": 0}]}}})",
                            1);
  REQUIRE(x.problems.empty());
  CHECK(x.value->name == "my_run_");
  CHECK(x.value->steps[0].name == "A_B_1");
  CHECK(x.value->steps[1].name == "A_B_1_2");
  CHECK(x.value->steps[1].description == "A.B/1");
  CHECK(x.value->steps[1].depends_on == std::vector<edge>{{0}});
}
