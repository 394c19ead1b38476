#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bench.hpp"
#include "gateway/http_server.hpp"
#include "http_line.hpp"
#include "node_process.hpp"

// Twice as much work as a node can do, over HTTP: what is refused and how, what
// becomes of the rest, and who has to wait.

namespace troupe::bench {

using nlohmann::json;

namespace {

constexpr const char* flood_workspace = "Troupe-Workspace: flood\r\n";
constexpr const char* small_workspace = "Troupe-Workspace: small\r\n";
constexpr const char* wait_for_end = "Prefer: wait\r\n";

/// `n` tasks as one run.
std::string work(uint64_t n, unsigned priority = 5) {
  std::string list =
    R"({"priority":)" + std::to_string(priority) + R"(,"tasks":[)";
  for (uint64_t i = 0; i < n; ++i)
    list +=
      std::string{i > 0 ? "," : ""} + R"({"agent":{"capabilities":["noop"]}})";
  return list + "]}";
}

/// What all connections of the load have seen.
struct tally {
  std::mutex mutex;
  uint64_t asked = 0, accepted = 0, refused = 0;
  uint64_t without_retry_after = 0;
  std::vector<std::string> runs;   // Accepted.
  std::vector<std::string> errors; // Any other answer.

  /// True: accepted.
  bool count(const http_said& said) {
    std::lock_guard guard{mutex};
    ++asked;
    if (said.status == 429) {
      ++refused;
      without_retry_after += said.has("Retry-After") ? 0 : 1;
      return false;
    }
    if (said.status != 200 && said.status != 201) {
      errors.push_back(std::to_string(said.status) + " " + said.body);
      return false;
    }
    ++accepted;
    runs.push_back(json::parse(said.body)["run"]);
    return true;
  }
};

/// Threads that stop together; the first exception comes out of `join`.
class crew {
public:
  template <class F>
  void add(F work) {
    threads_.emplace_back([this, work] {
      try {
        work(stop_);
      } catch (const std::exception& why) {
        std::lock_guard guard{mutex_};
        wrong_ = why.what();
      }
    });
  }
  void join() {
    stop_ = true;
    for (auto& x : threads_)
      x.join();
    threads_.clear();
    if (!wrong_.empty())
      throw std::runtime_error(wrong_);
  }
  ~crew() {
    stop_ = true;
    for (auto& x : threads_)
      x.join();
  }

private:
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::string wrong_;
  std::vector<std::thread> threads_;
};

using flag = std::atomic<bool>;

/// One task after the other, each to its end; their times in ms.
struct probe {
  std::vector<double> ms;
  tally seen;

