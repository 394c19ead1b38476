#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/http_node.hpp"

// A real node on a small disk of its own that fills up.

using namespace troupe::test;
using nlohmann::json;

namespace {

constexpr size_t mib = 1 << 20;

/// A disk of 64 MiB, and who fills it. `made` is false where nobody may mount.
class small_disk {
public:
  explicit small_disk(std::string at) : at_(std::move(at)) {
    std::filesystem::create_directories(at_);
    made = ::mount("none", at_.c_str(), "tmpfs", 0, "size=64m") == 0;
  }
  ~small_disk() {
    // Detached: a failed test must not leave it behind.
    if (made)
      ::umount2(at_.c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  /// Writes until so much is left; 0: until nothing goes in any more.
  void fill(size_t left) {
    std::ofstream file{at_ + "/filler", std::ios::binary | std::ios::app};
    const std::string block(left == 0 ? 4096 : mib / 4, 'x');
    while (std::filesystem::space(at_).available > left && file << block)
      file.flush();
  }
  void empty() { std::filesystem::remove(at_ + "/filler"); }

  bool made = false;

private:
  std::string at_;
};

class full_disk {
public:
  full_disk() : disk_(where_.path("disk")) {}

  bool can_run() const {
    if (!disk_.made)
      WARN("SKIPPED: mounting a small tmpfs needs root");
    return disk_.made;
  }
  small_disk& disk() { return disk_; }

  void start() { node_.start(); }
  void kill() { node_.kill(); }
  void stop() { CHECK(node_.end(SIGTERM).code == 0); }

  bool has(const std::string& file) const {
    return std::filesystem::exists(where_.path("disk/data/" + file));
  }

  http_said ask(const std::string& target) { return node_.say("GET", target); }

  http_said submit(const std::string& command) {
    json task{{"agent", "shell"}, {"input", {{"command", command}}}};
    return node_.say("POST", "tasks", task.dump());
  }

  /// A run that is accepted, soon if not at once.
  void accepted(const std::string& command) {
    for (int i = 0; i < 20'000; ++i)
      if (auto said = submit(command); said.status == 201) {
        runs_.push_back(json::parse(said.body)["run"]);
        return;
      } else if (said.status != 507) {
        FAIL(said.status << said.body);
      }
    FAIL("new work is refused for ever");
  }

  /// New work is refused from some moment on; answers what was said.
  http_said refused() {
    for (int i = 0; i < 2000; ++i) {
      auto said = submit("true");
      if (said.status != 201)
        return said;
      runs_.push_back(json::parse(said.body)["run"]);
    }
    return {};
  }

  /// A run whose task waits until `let_go`.
  void begin_waiting(const std::string& name) {
    auto pipe = where_.path(name);
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    accepted("read x < " + pipe);
    waiting_[name] = runs_.back();
  }
  void let_go(const std::string& name) {
    std::ofstream{where_.path(name)} << "go\n"; // Blocks until it reads.
  }

  /// The run of a task that waited.
  bool completes(const std::string& name) {
    return node_.end_of(waiting_.at(name)) == "completed";
  }

  /// Of all that was ever accepted.
  bool all_complete() {
    return !runs_.empty()
           && std::all_of(runs_.begin(), runs_.end(), [this](const auto& run) {
                return node_.end_of(run) == "completed";
              });
  }

private:
  scratch_directory where_;
  small_disk disk_;
  http_node node_{where_.path("disk/data"),
                  {"--set", "node.disk_reserve=16MiB"}};
  std::vector<std::string> runs_;              // All that were accepted.
  std::map<std::string, std::string> waiting_; // Of these, by name.
};

void check_refusal(const http_said& said) {
  INFO(said.head << "\n" << said.body);
  REQUIRE(said.status == 507);
  CHECK(said.head.find("Retry-After: ") != std::string::npos);
  CHECK(said.head.find("application/problem+json") != std::string::npos);
  auto body = json::parse(said.body);
  CHECK(body["code"] == "store_full");
  CHECK(body["detail"].get<std::string>().find("free some space")
        != std::string::npos);
}

} // namespace

TEST_CASE("a node whose disk fills up refuses new work and ends the old",
          "[node][disk]")
{
  full_disk node;
  if (!node.can_run())
    return;
  node.start();
  node.begin_waiting("one");
  node.disk().fill(12 * mib); // Less than the reserve: intake closes.
  check_refusal(node.refused());
  CHECK(node.ask("runs").status == 200);
  node.let_go("one");
  CHECK(node.completes("one"));
  node.disk().empty();
  node.accepted("true"); // By itself.
  CHECK(node.all_complete());
  node.stop();
}

TEST_CASE("a node whose disk is full to the last byte keeps all and goes on",
          "[node][disk]")
{
  full_disk node;
  if (!node.can_run())
    return;
  node.start();
  for (int i = 0; i < 10; ++i)
    node.accepted("true");
  node.begin_waiting("one");
  node.begin_waiting("two");
  node.disk().fill(0);
  check_refusal(node.refused());
  // The ballast is what its end goes into.
  node.let_go("one");
  CHECK(node.completes("one"));
  // Nothing more goes in: the next end waits in memory.
  node.disk().fill(0);
  node.let_go("two");
  CHECK(node.ask("runs").status == 200);
  check_refusal(node.submit("true"));
  node.disk().empty();
  CHECK(node.completes("two"));
  node.accepted("true"); // By itself.
  CHECK(node.all_complete());
  node.stop();
}

TEST_CASE("a node starts on a disk that is full to the last byte",
          "[node][disk]")
{
  full_disk node;
  if (!node.can_run())
    return;
  node.start();
  for (int i = 0; i < 10; ++i)
    node.accepted("true");
  node.disk().fill(0);
  check_refusal(node.refused()); // The ballast is given up,
  node.disk().fill(0);           // and filled.
  node.kill();
  node.start();
  CHECK(node.ask("runs").status == 200);
  node.disk().fill(0);
  check_refusal(node.refused());
  node.disk().empty();
  node.accepted("true"); // By itself.
  CHECK(node.all_complete());
  node.stop();
}

TEST_CASE("a start on a full disk takes the small room that is kept for it",
          "[node][disk]")
{
  full_disk node;
  if (!node.can_run())
    return;
  node.start();
  node.accepted("true");
  CHECK(node.all_complete());
  node.stop();
  node.disk().fill(0);
  node.start();
  CHECK_FALSE(node.has("start-room"));
  CHECK(node.has("ballast")); // That is for what was accepted.
  node.disk().empty();
  node.accepted("true");
  CHECK(node.all_complete());
  node.stop();
}
