#include "sim/seeds.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

namespace troupe::sim {

namespace {

using nlohmann::json;
using steady = std::chrono::steady_clock;

/// One of the processes that play; a line of JSON before and after each seed.
struct player {
  pid_t pid = -1;
  int from = -1;
  std::string text;  // Not yet a line.
  uint64_t seed = 0; // At work on it...
  bool busy = false; // ...now.
};

void add(report& sum, const report& x) {
  sum.steps += x.steps;
  sum.faults += x.faults;
  sum.restarts += x.restarts;
  sum.tasks += x.tasks;
  sum.calls += x.calls;
  sum.commands += x.commands;
  sum.lasted += x.lasted;
}

json to_json(uint64_t seed, const report& x) {
  return {{"seed", seed},
          {"broken", x.broken},
          {"figures",
           {x.steps, x.faults, x.restarts, x.tasks, x.calls, x.commands,
            x.lasted.count()}}};
}

report from_json(const json& line) {
  report x;
  auto f = line.at("figures").get<std::vector<uint64_t>>();
  x.broken = line.at("broken");
  x.steps = f.at(0);
  x.faults = f.at(1);
  x.restarts = f.at(2);
  x.tasks = f.at(3);
  x.calls = f.at(4);
  x.commands = f.at(5);
  x.lasted = core::duration{static_cast<int64_t>(f.at(6))};
  return x;
}

void take(seeds_report& out, uint64_t seed, const report& x) {
  ++out.played;
  add(out.sum, x);
  if (!x.broken.empty())
    out.bad_seeds.push_back({seed, x.broken});
}

/// Every `step`th seed, beginning with the `offset`th.
template <class Begin, class End>
void play_share(const seed_range& what, uint32_t offset, uint32_t step,
                Begin begin, End end) {
  auto until = steady::now() + what.time_max;
  for (uint64_t i = offset; i < what.count; i += step) {
    if (what.time_max.count() > 0 && steady::now() > until)
      return;
    auto seed = what.first + i;
    begin(seed);
    end(seed, play(draw_plan(seed, what.faults, what.own)));
  }
}

void say(int to, const json& x) {
  auto line = x.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
  for (size_t at = 0; at < line.size();) {
    auto n = ::write(to, line.data() + at, line.size() - at);
    if (n <= 0)
      ::_exit(1); // Nobody listens any more.
    at += static_cast<size_t>(n);
  }
}

std::string no_player(const char* what) {
  return std::string{"a process to play in could not be started: "} + what
         + ": " + std::strerror(errno)
         + "; use fewer with --jobs, or raise the limit (`ulimit -a`)";
}

/// Nothing, and `trouble` says why, where the system has no room for it.
std::optional<player> start_player(const seed_range& what, uint32_t offset,
                                   std::string& trouble) {
  int ends[2];
  if (::pipe(ends) != 0) {
    trouble = no_player("pipe");
    return std::nullopt;
  }
  player x;
  x.from = ends[0];
  x.pid = ::fork(); // No thread and no actor system is there yet.
  if (x.pid < 0) {
    trouble = no_player("fork");
    ::close(ends[0]);
    ::close(ends[1]);
    return std::nullopt;
  }
  if (x.pid == 0) {
    ::close(ends[0]);
    play_share(
      what, offset, what.processes,
      [&](uint64_t seed) {
        say(ends[1], {{"begins", seed}});
      },
      [&](uint64_t seed, const report& r) { say(ends[1], to_json(seed, r)); });
    ::_exit(0);
  }
  ::close(ends[1]);
  return x;
}

void read_lines(player& x, seeds_report& out) {
  for (auto end = x.text.find('\n'); end != std::string::npos;
       end = x.text.find('\n')) {
    auto line = json::parse(x.text.substr(0, end));
    x.text.erase(0, end + 1);
    x.busy = line.contains("begins");
    if (x.busy)
      x.seed = line.at("begins");
    else
      take(out, line.at("seed"), from_json(line));
  }
}

/// False: it has ended.
bool hear(player& x, seeds_report& out) {
  char buffer[4096];
  auto n = ::read(x.from, buffer, sizeof buffer);
  if (n > 0) {
    x.text.append(buffer, static_cast<size_t>(n));
    read_lines(x, out);
    return true;
  }
  ::close(x.from);
  x.from = -1;
  int status = 0;
  ::waitpid(x.pid, &status, 0);
  if (x.busy) {
    ++out.played;
    out.bad_seeds.push_back(
      {x.seed,
       "crash: the simulation itself ended"
         + (WIFSIGNALED(status)
              ? " by signal " + std::to_string(WTERMSIG(status))
              : " with exit code " + std::to_string(WEXITSTATUS(status)))});
  }
  return false;
}

} // namespace

seeds_report play_seeds(const seed_range& what) {
  seeds_report out;
  if (what.processes == 0) {
    play_share(
      what, 0, 1, [](uint64_t) {},
      [&](uint64_t seed, const report& x) { take(out, seed, x); });
    return out;
  }
  std::vector<player> players;
  for (uint32_t i = 0; i < what.processes; ++i)
    if (auto x = start_player(what, i, out.trouble))
      players.push_back(std::move(*x));
  for (auto open = players.size(); open > 0;) {
    std::vector<pollfd> wait;
    wait.reserve(players.size());
    for (const auto& x : players)
      wait.push_back({x.from, POLLIN, 0});
    ::poll(wait.data(), wait.size(), -1);
    for (size_t i = 0; i < players.size(); ++i)
      if (wait[i].revents != 0 && !hear(players[i], out))
        --open;
  }
  std::sort(out.bad_seeds.begin(), out.bad_seeds.end(),
            [](const auto& a, const auto& b) { return a.seed < b.seed; });
  return out;
}

} // namespace troupe::sim