  void run(uint16_t port, const std::string& workspace, unsigned priority,
           const flag& stop) {
    http_line line{port};
    auto body = work(1, priority);
    while (!stop) {
      auto begin = steady::now();
      if (seen.count(
            line.post("/api/v1/tasks", body, workspace + wait_for_end)))
        ms.push_back(seconds_since(begin) * 1000);
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  }
  void tell(json& to, const std::string& name) const {
    to[name + "_p50_ms"] = rounded(quantile(ms, 0.5));
    to[name + "_p99_ms"] = rounded(quantile(ms, 0.99));
    to[name + "_samples"] = ms.size();
  }
};

void sleep_seconds(double n) {
  std::this_thread::sleep_for(std::chrono::duration<double>(n));
}

/// Tasks a second with always something to do.
double capacity_of(uint16_t port, double seconds) {
  constexpr int lines = 4;
  constexpr uint64_t chunk = 200;
  std::atomic<uint64_t> done{0};
  tally seen;
  crew all;
  auto begin = steady::now();
  for (int i = 0; i < lines; ++i)
    all.add([&](const flag& stop) {
      http_line line{port};
      auto headers = std::string{flood_workspace} + wait_for_end;
      for (auto body = work(chunk); !stop;)
        if (seen.count(line.post("/api/v1/tasks", body, headers)))
          done += chunk;
    });
  sleep_seconds(seconds);
  all.join();
  if (!seen.errors.empty())
    throw std::runtime_error("within capacity: " + seen.errors.front());
  return static_cast<double>(done) / seconds_since(begin);
}

/// Offers `rate` tasks a second, whatever the answers are.
void flood(uint16_t port, double rate, uint64_t chunk, tally& seen,
           const flag& stop) {
  http_line line{port};
  auto body = work(chunk);
  auto pause = std::chrono::duration_cast<steady::duration>(
    std::chrono::duration<double>(static_cast<double>(chunk) / rate));
  for (auto due = steady::now(); !stop; due += pause) {
    std::this_thread::sleep_until(due);
    seen.count(line.post("/api/v1/tasks", body, flood_workspace));
  }
}

/// Waits until nothing is left to do; then how many of the runs completed.
uint64_t completed(uint16_t port, const std::vector<std::string>& runs) {
  http_line line{port};
  for (;;) {
    auto status = json::parse(line.get("/api/v1/status").body);
    if (status["live_runs"] == 0 && status["backlog"] == 0)
      break;
    sleep_seconds(0.1);
  }
  uint64_t all = 0;
  for (const auto& run : runs) {
    auto said = line.get("/api/v1/runs/" + run, flood_workspace);
    all += said.status == 200 && json::parse(said.body)["state"] == "completed";
  }
  return all;
}

} // namespace

/// A node with an agent that is slower than its doors.
int overload_child(const std::vector<std::string>& args) {
  class worker : public agent {
  public:
    explicit worker(std::chrono::microseconds time) : time_(time) {}
    outcome perform(const task&, context&) override {
      std::this_thread::sleep_for(time_);
      return outcome::done();
    }

  private:
    std::chrono::microseconds time_;
  };
  auto number = [&args](size_t i) {
    return std::strtoull(args.at(i).c_str(), nullptr, 10);
  };
  node_options opts;
  opts.data = args.at(0) + "/data";
  opts.queued_max = number(3);
  opts.pending_bytes_max = number(4);
  node n{std::move(opts)};
  profile who;
  who.name = "worker";
  who.capabilities = {"noop"};
  who.max_load = static_cast<uint32_t>(number(1));
  std::chrono::microseconds time{number(2)};
  n.add(who, [time] { return std::make_unique<worker>(time); });
  must(n.start());
  gateway::gateway_options door;
  door.port = 0;
  gateway::http_server server{n.api(), door};
  must(server.start());
  std::ofstream{args.at(0) + "/port"} << server.port() << std::endl;
  say('r');
  pause();
  return 0;
}

namespace {

/// What holds on any machine, however fast it is.
void check_promises(const json& v, const std::vector<std::string>& errors) {
  if (!errors.empty())
    throw std::runtime_error(std::to_string(errors.size())
                             + " answers but 201 and 429, first: "
                             + errors.front());
  if (v["without_retry_after"] != 0)
    throw std::runtime_error("a 429 had no Retry-After");
  if (v["accepted_unfinished"] != 0)
    throw std::runtime_error("accepted runs did not complete: "
                             + v["accepted_unfinished"].dump());
  if (v["refused_429"] == 0 && v["offered_to_capacity"] > 1.5)
    throw std::runtime_error("nothing was refused beyond capacity; is "
                             "--queued-max too large for --seconds?");
}

} // namespace

figures overload(settings& s) {
  auto seconds = static_cast<double>(s.number("seconds", 60));
  auto lines = s.number("connections", 8);
  auto chunk = s.number("chunk", 50);
  node_process node{"overload-child",
                    {std::to_string(s.number("slots", 8)),
                     std::to_string(s.number("work-us", 1000)),
                     std::to_string(s.number("queued-max", 20'000)),
                     std::to_string(s.number("pending-bytes-max", 32u << 20))}};
  auto port = node.port();
  auto warm = std::max(1.0, seconds / 12);
  figures f;
  auto capacity = capacity_of(port, warm);
  f.values["capacity_per_s"] = rounded(capacity, 0);
  probe alone, small, urgent, plain;
  {
    crew one;
    one.add(
      [&](const flag& stop) { alone.run(port, small_workspace, 5, stop); });
    sleep_seconds(warm);
    one.join();
  }
  tally seen;
  crew all;
  auto begin = steady::now();
  for (uint64_t i = 0; i < lines; ++i)
    all.add([&](const flag& stop) {
      flood(port, 2 * capacity / static_cast<double>(lines), chunk, seen, stop);
    });
  all.add([&](const flag& stop) { small.run(port, small_workspace, 5, stop); });
  all.add(
    [&](const flag& stop) { urgent.run(port, flood_workspace, 9, stop); });
  all.add([&](const flag& stop) { plain.run(port, flood_workspace, 5, stop); });
  sleep_seconds(seconds);
  auto offered = static_cast<double>(seen.asked * chunk) / seconds_since(begin);
  all.join();
  auto& v = f.values;
  v["offered_to_capacity"] = rounded(offered / capacity);
  v["accepted_runs"] = seen.accepted;
  v["refused_429"] = seen.refused;
  v["without_retry_after"] = seen.without_retry_after;
  std::vector<std::string> errors;
  for (auto* x : {&seen, &alone.seen, &small.seen, &urgent.seen, &plain.seen})
    errors.insert(errors.end(), x->errors.begin(), x->errors.end());
  v["other_errors"] = errors.size();
  v["accepted_unfinished"] = seen.accepted - completed(port, seen.runs);
  v["peak_mb"] = rounded(node.memory_mb("VmHWM"), 1);
  alone.tell(v, "small_alone");
  small.tell(v, "small_beside");
  v["small_refused"] = small.seen.refused;
  urgent.tell(v, "urgent");
  v["urgent_refused"] = urgent.seen.refused;
  plain.tell(v, "plain");
  v["plain_refused"] = plain.seen.refused;
  check_promises(v, errors);
  return f;
}

} // namespace troupe::bench
