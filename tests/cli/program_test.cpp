#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>

#include "cli/console.hpp"
#include "cli/verb.hpp"

using namespace troupe;
using namespace troupe::cli;
using namespace troupe::test;

namespace {

const std::string run_b = "0190a1c3-0000-7000-8000-000000000000";
const std::string task = "0190a1b2-0000-7000-8000-000000000001";

void two_runs(console& at) {
  at.api->on("runs", R"({"runs":[
    {"run":")" + run_b + R"(","name":"release","state":"running","total":4,
     "percent":12.56,"created_at":"2026-11-21T08:16:08.123Z"},
    {"run":")" + run_a + R"(","name":"x","state":"failed","total":10,
     "percent":100,"created_at":"2026-11-20T23:59:59.000Z"}]})");
}

} // namespace

TEST_CASE("wrong usage ends with 2 and says where to look", "[cli]")
{
  console at;
  CHECK(at.run({}) == exit_usage);
  CHECK(at.complained("Usage: troupe VERB"));
  CHECK(at.run({"sbumit"}) == exit_usage);
  CHECK(at.complained("no verb `sbumit`"));
  CHECK(at.run({"stat"}) == exit_usage);
  CHECK(at.complained("did you mean `troupe status`?"));
  for (std::vector<std::string> args :
       {std::vector<std::string>{"submit"},
        {"runs", "--colour"},
        {"runs", "--limit", "many"},
        {"cancel"},
        {"signal", "x"},
        {"runs", "extra"},
        {"watch", run_a, "--timeout", "soon"}}) {
    INFO(args[0]);
    CHECK(at.run(args) == exit_usage);
    CHECK(at.complained("hint:"));
    CHECK(at.out.str().empty());
  }
}

TEST_CASE("every verb explains itself with examples", "[cli]")
{
  console at;
  REQUIRE(at.run({"help"}) == exit_ok);
  auto all = at.out.str();
  for (const auto& x : verbs()) {
    auto name = std::string{x.name};
    INFO(name);
    CHECK(all.find("\n  " + name + " ") != std::string::npos);
    CHECK(at.run({"help", name}) == exit_ok);
    CHECK(at.said("Usage: troupe " + name));
    CHECK(at.said("Examples:\n  troupe " + name));
    if (name == "bench" || name == "sim")
      continue; // Its options are its own.
    auto from_help = at.out.str();
    CHECK(at.run({name, "--help"}) == exit_ok);
    CHECK(at.out.str() == from_help);
  }
  CHECK(at.run({"help", "nothing"}) == exit_usage);
  CHECK(at.run({"--version"}) == exit_ok);
  CHECK(at.said("troupe 0."));
}

TEST_CASE("without a node a verb ends with 8 and says how to start one",
          "[cli]")
{
  console at;
  at.answering = false;
  CHECK(at.run({"runs"}) == exit_no_node);
  CHECK(at.err.str()
        == "troupe: no node answers at http://127.0.0.1:8765; start one with "
           "`troupe node`\n");
}

TEST_CASE("who names a data directory is never given another one's node",
          "[cli]")
{
  console at;
  at.answering = false;
  CHECK(at.run({"runs", "--data", "/nowhere"}) == exit_no_node);
  CHECK(at.err.str()
        == "troupe: no node answers at unix:/nowhere/troupe.sock; start one "
           "with `troupe node`\n");
  at.environment["TROUPE_DATA"] = "/there";
  CHECK(at.run({"runs"}) == exit_no_node);
  CHECK(at.run({"runs", "--data", "/" + std::string(100, 'd')}) == exit_usage);
  CHECK(at.complained("at most 107 bytes"));
  CHECK(at.tried
        == std::vector<std::string>{"unix:/nowhere/troupe.sock",
                                    "unix:/there/troupe.sock"});
}

TEST_CASE("a node is looked for by flag, then environment, then default",
          "[cli]")
{
  console at;
  at.run({"status"});
  at.environment["TROUPE_NODE"] = "http://127.0.0.1:1";
  at.run({"status"});
  at.run({"status", "--node", "unix:/s"});
  CHECK(at.tried
        == std::vector<std::string>{"http://127.0.0.1:8765",
                                    "http://127.0.0.1:1", "unix:/s"});
  CHECK(at.run({"status", "--node", "what:ever"}) == exit_usage);
  at.environment["TROUPE_WORKSPACE"] = "blue";
  at.run({"status"});
  CHECK(at.api->last_call().workspace == "blue");
  at.run({"status", "--workspace", "red"});
  CHECK(at.api->last_call().workspace == "red");
}

