#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

// A real node, whose agents are processes that say something.

using namespace troupe::test;
using nlohmann::json;

TEST_CASE("what real processes say is kept, without their secrets", "[logs]")
{
  scratch_directory where;
  write_file(
    where.path("node.yaml"),
    "agents:\n  once: {kind: process, command: sh, args: ['-c', "
    "'echo first >&2; echo TOKEN=$SECRET >&2; echo last >&2; echo 1'], "
    "env: {SECRET: hunter2}}\n");
  write_file(where.path("w.yaml"), "workflow: w\nsteps: {a: {agent: once}}\n");
  auto socket = "unix:" + where.path("data/troupe.sock");
  auto config = std::vector<std::string>{
    "node",   "--config",         where.path("node.yaml"),
    "--data", where.path("data"), "--listen",
    "off"};
  {
    real_program node{config};
    node.line();
    CHECK(
      run_troupe({"submit", where.path("w.yaml"), "--wait", "--node", socket})
        .code
      == 0);
  }
  real_program node{config};
  node.line();
  auto said = run_troupe({"logs", "@latest/a", "--json", "--node", socket}).out;
  std::istringstream lines{said};
  std::vector<std::string> texts;
  for (std::string x; std::getline(lines, x);)
    texts.push_back(json::parse(x)["line"]);
  CHECK(texts == std::vector<std::string>{"first", "TOKEN=(hidden)", "last"});
}
