#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/http_node.hpp"
#include "store/sqlite_store.hpp"

// kill -9 of a real node, again and again. What really ran is told by a file
// that every command writes a line to before it works and one after it.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

constexpr int kills = 10;
constexpr int slots = 4;
constexpr int tasks_per_run = 20;

/// What the commands wrote: who began, as which process, and who came to its
/// end.
struct deeds {
  std::map<std::string, int> begun; // By task.
  std::set<std::string> ended;
  std::set<pid_t> open; // Began and wrote no end.
  size_t ends = 0;
};

deeds read_deeds(const std::string& file) {
  deeds all;
  std::ifstream in{file};
  std::string what, task;
  for (pid_t pid = 0; in >> what >> task >> pid;)
    if (what == "begin") {
      ++all.begun[task];
      all.open.insert(pid);
    } else {
      all.ended.insert(task);
      all.open.erase(pid);
      ++all.ends;
    }
  return all;
}

/// The truth that a killed node left behind.
struct truth {
  std::map<std::string, core::task_row> tasks;
  std::map<core::run_state, int> runs;

  std::set<std::string> completed() const {
    std::set<std::string> ids;
    for (const auto& [key, row] : tasks)
      if (row.state == core::task_state::completed)
        ids.insert(key);
    return ids;
  }
};

truth read_truth(const std::string& data) {
  store::sqlite_options opts;
  opts.directory = data;
  auto store = store::make_sqlite_store(opts);
  auto reader = store->reader();
  truth all;
  auto runs = reader->runs({}, {1000, {}});
  REQUIRE(runs);
  for (const auto& run : runs->rows) {
    ++all.runs[run.state];
    core::task_filter of;
    of.run = run.key;
    auto tasks = reader->tasks(of, {1000, {}});
    REQUIRE(tasks);
    for (const auto& row : tasks->rows)
      all.tasks[core::to_string(row.key)] = row;
  }
  auto problems = reader->check(true);
  REQUIRE(problems);
  CHECK(*problems == std::vector<std::string>{});
  return all;
}

/// Its commands tell of themselves in a file.
class mortal_node {
public:
  mortal_node() {
    write_file(where_.path("node.yaml"),
               "node: {shards: 8}\nagents: {shell: {kind: shell, max_load: "
                 + std::to_string(slots) + "}}\n");
  }

  void start() { node_.start(); }
  void kill() { node_.kill(); }
  void submit(const json& tasks) { node_.submit(tasks); }

  /// Asks the node until `file` has so many ends, or the work is over.
  void wait_for_ends(size_t count) {
    for (int i = 0; i < 20'000 && read_deeds(file()).ends < count; ++i)
      node_.ask("status");
  }

  void wait_for_completed(size_t runs) {
    for (int i = 0; i < 20'000; ++i)
      if (node_.ask("runs?state=completed")["runs"].size() >= runs)
        return;
    FAIL("the runs do not end: " << node_.ask("runs").dump());
  }

  /// A command that tells of itself and takes `seconds`.
  json command(const std::string& seconds, const std::string& more = {}) const {
    return {{"agent", "shell"},
            {"input",
             {{"command", "echo begin $TROUPE_TASK $$ >> " + file() + "; sleep "
                            + seconds + "; " + more
                            + "echo end $TROUPE_TASK $$ >> " + file()}}}};
  }

  std::string file() const { return where_.path("deeds"); }
  std::string data() const { return where_.path("data"); }

private:
  scratch_directory where_;
  http_node node_{data(), {"--config", where_.path("node.yaml")}};
};

json many_commands(const mortal_node& node, std::mt19937& random) {
  auto tasks = json::array();
  for (int i = 0; i < tasks_per_run; ++i)
    tasks.push_back(node.command("0.0" + std::to_string(random() % 6)));
  return tasks;
}

/// Times of what waits for a time: they are the same after every start.
using due_times = std::map<std::pair<std::string, uint32_t>, core::instant>;

void check_times(const truth& found, due_times& known) {
  using core::due_kind;
  for (const auto& [key, row] : found.tasks) {
    if (row.due != due_kind::retry && row.due != due_kind::sleep)
      continue;
    auto [pos, is_new] = known.try_emplace({key, row.attempt}, row.due_at);
    CHECK(pos->second == row.due_at);
  }
}

/// How often each task had begun when a kill found it completed.
using begun_counts = std::map<std::string, int>;

void check_completed(const truth& found, const deeds& done,
                     begun_counts& known) {
  for (const auto& id : found.completed()) {
    CHECK(done.ended.count(id) == 1);
    known.try_emplace(id, done.begun.at(id));
  }
}

} // namespace

TEST_CASE("a node that is killed ten times finishes all and repeats nothing",
          "[node][kill]")
{
  mortal_node node;
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  due_times times;
  begun_counts known;
  node.start();
  // These two wait for a time through all of it.
  node.submit(json::parse(R"([{"sleep": "1h"}])"));
  auto failing = node.command("0", "exit 1; ");
  failing["backoff"] = {{"base", "1h"}, {"max", "1h"}};
  node.submit(json::array({failing}));
  for (int i = 0; i < kills; ++i) {
    node.submit(many_commands(node, random));
    node.wait_for_ends(read_deeds(node.file()).ends + random() % 25);
    node.kill();
    auto before = read_deeds(node.file());
    for (auto pid : before.open)
      CHECK(ends(pid)); // Nobody is left behind.
    auto found = read_truth(node.data());
    check_times(found, times);
    check_completed(found, before, known);
    node.start();
  }
  node.wait_for_completed(kills);
  node.kill();
  auto found = read_truth(node.data());
  auto done = read_deeds(node.file());
  CHECK(found.runs[core::run_state::completed] == kills);
  CHECK(found.completed().size() == kills * tasks_per_run);
  for (const auto& [id, begun] : known)
    CHECK(done.begun[id] == begun);
  int again = 0;
  for (const auto& id : found.completed())
    again += done.begun[id] - 1;
  CHECK(again <= kills * slots);
  // The retry waits still; it began once, or a kill cut it off.
  check_times(found, times);
  CHECK(times.size() == 2);
}