TEST_CASE("errors become exit codes", "[cli]")
{
  const std::pair<errc, int> table[] = {
    {errc::not_found, exit_not_found},    {errc::rejected, exit_denied},
    {errc::invalid_state, exit_conflict}, {errc::key_reused, exit_conflict},
    {errc::invalid, exit_usage},          {errc::timed_out, exit_timeout},
    {errc::overloaded, exit_failure},     {errc::internal, exit_failure}};
  for (auto [code, expected] : table) {
    console at;
    core::api_answer wrong;
    wrong.error = {code, category::unknown, "something"};
    wrong.problems = {{"/a", 1, 2, "odd", "mend it"}};
    at.api->fail("cancel", wrong);
    CHECK(at.run({"cancel", run_a}) == expected);
    INFO(at.err.str());
    if (code != errc::timed_out) // Which is asked again.
      CHECK(at.complained("troupe: something\n  1:2: odd (at /a); mend it"));
  }
}

TEST_CASE("runs are listed in a table, or as JSON", "[cli]")
{
  console at;
  two_runs(at);
  CHECK(at.run({"runs", "--state", "failed", "--limit", "7"}) == exit_ok);
  CHECK(at.out.str()
        == "RUN                                   NAME     STATE      DONE  "
           "TASKS  CREATED\n"
             + run_b + "  release  running   12.5%      4  11-21 08:16:08\n"
             + run_a + "  x        failed   100.0%     10  11-20 23:59:59\n");
  CHECK(params(at) == nlohmann::json{{"state", "failed"}, {"limit", 7}});
  CHECK(at.run({"runs", "--json"}) == exit_ok);
  CHECK(nlohmann::json::parse(at.out.str())["runs"].size() == 2);
  at.api->on("runs", R"({"runs":[]})");
  at.run({"runs"});
  CHECK(at.said("No runs. Begin with"));
}

TEST_CASE("ids can be shortened where they stay unique", "[cli]")
{
  console at;
  two_runs(at);
  CHECK(at.run({"pause", "0190a1b2"}) == exit_ok);
  CHECK(params(at)["run"] == run_a);
  CHECK(at.run({"pause", "@latest"}) == exit_ok);
  CHECK(params(at)["run"] == run_b);
  CHECK(at.run({"pause", "0190a1"}) == exit_usage);
  CHECK(at.complained("more than one run"));
  CHECK(at.run({"pause", "ffff"}) == exit_not_found);
  CHECK(at.run({"pause", "01"}) == exit_not_found);
  at.api->on("tasks",
             R"({"tasks":[{"task":")" + task + R"(","name":"deploy"}]})");
  CHECK(at.run({"approve", "0190a1b2/deploy", "--comment", "ok"}) == exit_ok);
  CHECK(at.api->last_call().op == "approve");
  CHECK(params(at) == nlohmann::json{{"task", task}, {"comment", "ok"}});
  CHECK(at.run({"approve", "0190a1b2/nothing"}) == exit_not_found);
  CHECK(at.run({"approve", run_a}) == exit_usage);
}

TEST_CASE("cancel and retry take runs and tasks, several at once", "[cli]")
{
  console at;
  at.api->on("cancel", R"({"previous":"running","state":"cancelling"})");
  CHECK(at.run({"cancel", run_a, task, "--reason", "old"}) == exit_ok);
  CHECK(at.said(run_a + " running -> cancelling\n" + task));
  auto calls = at.api->calls();
  REQUIRE(calls.size() == 4); // Both are looked up first.
  CHECK(calls[2].params.view().find("\"run\"") != std::string_view::npos);
  CHECK(calls[3].params.view().find("\"task\"") != std::string_view::npos);
  CHECK(params(at)["reason"] == "old");
}

TEST_CASE("a restore says what to do next, or what is in the way", "[cli]")
{
  console at;
  CHECK(at.run({"restore", "m.db", "new"}) == exit_ok);
  CHECK(at.restored == std::pair<std::string, std::string>{"m.db", "new"});
  CHECK(at.said("troupe node --data new\n"));
  at.restore_trouble = {errc::invalid, category::validation, "not empty"};
  CHECK(at.run({"restore", "m.db", "new"}) != exit_ok);
  CHECK(at.complained("not empty"));
  CHECK(at.run({"restore", "m.db"}) == exit_usage);
}

