#include <csignal>
#include <optional>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

// A real node whose file changes while it works.

using namespace troupe::test;
using nlohmann::json;

namespace {

struct reloading_node {
  reloading_node() {
    write("old", 4);
    process.emplace(std::vector<std::string>{"node", "--config", file, "--data",
                                             where.path("data"), "--listen",
                                             "off"});
    process->line();
  }

  void write(const std::string& word, int load) {
    write_file(file, "agents:\n  w: {kind: process, command: sh, max_load: "
                       + std::to_string(load)
                       + ", args: ['-c', 'sleep 0.02; echo " + word + "']}\n");
  }

  ran ask(std::vector<std::string> args) {
    args.insert(args.end(),
                {"--node", "unix:" + where.path("data/troupe.sock")});
    return run_troupe(args);
  }

  scratch_directory where;
  std::string file = where.path("node.yaml");
  std::optional<real_program> process;
};

} // namespace

TEST_CASE("an agent changes under load and no task is lost", "[reload]")
{
  reloading_node at;
  write_file(
    at.where.path("w.yaml"),
    "workflow: w\nsteps:\n  a: {foreach: [1,2,3,4,5,6,7,8,9,10,11,12,"
    "13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,"
    "35,36,37,38,39,40], agent: w, retries: 0}\n");
  REQUIRE(at.ask({"submit", at.where.path("w.yaml")}).code == 0);
  at.write("new", 2);
  auto changed = json::parse(at.ask({"config", "reload", "--json"}).out);
  CHECK(changed["changed"] == json{"w"});
  auto watched = at.ask({"watch", "@latest", "--json"});
  CHECK(watched.code == 0);
  auto run = json::parse(at.ask({"status", "@latest", "--json"}).out);
  CHECK(run["state"] == "completed");
  auto words = run["output"]["a"];
  CHECK(words.size() == 40);
  CHECK(words.back() == "new");
}

TEST_CASE("SIGHUP has a node read its file again", "[reload]")
{
  reloading_node at;
  write_file(at.file, "agents: {w: {kind: ecko}}\n");
  at.process->signal(SIGHUP);
  CHECK(at.process->error_line().find("nothing was changed")
        != std::string::npos);
  CHECK(at.process->error_line().find("ecko") != std::string::npos);
  auto refused = at.ask({"config", "reload"});
  CHECK(refused.code == 2);
  CHECK(refused.err.find("ecko") != std::string::npos);
  write_file(at.file, "agents: {w: {kind: echo}, v: {kind: echo}}\n");
  at.process->signal(SIGHUP);
  CHECK(at.process->error_line().find(R"("added":["v"],"changed":["w"])")
        != std::string::npos);
  at.process->signal(SIGTERM);
  CHECK(at.process->finish().code == 0);
}

TEST_CASE("an agent is made for its work, and ends without", "[demand]")
{
  scratch_directory where;
  write_file(
    where.path("node.yaml"),
    "agents:\n  echo: {kind: echo}\n  snake: {kind: process, command: "
    "sh, args: ['-c', 'echo $TROUPE_TASK'], on_demand: 2, idle: 1s}\n");
  write_file(where.path("w.yaml"),
             "workflow: w\nsteps:\n  a: {type: x, agent: {capabilities: "
             "[snake]}}\n");
  real_program node{{"node", "--config", where.path("node.yaml"), "--data",
                     where.path("data"), "--listen", "off"}};
  node.line();
  auto ask = [&](std::vector<std::string> args) {
    args.insert(args.end(),
                {"--node", "unix:" + where.path("data/troupe.sock")});
    return run_troupe(args);
  };
  auto members = [&] {
    std::vector<std::string> out;
    auto got = json::parse(ask({"agents", "--json"}).out);
    for (const auto& x : got["agents"])
      out.push_back(x["name"]);
    return out;
  };
  using words = std::vector<std::string>;
  CHECK(members() == words{"echo"});
  CHECK(ask({"submit", where.path("w.yaml"), "--wait"}).code == 0);
  CHECK(members() == words{"echo", "snake"});
  while (members().size() > 1) // It has nothing to do: soon it is gone.
    ;
  CHECK(ask({"submit", where.path("w.yaml"), "--wait"}).code == 0);
}
