#include <stdexcept>

#include "bench.hpp"
#include "gateway/http_server.hpp"
#include "http_lines.hpp"

// The same work as in work.cpp, over a real socket.

namespace troupe::bench {

using nlohmann::json;

namespace {

/// A durable node with a door of its own, on any free port.
class open_node {
public:
  explicit open_node(settings& s) : node_(options_for(s, where_)) {
    add_noop(node_, static_cast<uint32_t>(s.number("slots", 8000)));
    add_broken();
    must(node_.start());
    gateway::gateway_options opts;
    opts.port = 0;
    door_ = std::make_unique<gateway::http_server>(node_.api(), opts);
    must(door_->start());
  }
  uint16_t port() const { return door_->port(); }

private:
  /// What it does fails, and may be tried again.
  void add_broken() {
    class broken : public reactive_agent {
      void perform(const task&, reply done) override {
        done(outcome::failed("as planned"));
      }
    };
    profile who;
    who.name = "broken";
    who.capabilities = {"broken"};
    who.max_load = 1000;
    node_.add(who, [] { return std::make_unique<broken>(); });
  }

  scratch where_;
  node node_;
  std::unique_ptr<gateway::http_server> door_; // Closed before the node ends.
};

std::string task_for(const std::string& capability, uint64_t i) {
  return R"({"retries":0,"agent":{"capabilities":[")" + capability
         + R"("]},"input":{"n":)" + std::to_string(i) + "}}";
}

http_call submission(std::string tasks, bool waits) {
  return {"POST", "/api/v1/tasks", std::move(tasks), waits};
}

void must_be_completed(const http_answer& x) {
  auto run = json::parse(x.body);
  if (run.value("state", "") != "completed")
    throw std::runtime_error("a run ended otherwise: " + x.body.substr(0, 300));
}

/// Runs of `chunk` tasks, each answered when its end is durable.
double batches_per_s(http_lines& to, uint64_t tasks, uint64_t chunk) {
  auto begin = steady::now();
  to.run(
    tasks / chunk,
    [chunk](uint64_t i) {
      return submission(noop_tasks(i * chunk, chunk), true);
    },
    [](uint64_t, const http_answer& x) { must_be_completed(x); });
  return static_cast<double>(tasks / chunk * chunk) / seconds_since(begin);
}

/// Waits until nothing is left of what was submitted.
void drain(http_lines& to) {
  for (;;) {
    auto status =
      json::parse(to.ask({"GET", "/api/v1/status", {}, false}).body);
    if (status["live_runs"].get<uint64_t>() == 0
        && status["backlog"].get<uint64_t>() == 0)
      return;
  }
}

void put(json& to, const std::string& name, const std::vector<double>& ms) {
  to[name] = {{"p50_ms", rounded(quantile(ms, 0.5), 3)},
              {"p99_ms", rounded(quantile(ms, 0.99), 3)}};
}

} // namespace

namespace {

/// Runs that last (nobody can do them), or that have failed.
std::vector<std::string> make_runs(http_lines& to, uint64_t n,
                                   const std::string& capability, bool wait) {
  std::vector<std::string> ids(n);
  to.run(
    n, [&](uint64_t i) { return submission(task_for(capability, i), wait); },
    [&ids](uint64_t i, const http_answer& x) {
      ids[i] = json::parse(x.body).at("run").get<std::string>();
    });
  return ids;
}

std::vector<double> times_of(http_lines& to, const std::string& method,
                             const std::vector<std::string>& runs,
                             const std::string& what) {
  std::vector<double> ms;
  to.run(
    runs.size(),
    [&](uint64_t i) {
      return http_call{method, "/api/v1/runs/" + runs[i] + what, {}, false};
    },
    [&ms](uint64_t, const http_answer& x) { ms.push_back(x.ms); });
  return ms;
}

/// One request at a time, so that nothing waits behind another one.
void beside_stored(settings& s, uint64_t tasks, json& to) {
  auto samples = s.number("samples", 500);
  open_node n{s};
  http_lines lines{n.port(), 16}, one{n.port(), 1};
  to["stored_tasks_per_s"] = rounded(batches_per_s(lines, tasks, 500), 0);
  auto lasting = make_runs(lines, samples, "nobody", false);
  auto failed = make_runs(lines, samples, "broken", true);
  put(to, "status", times_of(one, "GET", lasting, ""));
  put(to, "cancel", times_of(one, "POST", lasting, "/cancel"));
  put(to, "retry", times_of(one, "POST", failed, "/retry"));
}

} // namespace

figures stored(settings& s) {
  figures f;
  beside_stored(s, s.number("tasks", 1'000'000), f.values);
  f.values["rss_mb"] = rounded(peak_mb(), 1);
  return f;
}

figures http(settings& s) {
  auto tasks = s.number("tasks", 100'000);
  auto chunk = s.number("chunk", 500);
  auto open = s.number("open", 16);
  auto singles = s.number("singles", 50'000);
  auto samples = s.number("samples", 2000);
  open_node n{s};
  http_lines lines{n.port(), open}, one{n.port(), 1};
  figures f;
  std::vector<double> ms;
  for (uint64_t i = 0; i < samples + 50; ++i) {
    auto x = one.ask(submission(noop_tasks(i, 1), true));
    must_be_completed(x);
    if (i >= 50) // The first ones warm things up.
      ms.push_back(x.ms);
  }
  put(f.values, "latency", ms);
  f.values["batched_tasks_per_s"] =
    rounded(batches_per_s(lines, tasks, chunk), 0);
  auto begin = steady::now();
  lines.run(
    singles, [](uint64_t i) { return submission(noop_tasks(i, 1), false); },
    [](uint64_t, const http_answer&) {});
  auto accepted = seconds_since(begin);
  drain(one);
  auto each = static_cast<double>(singles);
  f.values["submissions_per_s"] = rounded(each / accepted, 0);
  f.values["single_tasks_per_s"] = rounded(each / seconds_since(begin), 0);
  f.values["rss_mb"] = rounded(peak_mb(), 1); // Of the client as well.
  if (auto many = s.number("stored", 1'000'000); many > 0) {
    json beside;
    beside_stored(s, many, beside);
    for (const auto* what : {"status", "cancel", "retry"})
      f.values[what + std::string{"_p99_ms"}] = beside[what]["p99_ms"];
  }
  return f;
}

} // namespace troupe::bench