TEST_CASE("inputs are JSON where they parse, else strings", "[cli]")
{
  console at;
  at.api->on("submit", R"({"run":")" + run_a + "\"}");
  file workflow{"workflow: w\n"};
  file inputs{R"({"a":1,"b":"from file"})", ".json"};
  CHECK(at.run({"submit", workflow.path, "--input-file", inputs.path, "--input",
                "a=2", "--input", "tag=v1.2", "--input", "list=[1, 2]",
                "--input", "e=", "--input", "eq=x=y", "--priority", "8",
                "--idempotency-key", "k"})
        == exit_ok);
  CHECK(at.out.str() == run_a + "\n");
  CHECK(params(at)
        == nlohmann::json::parse(R"({"workflow":"workflow: w\n","priority":8,
    "input":{"a":2,"b":"from file","tag":"v1.2","list":[1,2],"e":"",
             "eq":"x=y"}})"));
  CHECK(at.api->last_call().idempotency_key == "k");
  CHECK(at.run({"submit", workflow.path, "--input", "novalue"}) == exit_usage);
  CHECK(at.run({"submit", "/no/such.yaml"}) == exit_not_found);
  at.api->on("submit", [](const core::api_request&) -> core::api_answer {
    FAIL("it was submitted");
    return {};
  });
  CHECK(at.run({"submit", workflow.path, "--idempotency-key", ""})
        == exit_usage);
}

TEST_CASE("what a file holds decides how it is submitted", "[cli]")
{
  console at;
  at.api->on("submit", R"({"run":")" + run_a + "\"}");
  file tasks{R"([{"type":"a"}])", ".json"};
  at.run({"submit", tasks.path});
  CHECK(params(at).at("tasks").size() == 1);
  file imported{R"({"name":"x","schemaVersion":"1.5","workflow":{}})", ".json"};
  at.run({"submit", imported.path, "--time-scale", "0.5"});
  CHECK(params(at)["format"] == "wfcommons");
  CHECK(params(at)["time_scale"] == 0.5);
  at.run({"submit", "registered"});
  CHECK(params(at) == nlohmann::json{{"name", "registered"}});
}

TEST_CASE("a run is watched to its end, and the exit code tells it", "[cli]")
{
  console at;
  at.api->on("run",
             R"({"run":")" + run_a + R"(","state":"completed","total":1})");
  at.api->on("tasks", R"({"tasks":[{"task":")" + task
                        + R"(","name":"build","state":"queued"}]})");
  at.api->play(
    {{"1", R"({"kind":"task_started","id":")" + task + R"(","detail":"ann"})",
      false},
     {"2",
      R"({"kind":"task_ended","id":")" + task + R"(","detail":"completed"})",
      false},
     {"3", R"({"kind":"end"})", true}});
  CHECK(at.run({"watch", run_a}) == exit_ok);
  CHECK(at.out.str()
        == "  0.0%  build in_progress on ann\n"
           "100.0%  build completed\n"
           "run "
             + run_a + " completed\n");
  at.api->on("submit", R"({"run":")" + run_a + "\"}");
  at.api->on("run", R"({"state":"failed","error":{"message":"no disk"}})");
  CHECK(at.run({"submit", "w", "--wait"}) == exit_run_failed);
  CHECK(at.complained("no disk"));
  CHECK(at.run({"watch", run_a, "--json"}) == exit_run_failed);
  CHECK(at.said("{\"kind\":\"end\"}\n"));
}

TEST_CASE("on a terminal bars are drawn over each other", "[cli]")
{
  console at;
  at.terminal = true;
  at.api->on("run", R"({"state":"completed","total":2})");
  at.api->play(
    {{"1", R"({"kind":"task_started","id":"a","name":"build"})", false},
     {"2", R"({"kind":"end"})", true}});
  CHECK(at.run({"watch", run_a}) == exit_ok);
  CHECK(at.said("\rOverall"));
  CHECK(at.said("\x1b[1A"));
  CHECK(!at.said("in_progress"));
}

TEST_CASE("a lost stream is begun again where it broke, but not for ever",
          "[cli]")
{
  console at;
  at.api->on("run", R"({"state":"running","total":1})");
  at.api->play({{"", R"({"kind":"lost","why":"restart"})", true}});
  CHECK(at.run({"watch", run_a}) == exit_no_node);
  CHECK(at.complained("restart"));
  CHECK(at.api->watches().size() == 6);
}

TEST_CASE("watching ends with 124 when the time is up, with 7 at an approval",
          "[cli]")
{
  console at;
  at.api->on("run", R"({"state":"running","counts":{"awaiting_approval":1}})");
  CHECK(at.run({"watch", run_a, "--timeout", "1ms"}) == exit_timeout);
  at.api->play({{"1", R"({"kind":"decision_asked","id":"a"})", false}});
  CHECK(at.run({"watch", run_a, "--until-approval"})
        == exit_waits_for_approval);
}

