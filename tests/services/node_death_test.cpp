#include <catch2/catch.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <list>
#include <sstream>

#include "services/stage.hpp"

using namespace troupe::services;
using namespace std::chrono_literals;

namespace {

// A running process_node, and everything that descends from it.
struct doomed_node {
  explicit doomed_node(int children) {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    descriptor output{ends[0]}, theirs{ends[1]};
    auto program = test::beside("process_node");
    auto count = std::to_string(children);
    char* args[] = {program.data(), count.data(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), 1);
    REQUIRE(
      ::posix_spawn(&pid, program.c_str(), &actions, nullptr, args, environ)
      == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    theirs.close();
    for (int i = 0; i <= children; ++i) { // The last is the spawner.
      std::istringstream line{test::read_line(output.get())};
      pid_t child = 0, grandchild = 0;
      line >> child >> grandchild;
      descendants.emplace_back(child);
      descendants.emplace_back(grandchild);
      spawner = child;
    }
  }

  void kill() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

  bool all_gone_within(std::chrono::milliseconds time) const {
    auto end = std::chrono::steady_clock::now() + time;
    for (auto& d : descendants) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
      if (!d.ended_within(std::max(left, 0ms)))
        return false;
    }
    return true;
  }

  pid_t pid = -1;
  pid_t spawner = -1;
  std::list<test::watch> descendants;
};

} // namespace

TEST_CASE("kill -9 of the node ends all that descends from it", "[services]")
{
  doomed_node node{10};
  for (auto& d : node.descendants)
    REQUIRE(d.alive());
  node.kill();
  CHECK(node.all_gone_within(2s));
}

TEST_CASE("kill -9 of node and spawner at once leaves nobody", "[services]")
{
  doomed_node node{10};
  ::kill(node.spawner, SIGKILL);
  node.kill();
  CHECK(node.all_gone_within(2s));
}

TEST_CASE("a hundred escaped grandchildren do not outlive their node",
          "[services]")
{
  doomed_node node{100};
  node.kill();
  CHECK(node.all_gone_within(test::patience));
}
