#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <future>
#include <iostream>
#include <set>
#include <stdexcept>
#include <thread>

#include "bench.hpp"
#include "child_process.hpp"
#include "core/api.hpp"
#include "core/store.hpp"
#include "store/sqlite_store.hpp"

// Killed processes, crashed agents, cancelled trees: how soon all is well.

namespace troupe::bench {

using nlohmann::json;

namespace {

constexpr uint32_t recovery_slots = 16;

/// Works a millisecond, and writes down that it did, so that the parent can
/// count.
void add_worker(node& to, int log) {
  class worker : public agent {
  public:
    explicit worker(int log) : log_(log) {}
    outcome perform(const task& t, context& ctx) override {
      auto line = t.id + '\n';
      if (write(log_, line.data(), line.size()) < 0)
        return outcome::failed("cannot write the log");
      ctx.wait(std::chrono::milliseconds{1});
      return outcome::done();
    }

  private:
    int log_;
  };
  profile who;
  who.name = "worker";
  who.capabilities = {"noop"};
  who.max_load = recovery_slots;
  to.add(who, [log] { return std::make_unique<worker>(log); });
}

std::multiset<std::string> lines_of(const std::string& path) {
  std::multiset<std::string> all;
  std::ifstream in{path};
  for (std::string line; std::getline(in, line);)
    all.insert(line);
  return all;
}

/// Tasks of the store by id, only those that are completed.
std::set<std::string> completed_in(const std::string& data) {
  store::sqlite_options opts;
  opts.directory = data;
  auto store = store::make_sqlite_store(opts);
  auto reader = store->reader();
  std::set<std::string> all;
  core::run_filter every;
  core::page runs_page{1000, {}};
  for (;;) {
    auto runs = reader->runs(every, runs_page);
    if (!runs)
      throw std::runtime_error(runs.error().message);
    for (const auto& run : runs->rows) {
      core::task_filter of;
      of.run = run.key;
      core::page page{1000, {}};
      do {
        auto tasks = reader->tasks(of, page);
        if (!tasks)
          throw std::runtime_error(tasks.error().message);
        for (const auto& t : tasks->rows)
          if (t.state == core::task_state::completed)
            all.insert(core::to_string(t.key));
        page.after = tasks->next;
      } while (!page.after.empty());
    }
    if (runs->next.empty())
      return all;
    runs_page.after = runs->next;
  }
}

} // namespace

/// Says 'r' when it is ready, 'f' at the first committed end, 'h' when half of
/// the tasks are through, 'd' when all are.
int recovery_child(const std::vector<std::string>& args) {
  auto dir = args.at(0);
  auto tasks = std::strtoull(args.at(1).c_str(), nullptr, 10);
  auto submit = args.at(2) == "submit";
  node_options opts;
  opts.data = dir + "/data";
  node n{std::move(opts)};
  auto log =
    open((dir + "/executed").c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
  add_worker(n, log);
  must(n.start());
  static std::atomic<uint64_t> ended{0};
  auto half = submit ? tasks * 2 / 5 : tasks;
  n.api()->watch({}, [half](const core::watch_event& x) {
    if (x.json.find("\"task_ended\"") == std::string::npos)
      return true;
    auto count = ++ended;
    if (count == 1)
      say('f');
    if (count == half)
      say('h');
    return true;
  });
  say('r');
  constexpr uint64_t chunk = 500;
  for (uint64_t i = 0; submit && i < tasks / chunk; ++i)
    must(n.submit_tasks(noop_tasks(i * chunk, chunk)).error);
  for (std::string body;;) {
    must(n.ask("runs", R"({"state":"completed","limit":1000})", body));
    if (json::parse(body)["runs"].size() == tasks / chunk)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  say('d');
  pause();
  return 0;
}

figures recovery(settings& s) {
  auto tasks = s.number("tasks", 10'000);
  scratch where;
  auto args = [&](const char* how) {
    return std::vector<std::string>{
      "troupe", "bench", "recovery-child", where.path(), std::to_string(tasks),
      how};
  };
  child_process first{args("submit")};
  for (char c = 'x'; c != 'h' && c != '\0';)
    c = first.wait_byte();
  first.end(SIGKILL);
  auto before = completed_in(where.path() + "/data");
  auto executed = lines_of(where.path() + "/executed");

  auto begin = steady::now();
  child_process second{args("resume")};
  double progress = 0;
  auto finished = false;
  for (;;) {
    auto c = second.wait_byte();
    if (c == 'f')
      progress = seconds_since(begin) * 1000;
    finished = c == 'd';
    if (c == 'd' || c == '\0')
      break;
  }
  auto total = seconds_since(begin);
  second.end(SIGKILL);
  auto after = completed_in(where.path() + "/data");
  auto all = lines_of(where.path() + "/executed");
  uint64_t completed_rerun = 0, in_flight_rerun = 0;
  for (const auto& id : std::set<std::string>{all.begin(), all.end()}) {
    auto again = all.count(id) - executed.count(id);
    if (before.contains(id))
      completed_rerun += again;
    else if (all.count(id) > 1)
      in_flight_rerun += all.count(id) - 1;
  }
  figures f;
  f.values["first_progress_ms"] = rounded(progress, 2);
  f.values["all_done_s"] = rounded(total, 2);
  f.values["completed_at_kill"] = before.size();
  f.values["lost"] = tasks - after.size();
  f.values["completed_rerun"] = completed_rerun;
  f.values["in_flight_rerun"] = in_flight_rerun;
  f.values["slots"] = recovery_slots;
  f.values["finished"] = finished;
  return f;
}

int start_child(const std::vector<std::string>& args) {
  node_options opts;
  opts.data = args.at(0) + "/data";
  node n{std::move(opts)};
  add_noop(n);
  must(n.start());
  std::string body;
  must(n.ask("runs", "{}", body)); // It answers: it is ready.
  say('r');
  pause();
  return 0;
}

figures start(settings& s) {
  auto samples = s.number("samples", 9);
  auto waiting = s.number("waiting", 0);
  scratch filled;
  if (waiting > 0) {
    node n{options_for(s, filled)};
    must(n.start());
    submit_idle(n, waiting);
  }
  std::vector<double> ms, rss;
  for (uint64_t i = 0; i < samples; ++i) {
    scratch empty;
    const auto& where = waiting > 0 ? filled : empty;
    auto begin = steady::now();
    child_process child{{"troupe", "bench", "start-child", where.path()}};
    if (child.wait_byte() != 'r')
      throw std::runtime_error("the node did not start");
    ms.push_back(seconds_since(begin) * 1000);
    std::ifstream statm{"/proc/" + std::to_string(child.pid) + "/statm"};
    double pages = 0;
    statm >> pages >> pages;
    rss.push_back(pages * 4096 / 1048576);
    child.end(SIGKILL);
  }
  figures f;
  f.values["ready_ms"] = rounded(quantile(ms, 0.5), 2);
  f.values["idle_rss_mb"] = rounded(quantile(rss, 0.5), 1);
  return f;
}

figures agent_restart(settings& s) {
  auto samples = s.number("samples", 500);
  static std::atomic<int64_t> crashed_at{0};
  static std::vector<double> us;
  class fragile : public agent {
    outcome perform(const task& t, context&) override {
      auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                   steady::now().time_since_epoch())
                   .count();
      if (auto since = crashed_at.exchange(0); since != 0)
        us.push_back(static_cast<double>(now - since) / 1000);
      if (t.name.starts_with("bad")) {
        crashed_at = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       steady::now().time_since_epoch())
                       .count();
        throw std::runtime_error("as planned");
      }
      return outcome::done();
    }
  };
  scratch where;
  auto opts = options_for(s, where);
  opts.warn = [](const std::string&) {};
  node n{std::move(opts)};
  profile who;
  who.name = "fragile";
  who.capabilities = {"noop"};
  who.max_load = 1;
  n.add(who, [] { return std::make_unique<fragile>(); });
  must(n.start());
  // A crash and, queued behind it already, the next task.
  for (uint64_t i = 0; i < samples; ++i) {
    auto done = n.run(
      R"([{"name":"bad","retries":0,"priority":9,"agent":{"capabilities":["noop"]}},)"
      R"({"name":"good","agent":{"capabilities":["noop"]}}])");
    must(done.error);
    if (i % 50 == 49) // Stay below the limit of crashes that disables an agent.
      std::this_thread::sleep_for(std::chrono::seconds{3});
  }
  figures f;
  f.values["samples"] = us.size();
  f.values["p50_us"] = rounded(quantile(us, 0.5), 1);
  f.values["p99_us"] = rounded(quantile(us, 0.99), 1);
  return f;
}

} // namespace troupe::bench
