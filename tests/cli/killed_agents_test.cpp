#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>

#include "cli/http_node.hpp"

// A real node whose agents are many processes, of both forms, and a third of
// them with descendants in sessions of their own.

using namespace troupe::test;
using nlohmann::json;

namespace {

constexpr int of_each_form = 25;

/// A long-lived agent in a few lines of shell: it takes a task at a time, and
/// never answers a first attempt.
constexpr auto linked_script = R"(#!/bin/sh
trap '' TERM
echo '{"jsonrpc":"2.0","id":1,"method":"link/hello","params":{"protocol":"1"}}'
while read -r line; do
  case $line in *task/assign*) ;; *) continue ;; esac
  id=${line#*'"id":'}
  echo '{"jsonrpc":"2.0","id":'${id%%,*}',"result":{"accepted":true}}'
  attempt=${line##*'"attempt":'}
  attempt=${attempt%%,*}
  if [ "$attempt" = 1 ]; then . "$DEED"; fi
  task=${line##*'"id":"'}
  about='"task":"'${task%%'"'*}'","attempt":'$attempt
  echo '{"jsonrpc":"2.0","id":2,"method":"task/result","params":{'$about',"output":"again"}}'
done
)";

constexpr auto once_script = R"(#!/bin/sh
trap '' TERM
if [ "$TROUPE_ATTEMPT" = 1 ]; then . "$DEED"; fi
echo '"again"'
)";

/// Names itself, and perhaps a grandchild that has gone elsewhere.
constexpr auto deed = R"(
if [ $(($$ % 3)) = 0 ]; then
  setsid sh -c 'echo $$ >> "$PIDS"; trap "" TERM HUP; sleep 1000' &
fi
echo "$$" >> "$PIDS"
while :; do sleep 1; done
)";

class crowded_node {
public:
  crowded_node() {
    write_file(where_.path("linked.sh"), linked_script);
    write_file(where_.path("once.sh"), once_script);
    write_file(where_.path("deed"), deed);
    std::string agents = "agents:\n" + agent("once", "once", of_each_form);
    for (int i = 0; i < of_each_form; ++i)
      agents += agent("linked" + std::to_string(i), "jsonrpc", 1);
    write_file(where_.path("node.yaml"), agents);
    node.start();
  }

  /// A task for each process; waits until all are at work.
  std::string fill() {
    auto tasks = json::array();
    for (int i = 0; i < of_each_form; ++i)
      for (auto form : {"once", "jsonrpc"})
        tasks.push_back({{"agent", {{"capabilities", {form}}}},
                         {"timeout", "10m"},
                         {"retries", 3},
                         {"backoff", {{"base", "1ms"}}}});
    auto run = node.submit(tasks);
    for (int i = 0; i < 20'000 && pids().size() < 2 * of_each_form; ++i)
      node.ask("status");
    REQUIRE(pids().size() >= 2 * of_each_form);
    return run;
  }

  std::vector<pid_t> pids() const {
    std::vector<pid_t> all;
    std::ifstream in{where_.path("pids")};
    for (pid_t pid = 0; in >> pid;)
      all.push_back(pid);
    return all;
  }

  /// The node's only child.
  pid_t spawner() {
    auto pid = std::to_string(node.process().pid());
    for (const auto& thread :
         std::filesystem::directory_iterator{"/proc/" + pid + "/task"}) {
      std::ifstream in{thread.path() / "children"};
      if (pid_t child = 0; in >> child)
        return child;
    }
    return -1;
  }

private:
  std::string agent(const std::string& name, const std::string& protocol,
                    int slots) const {
    auto script = protocol == "once" ? "once.sh" : "linked.sh";
    return "  " + name + ": {kind: process, command: /bin/sh, args: ["
           + where_.path(script) + "], protocol: " + protocol
           + ", capabilities: [" + protocol + "], max_load: "
           + std::to_string(slots) + ", env: {PIDS: " + where_.path("pids")
           + ", DEED: " + where_.path("deed") + "}}\n";
  }

  scratch_directory where_;

public:
  http_node node{where_.path("data"), {"--config", where_.path("node.yaml")}};
};

} // namespace

TEST_CASE("kill -9 of a node with fifty agents at work leaves none of them",
          "[node][kill]")
{
  crowded_node crowd;
  crowd.fill();
  auto all = crowd.pids();
  crowd.node.kill();
  for (auto pid : all)
    CHECK(ends(pid));
}

TEST_CASE("kill -9 of the spawner fails what its processes did, and the node "
          "goes on",
          "[node][kill]")
{
  crowded_node crowd;
  auto run = crowd.fill();
  auto all = crowd.pids();
  auto spawner = crowd.spawner();
  REQUIRE(spawner > 0);
  ::kill(spawner, SIGKILL);
  for (auto pid : all)
    CHECK(ends(pid));
  CHECK(crowd.node.end_of(run) == "completed");
  auto tasks = crowd.node.tasks_at_end(run);
  CHECK(tasks.size() == 2 * of_each_form);
  for (const auto& x : tasks) {
    INFO(x.dump());
    CHECK(x.value("retries", 0) == 1);
    CHECK(x.value("output", "") == "again");
  }
}
