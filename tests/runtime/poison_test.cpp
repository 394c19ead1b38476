#include <catch2/catch.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/directory.hpp"

// A task that kills the node, with real processes: see poison_node.cpp.

using namespace troupe::test;

namespace {

constexpr int killed_itself = 86;

/// Runs a node to its end; its output goes to `out`.
int run_node(std::vector<std::string> args, const std::string& out) {
  args.insert(args.begin(), TROUPE_POISON_NODE);
  std::vector<char*> raw;
  for (auto& x : args)
    raw.push_back(x.data());
  raw.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 1, out.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = 0;
  auto code =
    ::posix_spawn(&pid, raw[0], &actions, nullptr, raw.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  REQUIRE(code == 0);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string content(const std::string& path) {
  std::ifstream from{path};
  std::stringstream all;
  all << from.rdbuf();
  return all.str();
}

} // namespace

TEST_CASE("a task that kills the node is quarantined after three starts, its "
          "neighbours complete",
          "[runtime][process]")
{
  auto how = GENERATE(std::string{"together"}, std::string{"apart"});
  directory dir;
  auto starts = dir / "starts", out = dir / "out";
  int lives = 1;
  // One too many is seen as that, and not as a test that never ends.
  for (; lives < 6; ++lives) {
    auto code = run_node({dir / "data", starts, how}, out);
    if (code == 0)
      break;
    REQUIRE(code == killed_itself);
  }
  INFO(how << '\n' << content(out));
  CHECK(lives == 4);
  CHECK(content(starts) == "xxx");
  std::istringstream lines{content(out)};
  int completed = 0;
  std::string line, other;
  while (std::getline(lines, line))
    if (line.find(" completed") != line.npos)
      ++completed;
    else
      other += line;
  CHECK(completed == 23);
  CHECK(other
        == "5 failed quarantined: the task was running at three unclean ends "
           "of the node, so it may be what ends it; mend it or its agent, then "
           "`troupe retry`");
}
