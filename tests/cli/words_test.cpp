#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "cli/console.hpp"

using namespace troupe;
using namespace troupe::cli;
using namespace troupe::test;

TEST_CASE("problems name the file that they are in, and a hint only once",
          "[cli]")
{
  console at;
  file bad{"steps: [", ".yaml"};
  core::api_answer wrong;
  wrong.error = {errc::invalid, category::validation, "2 problems"};
  wrong.problems = {{"", 2, 1, "no valid YAML", ""},
                    {"/input", 0, 0, "`tag` is missing", "add it"}};
  at.api->fail("submit", wrong);
  CHECK(at.run({"submit", bad.path}) == exit_usage);
  CHECK(at.complained("troupe: " + bad.path + " has 2 problems\n  " + bad.path
                      + ":2:1: no valid YAML\n  `tag` is missing (at /input); "
                        "add it\n"));
  wrong.error.message = "`limit` is no number";
  wrong.problems = {{"?limit", 0, 0, "`limit` is no number", "write digits"}};
  at.api->fail("runs", wrong);
  at.run({"runs"});
  CHECK(at.err.str() == "troupe: `limit` is no number\n  hint: write digits\n");
  wrong.error.message = "`foo` is no state of a run";
  wrong.problems.clear();
  at.api->fail("runs", wrong);
  at.run({"runs"});
  CHECK(at.err.str() == "troupe: `foo` is no state of a run\n");
}

TEST_CASE("what is no number or no file is said before a node is asked",
          "[cli]")
{
  console at;
  CHECK(at.run({"runs", "--limit", "-1"}) == exit_usage);
  CHECK(at.complained("'--limit' must be a number, not negative"));
  CHECK(at.run({"submit", "/tmp"}) == exit_usage);
  CHECK(at.complained("/tmp is a directory"));
  CHECK(at.api->calls().empty());
}

TEST_CASE("a backup goes where this shell means", "[cli]")
{
  console at;
  at.api->on("backup", R"({"path":"/x","size_bytes":7})");
  CHECK(at.run({"backup", "sub/../copy.db"}) == exit_ok);
  auto path = params(at)["path"].get<std::string>();
  CHECK(path == (std::filesystem::current_path() / "copy.db").string());
  CHECK(at.out.str() == "/x: 7 bytes\n");
}

TEST_CASE("an interrupt ends the watching, not the run", "[cli]")
{
  console at;
  at.interrupted = [] { return true; };
  at.api->on("run", R"({"state":"running","total":1})");
  CHECK(at.run({"watch", run_a}) == exit_interrupted);
  CHECK(at.err.str()
        == "troupe: interrupted; the run goes on: troupe watch " + run_a
             + "\n");
  at.answering = false;
  at.api->on("submit", R"({"run":")" + run_a + "\"}");
  CHECK(at.run({"run", "w", "--data", "/d"}) == exit_interrupted);
  CHECK(at.complained("goes on with `troupe node --data /d`"));
  CHECK(at.run({"run", "w"}) == exit_interrupted);
  CHECK(at.complained("was in memory and ends with this process"));
}

TEST_CASE("the lines of a run that has ended tell its story from the beginning",
          "[cli]")
{
  console at;
  at.api->on("run", R"({"state":"completed","total":2,
    "counts":{"completed":2}})");
  at.api->on("tasks", R"({"tasks":[
    {"task":"a","name":"build","state":"completed"},
    {"task":"b","name":"test","state":"completed"}]})");
  at.api->play(
    {{"1", R"({"kind":"task_ended","id":"a","detail":"completed"})", false},
     {"2", R"({"kind":"task_ended","id":"b","detail":"completed"})", false},
     {"3", R"({"kind":"end"})", true}});
  CHECK(at.run({"watch", run_a}) == exit_ok);
  CHECK(at.said(" 50.0%  build completed\n100.0%  test completed\n"));
}
