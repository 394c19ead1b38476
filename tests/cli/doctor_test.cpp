#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/console.hpp"
#include "cli/doctor.hpp"
#include "runtime/process_sample.hpp"

using namespace troupe;
using namespace troupe::cli;
using test::console;

namespace {

struct data_directory {
  data_directory() {
    char name[] = "/tmp/troupe-doctor-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path = name;
  }
  ~data_directory() { std::filesystem::remove_all(path); }
  std::string path;
};

nlohmann::json findings(console& at) {
  return nlohmann::json::parse(at.out.str())["findings"];
}

} // namespace

TEST_CASE("the doctor judges by numbers and says what to do", "[cli]")
{
  CHECK(judge_open_files(100).how == health::bad);
  CHECK(judge_open_files(4096).how == health::note);
  CHECK(judge_open_files(65536).how == health::good);
  CHECK(judge_disk(uint64_t{100} << 30, uint64_t{200} << 30).how
        == health::good);
  CHECK(judge_disk(uint64_t{10} << 30, uint64_t{200} << 30).how
        == health::note);
  CHECK(judge_disk(1 << 20, uint64_t{200} << 30).how == health::bad);
  CHECK(judge_sync(std::chrono::milliseconds{1}).how == health::good);
  CHECK(judge_sync(std::chrono::milliseconds{90}).how == health::note);
  CHECK(judge_file_system(0x6969).how == health::bad);
  CHECK(judge_file_system(0xef53).how == health::good);
  CHECK(!judge_open_files(100).todo.empty());
}

TEST_CASE("the doctor looks at the machine, the store and the node", "[cli]")
{
  console at;
  data_directory dir;
  at.run({"doctor", "--data", dir.path, "--json"});
  std::string seen;
  for (const auto& x : findings(at))
    seen += x["what"].get<std::string>() + " ";
  CHECK(seen == "open files file system disk space disk sync store node ");
  CHECK(std::filesystem::is_empty(dir.path)); // It cleans up behind itself.
  CHECK(at.run({"doctor", "--data", "/proc/nothing/here"}) == exit_failure);
  CHECK(at.said("BAD"));
}

TEST_CASE("what the store's check finds is bad, and said", "[cli]")
{
  console at;
  data_directory dir;
  std::ofstream{dir.path + "/troupe.db"} << "x";
  at.store_problems = std::vector<std::string>{"segment 7 is damaged"};
  CHECK(at.run({"doctor", "--data", dir.path, "--deep"}) == exit_failure);
  CHECK(at.checked_deeply);
  CHECK(at.said("BAD   store: segment 7 is damaged\n      stop the node"));
  CHECK(at.said("`troupe restore BACKUP DATA_DIR`"));
  at.store_problems = failure{errc::store_failed, {}, "no database"};
  CHECK(at.run({"doctor", "--data", dir.path}) == exit_failure);
  CHECK(!at.checked_deeply);
  CHECK(at.said("no database"));
  at.store_problems = std::vector<std::string>{};
  at.run({"doctor", "--data", dir.path});
  CHECK(at.said("ok    store: sound"));
}

TEST_CASE("the doctor counts a disk as the node does", "[cli]")
{
  console at;
  data_directory dir;
  at.run({"doctor", "--data", dir.path, "--json"});
  auto sample = runtime::sample_process(dir.path);
  // Somebody may write meanwhile: the total says whether both count alike.
  auto used = 100.0
              - 100.0 * static_cast<double>(sample.disk_free_bytes)
                  / static_cast<double>(sample.disk_total_bytes);
  for (const auto& x : findings(at))
    if (x["what"] == "disk space") {
      auto seen = x["seen"].get<std::string>();
      auto percent = std::stod(seen.substr(seen.find(", ") + 2));
      CHECK(percent == Approx(used).margin(1.5));
    }
}

TEST_CASE("the doctor says whether a node could start with a file", "[cli]")
{
  console at;
  data_directory dir;
  CHECK(at.run({"doctor", "--data", dir.path, "--config", "n.yaml"})
        == exit_ok);
  CHECK(at.node.config == "n.yaml");
  CHECK(at.said("ok    configuration: n.yaml"));
  at.config.problems = {
    {"", {"", 0, 0, "agent `a`: its command `x` is not in PATH", ""}}};
  CHECK(at.run({"doctor", "--data", dir.path, "--config", "n.yaml"})
        == exit_failure);
  CHECK(at.said("BAD   configuration: agent `a`: its command `x`"));
}
