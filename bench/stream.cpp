#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <poll.h>

#include "bench.hpp"
#include "followers.hpp"
#include "gateway/http_server.hpp"
#include "http_line.hpp"
#include "node_process.hpp"

// Live streams under load: what does it cost the work that many look on, and do
// they see all of it?

namespace troupe::bench {

using nlohmann::json;

namespace {

/// Queued, started, ended.
constexpr double facts_per_task = 3;
constexpr double patience_s = 120;

/// Sockets of both sides; a thousand is what many systems begin with.
void raise_file_limit() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

/// Steps that follow each other: an event every few milliseconds of each run.
std::string chain(uint64_t steps) {
  json all = json::object();
  for (uint64_t i = 0; i < steps; ++i) {
    auto& step = all["s" + std::to_string(i)];
    step["agent"]["capabilities"] = {"wait"};
    if (i > 0)
      step["depends_on"] = {"s" + std::to_string(i - 1)};
  }
  return json{{"workflow", "chain"}, {"steps", all}}.dump();
}

std::vector<std::string> submit(http_line& to, uint64_t runs, uint64_t steps) {
  auto body = chain(steps);
  std::vector<std::string> ids;
  for (uint64_t i = 0; i < runs; ++i)
    ids.push_back(json::parse(to.post("/api/v1/runs", body).body).at("run"));
  return ids;
}

double stamp_seconds(const json& stamp) {
  // "2026-11-21T23:42:37.123456Z"; rounds do not last for days.
  auto text = stamp.get<std::string>();
  return std::stod(text.substr(11, 2)) * 3600
         + std::stod(text.substr(14, 2)) * 60 + std::stod(text.substr(17, 9));
}

/// Once all have ended: how long each of their tasks took, beyond its work.
std::vector<double> overheads_ms(http_line& to,
                                 const std::vector<std::string>& runs,
                                 uint64_t steps, uint64_t work_ms) {
  std::vector<double> out;
  auto begin = steady::now();
  for (const auto& run : runs) {
    json now;
    for (;;) {
      now = json::parse(to.get("/api/v1/runs/" + run).body);
      if (now.at("state") == "completed")
        break;
      if (seconds_since(begin) > patience_s)
        throw std::runtime_error("a run did not complete: " + now.dump());
      poll(nullptr, 0, 20);
    }
    auto took =
      stamp_seconds(now["ended_at"]) - stamp_seconds(now["started_at"]);
    out.push_back(took * 1000 / static_cast<double>(steps)
                  - static_cast<double>(work_ms));
  }
  return out;
}

/// What the store has of a run: looked for in pages.
uint64_t facts_of(http_line& to, const std::string& run) {
  uint64_t count = 0;
  for (std::string after;;) {
    auto page = json::parse(
      to.get("/api/v1/runs/" + run + "/history?limit=1000" + after).body);
    count += page.at("facts").size();
    if (!page.contains("next"))
      return count;
    after = "&after=" + page["next"].get<std::string>();
  }
}

struct audience {
  uint64_t of_one = 0;
  uint64_t of_all = 0;
  uint64_t deaf = 0;
};

struct round_figures {
  std::vector<double> overhead_ms;
  double seconds = 0;
  uint64_t deliveries = 0;
};

/// Everything that happened came once and in order to everybody.
void check_stories(const followers& all, const std::vector<std::string>& runs,
                   uint64_t of_one, uint64_t facts) {
  if (all.disordered() > 0 || all.broken() > 0)
    throw std::runtime_error(
      std::to_string(all.disordered()) + " events came twice or late, "
      + std::to_string(all.broken()) + " streams broke off");
  auto must_have = [&](const followers::story& x, const std::string& run) {
    auto seen = x.find(run);
    if (seen == x.end() || seen->second.facts != facts)
      throw std::runtime_error(
        "of run " + run + " there came "
        + std::to_string(seen == x.end() ? 0 : seen->second.facts)
        + " events, not " + std::to_string(facts));
  };
  auto ones = all.stories_of_one();
  for (uint64_t i = 0; i < of_one; ++i)
    must_have(ones, runs[i]);
  for (const auto& x : all.stories_of_all())
    for (const auto& run : runs)
      must_have(x, run);
}

round_figures round(http_line& to, uint16_t port, const audience& who,
                    uint64_t runs, uint64_t steps, uint64_t work_ms) {
  followers all{port};
  for (uint64_t i = 0; i < who.of_all; ++i)
    all.follow_all();
  for (uint64_t i = 0; i < who.deaf; ++i)
    all.ignore_all();
  auto begin = steady::now();
  auto ids = submit(to, runs, steps);
  for (uint64_t i = 0; i < std::min(who.of_one, runs); ++i)
    all.follow(ids[i]);
  round_figures out;
  out.overhead_ms = overheads_ms(to, ids, steps, work_ms);
  out.seconds = seconds_since(begin);
  auto facts = facts_of(to, ids[0]);
  auto waits = steady::now();
  while (all.ended() < who.of_one
         || (who.of_all > 0 && all.fewest_of_all() < facts * runs)) {
    if (seconds_since(waits) > patience_s)
      break; // What is missing is told below.
    poll(nullptr, 0, 10);
  }
  all.stop();
  out.deliveries = all.deliveries();
  if (who.of_one + who.of_all > 0)
    check_stories(all, ids, who.of_one, facts);
  return out;
}

double median(std::vector<double> x) {
  return quantile(std::move(x), 0.5);
}

} // namespace

int stream_child(const std::vector<std::string>& args) {
  class waiter : public reactive_agent {
  public:
    explicit waiter(std::chrono::milliseconds time) : time_(time) {}
    void perform(const task&, reply done) override {
      done.after(time_, outcome::done());
    }

  private:
    std::chrono::milliseconds time_;
  };
  raise_file_limit();
  node_options opts;
  opts.data = args.at(0) + "/data";
  node n{std::move(opts)};
  profile who;
  who.name = "waiter";
  who.capabilities = {"wait"};
  who.max_load = static_cast<uint32_t>(std::stoul(args.at(2)));
  std::chrono::milliseconds time{std::stoul(args.at(1))};
  n.add(who, [time] { return std::make_unique<waiter>(time); });
  must(n.start());
  gateway::gateway_options door;
  door.port = 0;
  door.connections_max = door.streams_max = 4096;
  // Readers here answer no pings.
  door.stream_heartbeat = std::chrono::minutes{10};
  gateway::http_server server{n.api(), door};
  must(server.start());
  std::ofstream{args.at(0) + "/port"} << server.port() << std::endl;
  say('r');
  pause();
  return 0;
}

figures stream(settings& s) {
  auto runs = s.number("runs", 990);
  auto rate = s.number("events-per-s", 10'000);
  auto seconds = s.number("seconds", 8);
  auto rounds = s.number("rounds", 3);
  audience who{std::min(s.number("followers", 990), runs),
               s.number("follow-all", 10), s.number("never-read", 10)};
  raise_file_limit();
  auto work_ms =
    static_cast<uint64_t>(facts_per_task * 1000 * static_cast<double>(runs)
                          / static_cast<double>(rate));
  auto steps = std::max<uint64_t>(2, seconds * 1000 / work_ms);
  node_process node{"stream-child",
                    {std::to_string(work_ms), std::to_string(runs)}};
  http_line line{node.port()};
  round(line, node.port(), {}, runs, 2, work_ms); // Warm.
  auto before = node.memory_mb("VmRSS");
  std::vector<double> alone, beside;
  double streamed_s = 0;
  uint64_t deliveries = 0;
  for (uint64_t i = 0; i < rounds; ++i) {
    auto quiet = round(line, node.port(), {}, runs, steps, work_ms);
    auto busy = round(line, node.port(), who, runs, steps, work_ms);
    alone.push_back(median(quiet.overhead_ms));
    beside.push_back(median(busy.overhead_ms));
    streamed_s += busy.seconds;
    deliveries += busy.deliveries;
  }
  auto work = static_cast<double>(work_ms);
  figures f;
  f.values["slowdown"] =
    rounded((work + median(beside)) / (work + median(alone)), 3);
  f.values["deliveries_per_s"] =
    rounded(static_cast<double>(deliveries) / streamed_s, 0);
  f.values["rss_mb"] = rounded(node.memory_mb("VmHWM"), 1);
  f.values["rss_before_mb"] = rounded(before, 1);
  f.values["task_ms"] = work_ms;
  f.values["overhead_alone_ms"] = rounded(median(alone), 2);
  f.values["overhead_streamed_ms"] = rounded(median(beside), 2);
  f.values["events_per_s"] = rounded(static_cast<double>(rounds * runs * steps)
                                       * facts_per_task / streamed_s,
                                     0);
  return f;
}

} // namespace troupe::bench