TEST_CASE("run works in this process where no node answers", "[cli]")
{
  console at;
  at.answering = false;
  at.api->on("submit", R"({"run":")" + run_a + "\"}");
  at.api->on("run", R"({"state":"completed"})");
  at.api->play({{"1", R"({"kind":"end"})", true}});
  CHECK(at.run({"run", "w", "--data", "/d", "--config", "c.yaml"}) == exit_ok);
  CHECK(at.in_process);
  CHECK(at.node.data == "/d");
  CHECK(at.node.config == "c.yaml");
  // Somebody who names a node means that one.
  CHECK(at.run({"run", "w", "--node", "127.0.0.1:1"}) == exit_no_node);
}

TEST_CASE("run with a configuration asks the node that it describes", "[cli]")
{
  console at;
  at.api->on("submit", R"({"run":")" + run_a + "\"}");
  at.api->on("run", R"({"state":"completed"})");
  at.api->play({{"1", R"({"kind":"end"})", true}});
  at.config.settings = {{"node.data", R"("/there")", "c.yaml:1:1", true}};
  CHECK(at.run({"run", "w", "--config", "c.yaml"}) == exit_ok);
  CHECK(at.tried == std::vector<std::string>{"unix:/there/troupe.sock"});
  // In memory: nobody else can be that node.
  at.tried.clear();
  at.config.settings = {{"node.data", R"("")", "c.yaml:1:1", true}};
  CHECK(at.run({"run", "w", "--config", "c.yaml"}) == exit_ok);
  CHECK(at.tried.empty());
  CHECK(at.in_process);
  CHECK(at.run({"run", "w", "--config", "c", "--node", "h:1"}) == exit_ok);
  CHECK(at.tried == std::vector<std::string>{"http://h:1"});
}

TEST_CASE("node, bench and sim are handed on", "[cli]")
{
  console at;
  CHECK(at.run({"node", "--listen", "off", "--set", "a=1", "--set", "b=2"})
        == exit_ok);
  CHECK(at.node.listen == "off");
  CHECK(at.node.set == std::vector<std::string>{"a=1", "b=2"});
  CHECK(at.node.data.empty());
  CHECK(at.run({"bench", "--tasks", "9"}) == exit_ok);
  CHECK(at.bench == std::vector<std::string>{"--tasks", "9"});
  CHECK(at.run({"sim", "--seeds", "9"}) == exit_ok);
  CHECK(at.sim == std::vector<std::string>{"--seeds", "9"});
}

TEST_CASE("a plan needs no node", "[cli]")
{
  console at;
  at.answering = false;
  file good{"workflow: release\nsteps:\n  build:\n    agent: {capabilities: "
            "[cpp]}\n  ship:\n    depends_on: [build]\n    approve: {by: "
            "ann, timeout: 24h}\n    agent: {capabilities: [deploy]}\n"};
  CHECK(at.run({"plan", good.path}) == exit_ok);
  CHECK(at.said("release version 1: 2 steps, 2 levels"));
  CHECK(at.said("Critical path: build ship"));
  CHECK(at.said("Asks ann before ship"));
  CHECK(at.run({"plan", good.path, "--json"}) == exit_ok);
  CHECK(nlohmann::json::parse(at.out.str())["levels"].size() == 2);
  file bad{"workflow: release\nsteps:\n  build: {depends_on: [nothing]}\n"};
  CHECK(at.run({"plan", bad.path}) == exit_usage);
  CHECK(at.complained(bad.path + ":3:"));
  CHECK(at.run({"schema"}) == exit_ok);
  CHECK(nlohmann::json::parse(at.out.str()).contains("$schema"));
}

TEST_CASE("single things are shown in full, the tree as a tree", "[cli]")
{
  console at;
  at.api->on("task", R"({"name":"build","state":"queued","error":null})");
  CHECK(at.run({"status", task}) == exit_ok);
  CHECK(at.out.str() == "name   build\nstate  queued\n");
  at.api->on("run", R"({"state":"failed","percent":50})");
  CHECK(at.run({"status", run_a}) == exit_run_failed);
  CHECK(at.said("50.0%"));
  at.api->on("tree", R"({"name":"node","state":"up","children":[
    {"name":"journal","restarts":2,"last_error":"disk"}]})");
  at.run({"tree", "--depth", "2"});
  CHECK(at.out.str() == "node  up\n  journal  restarts 2  last error: disk\n");
  CHECK(params(at)["depth"] == 2);
  at.api->on("why", R"({"task":"t","state":"queued","queue_position":4,
    "waits_for":[{"what":"agent","detail":"all busy"}]})");
  at.run({"why", task});
  CHECK(at.out.str()
        == "t is queued, number 4 in the queue\n  waits for agent: all busy\n");
}
