#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

// `troupe node` as a process: how it starts, refuses and ends.

using namespace troupe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> node_at(const scratch_directory& where,
                                 std::vector<std::string> more = {}) {
  std::vector<std::string> out{"node", "--data", where.path("data"), "--listen",
                               "127.0.0.1:0"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::string socket_of(const scratch_directory& where) {
  return "unix:" + where.path("data/troupe.sock");
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The address in a ready line.
std::string http_of(const std::string& ready) {
  auto at = ready.find("http://");
  return at == ready.npos
           ? std::string{}
           : ready.substr(at, ready.find_first_of(",;", at) - at);
}

/// Submits a shell task that says its pid through a pipe and then stays.
pid_t start_long_task(const scratch_directory& where) {
  auto pipe = where.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  auto file = where.path("long.json");
  write_file(
    file,
    json::array(
      {{{"agent", "shell"},
        {"timeout", "1h"},
        {"input", {{"command", "echo $$ > " + pipe + "; exec sleep 3600"}}}}})
      .dump());
  auto made = run_troupe({"submit", file, "--node", socket_of(where)});
  INFO(made.err);
  REQUIRE(made.code == 0);
  pid_t pid = 0;
  std::ifstream{pipe} >> pid; // Blocks until it runs.
  REQUIRE(pid > 0);
  return pid;
}

} // namespace

TEST_CASE("a node says once where it is, and answers there", "[node]")
{
  scratch_directory where;
  real_program node{node_at(where)};
  auto ready = node.line();
  INFO(ready);
  REQUIRE(has(ready, "ready after "));
  CHECK(has(ready, "troupe 0."));
  CHECK(has(ready, socket_of(where)));
  CHECK(has(ready, "data in " + where.path("data")));
  CHECK(has(ready, "pid " + std::to_string(node.pid())));
  REQUIRE(has(ready, "http://127.0.0.1:"));
  for (const auto& at : {http_of(ready), socket_of(where)}) {
    auto status = run_troupe({"status", "--json", "--node", at});
    INFO(at << "\n" << status.err);
    REQUIRE(status.code == 0);
    CHECK(json::parse(status.out).value("ready", false));
  }
  struct stat found {};
  REQUIRE(::stat(where.path("data/troupe.sock").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("a signal ends a node in order", "[node]")
{
  for (auto number : {SIGTERM, SIGINT, SIGHUP}) {
    scratch_directory where;
    real_program node{node_at(where)};
    REQUIRE(has(node.line(), "ready"));
    node.signal(number);
    auto ran = node.finish();
    INFO(ran.err);
    CHECK(ran.code == 0);
    CHECK(has(ran.err, "stopping, at most 10s"));
    CHECK(has(ran.err, "stopped\n"));
    CHECK_FALSE(fs::exists(where.path("data/troupe.sock")));
  }
}

TEST_CASE("a stop ends what is still at work after its deadline", "[node]")
{
  scratch_directory where;
  real_program node{node_at(where, {"--set", "node.stop_deadline=100ms"})};
  REQUIRE(has(node.line(), "ready"));
  auto pid = start_long_task(where);
  node.signal(SIGTERM);
  auto ran = node.finish();
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(ends(pid));
}

TEST_CASE("a second signal ends a node at once, with all it started", "[node]")
{
  scratch_directory where;
  real_program node{node_at(where, {"--set", "node.stop_deadline=1h"})};
  REQUIRE(has(node.line(), "ready"));
  auto pid = start_long_task(where);
  node.signal(SIGTERM);
  REQUIRE(has(node.error_line(), "stopping"));
  node.signal(SIGTERM);
  auto ran = node.finish();
  INFO(ran.err);
  CHECK(ran.code == 130);
  CHECK(has(ran.err, "ended at once"));
  CHECK(ends(pid));
}

TEST_CASE("what a killed node had accepted runs after its next start", "[node]")
{
  scratch_directory where;
  std::string run;
  {
    // Nobody here can do it.
    auto config = where.path("node.yaml");
    write_file(config, "agents: {echo: {kind: echo}}\n");
    real_program node{node_at(where, {"--config", config})};
    REQUIRE(has(node.line(), "ready"));
    write_file(where.path("one.json"),
               R"([{"agent": "shell", "input": {"command": "echo hi"}}])");
    auto made = run_troupe(
      {"submit", where.path("one.json"), "--node", socket_of(where)});
    INFO(made.err);
    REQUIRE(made.code == 0);
    run = made.out.substr(0, made.out.find('\n'));
    node.signal(SIGKILL);
    CHECK(node.finish().code == 128 + SIGKILL);
  }
  real_program node{node_at(where)};
  REQUIRE(has(node.line(), "ready"));
  auto watched = run_troupe({"watch", run, "--node", socket_of(where)});
  INFO(watched.out << watched.err);
  CHECK(watched.code == 0);
  CHECK(has(watched.out, "completed"));
}

TEST_CASE("two nodes do not share a data directory", "[node]")
{
  scratch_directory where;
  real_program first{node_at(where)};
  REQUIRE(has(first.line(), "ready"));
  auto second = run_troupe(node_at(where));
  CHECK(second.code == 5);
  CHECK(second.out.empty());
  CHECK(has(second.err, "the node did not start: "));
  CHECK(has(second.err, where.path("data")));
  CHECK(has(second.err, "hint: "));
}

TEST_CASE("a port that is taken is said, and the node does not start", "[node]")
{
  scratch_directory where, other;
  real_program first{node_at(where)};
  auto address = http_of(first.line()).substr(std::string{"http://"}.size());
  auto second =
    run_troupe({"node", "--data", other.path("data"), "--listen", address});
  INFO(second.err);
  CHECK(second.code == 1);
  CHECK(has(second.err, "the node did not start: "));
  CHECK(has(second.err, address));
}

TEST_CASE("a configuration with problems says all of them", "[node]")
{
  scratch_directory where;
  auto file = where.path("node.yaml");
  write_file(file, "node: {thraeds: 4}\ngateway: {listen: 1.2.3.4:5}\n");
  auto ran = run_troupe({"node", "--config", file, "--set", "nodes.x=1"});
  CHECK(ran.code == 2);
  CHECK(has(ran.err, "3 problems\n"));
  CHECK(has(ran.err, file + ":1:8: unknown field `thraeds`"));
  CHECK(has(ran.err, file + ":2:19: the gateway cannot listen on `1.2.3.4`"));
  CHECK(has(ran.err, "--set nodes.x=1: unknown field `nodes`"));
}

TEST_CASE("the environment reaches the node of the program", "[node]")
{
  scratch_directory where;
  auto args = node_at(where);
  args.resize(3); // Without --listen, which would go over it.
  real_program node{args, {"TROUPE_GATEWAY_LISTEN=off"}};
  auto ready = node.line();
  INFO(ready);
  CHECK(has(ready, "ready"));
  CHECK_FALSE(has(ready, "http://"));
}

TEST_CASE("a run in this process keeps its data where it was told", "[node]")
{
  scratch_directory where;
  auto file = where.path("w.yaml");
  write_file(file, "workflow: w\nsteps:\n  a: {agent: echo, input: hi}\n");
  auto ran = run_troupe({"run", file, "--data", where.path("data")});
  INFO(ran.out << ran.err);
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "completed"));
  CHECK(fs::exists(where.path("data/troupe.db")));
  // Nobody can come in meanwhile.
  CHECK_FALSE(fs::exists(where.path("data/troupe.sock")));
}

TEST_CASE("a run asks the node that serves its directory", "[node]")
{
  scratch_directory where;
  auto file = where.path("w.yaml");
  write_file(file, "workflow: w\nsteps:\n  a: {agent: only-here}\n");
  real_program node{node_at(where, {"--set", "agents.only-here={kind: echo}"})};
  REQUIRE(has(node.line(), "ready"));
  auto ran = run_troupe({"run", file, "--data", where.path("data")});
  INFO(ran.out << ran.err);
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "completed"));
}
