#include <catch2/catch.hpp>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/http_node.hpp"

// A real node whose disk cannot be written to: when it starts, and all of a
// sudden.

using namespace troupe::test;
using nlohmann::json;

namespace {

/// Nobody may write to the file from now on, whoever has it open; or again.
/// False where the file system, or the user, cannot do that.
bool set_immutable(const std::string& path, bool on) {
  auto fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int flags = 0;
  auto done = fd >= 0 && ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
  flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  done = done && ::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
  ::close(fd);
  return done;
}

/// A store that is read-only for as long as the object lives. Not the index of
/// its log: that is memory, which all share.
class frozen_store {
public:
  explicit frozen_store(const std::string& data)
    : paths_{data, data + "/troupe.db", data + "/troupe.db-wal"} {
    for (const auto& path : paths_)
      frozen = set_immutable(path, true) && frozen;
  }
  ~frozen_store() {
    for (const auto& path : paths_)
      set_immutable(path, false);
  }
  frozen_store(const frozen_store&) = delete;
  frozen_store& operator=(const frozen_store&) = delete;

  bool frozen = true;

private:
  std::vector<std::string> paths_;
};

class node_on_disk : public http_node {
public:
  explicit node_on_disk(std::string data,
                        const std::string& answer_timeout = "30s")
    : http_node{std::move(data),
                {"--set", "node.disk_reserve=1MiB", "--set",
                 "gateway.limits.answer_timeout=" + answer_timeout}} {}

  http_said submit_one(const std::string& headers = {}) {
    return say("POST", "tasks",
               R"({"agent":"shell","input":{"command":"true"}})", headers);
  }
  void accepted() {
    for (int i = 0; i < 20'000; ++i)
      if (auto said = submit_one(); said.status == 201) {
        runs_.push_back(json::parse(said.body)["run"]);
        return;
      }
    FAIL("new work is refused for ever");
  }
  /// Asked until it is answered with something else than `status`.
  http_said submit_until_not(int status, const std::string& headers) {
    for (int i = 0; i < 1000; ++i)
      if (auto said = submit_one(headers); said.status != status)
        return said;
    return {};
  }
  bool completes(const std::string& run) { return end_of(run) == "completed"; }
  bool all_complete() {
    for (const auto& run : runs_)
      if (!completes(run))
        return false;
    return !runs_.empty();
  }

private:
  std::vector<std::string> runs_; // All that were accepted.
};

} // namespace

TEST_CASE("a node does not start on a read-only disk, and says why",
          "[node][disk]")
{
  scratch_directory where;
  auto disk = where.path("disk");
  std::filesystem::create_directories(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=64m") != 0) {
    WARN("SKIPPED: mounting a tmpfs needs root");
    return;
  }
  node_on_disk node{disk + "/data"};
  node.start();
  node.accepted();
  CHECK(node.end(SIGKILL).code == 128 + SIGKILL);
  REQUIRE(
    ::mount("none", disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr)
    == 0);
  node.begin();
  auto refused = node.process().finish();
  CHECK(refused.code != 0);
  INFO(refused.err);
  CHECK(refused.err.find("Read-only file system") != std::string::npos);
  CHECK(refused.err.find(disk + "/data") != std::string::npos);
  CHECK(refused.err.find("must be writable") != std::string::npos);
  REQUIRE(::mount("none", disk.c_str(), nullptr, MS_REMOUNT, nullptr) == 0);
  node.start();
  CHECK(node.all_complete());
  CHECK(node.end(SIGTERM).code == 0);
  CHECK(::umount2(disk.c_str(), MNT_DETACH) == 0);
}

TEST_CASE("a disk that turns read-only under a node is read and waited for",
          "[node][disk]")
{
  scratch_directory where;
  node_on_disk node{where.path("data")};
  node.start();
  node.accepted();
  REQUIRE(node.all_complete());
  std::future<http_said> asked;
  {
    frozen_store disk{where.path("data")};
    if (!disk.frozen) {
      WARN("SKIPPED: immutable files need root and ext4, xfs or btrfs");
      return;
    }
    // Nobody knows what became of it until the disk can be asked.
    asked =
      std::async(std::launch::async, [&node] { return node.submit_one(); });
    for (std::string line; line.find("writable") == std::string::npos;) {
      line = node.process().error_line();
      REQUIRE_FALSE(line.empty());
    }
    CHECK(node.say("GET", "runs").status == 200);
    CHECK(node.say("GET", "tasks").status == 200);
  }
  CHECK(asked.get().status == 201);
  node.accepted(); // By itself.
  CHECK(node.all_complete());
  CHECK(node.end(SIGTERM).code == 0);
}

TEST_CASE("a request that a disk holds back is answered 504 and done once",
          "[node][disk]")
{
  scratch_directory where;
  node_on_disk node{where.path("data"), "500ms"};
  node.start();
  const std::string key = "Idempotency-Key: once\r\n";
  {
    frozen_store disk{where.path("data")};
    if (!disk.frozen) {
      WARN("SKIPPED: immutable files need root and ext4, xfs or btrfs");
      return;
    }
    auto held = node.submit_one(key);
    INFO(held.head << held.body);
    REQUIRE(held.status == 504);
    CHECK(json::parse(held.body)["code"] == "unanswered");
  }
  auto again = node.submit_until_not(504, key);
  INFO(again.head << again.body);
  // Whichever of the two came first when the disk was back.
  REQUIRE((again.status == 201 || again.status == 200));
  CHECK(node.completes(json::parse(again.body)["run"]));
  CHECK(node.ask("runs")["runs"].size() == 1);
  CHECK(node.end(SIGTERM).code == 0);
}
