// How many allocation decisions a second the core makes: agents finish, new
// tasks are queued, the next ones are given out. Two situations:
//   saturated: every slot is taken, each end of a task makes room for one;
//   half full: agents have room, each new task goes to the best of them.
// Prints a line for each, medians of 21 slices; compare `--agents 100` with
// `--agents 10000`.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "core/allocator.hpp"

namespace {

using namespace troupe;
using namespace troupe::core;

/// Processor time of this program: on a shared machine the wall clock measures
/// the others.
double now_ns() {
  return static_cast<double>(std::clock()) * 1e9 / CLOCKS_PER_SEC;
}

struct settings {
  uint32_t agents = 10'000;
  uint32_t capabilities = 100;
  uint32_t queued = 1'000'000;
  uint32_t workspaces = 4;
  uint32_t decisions = 1'000'000;
  uint32_t batch = 64;
  uint32_t each = 5; // Capabilities of one agent.
};

/// Small, fast, the same everywhere.
class dice {
public:
  uint32_t roll(uint32_t n) {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<uint32_t>((state_ >> 33) % n);
  }

private:
  uint64_t state_ = 42;
};

class field {
public:
  explicit field(const settings& opts) : opts_(opts), alloc_({}) {
    for (uint32_t i = 0; i < opts.capabilities; ++i) {
      auto x = std::make_shared<needs>();
      x->capabilities = {"skill" + std::to_string(i)};
      x->type = "type" + std::to_string(i % 10);
      needs_.push_back(std::move(x));
    }
    for (uint32_t i = 0; i < opts.workspaces; ++i)
      workspaces_.emplace_back("team" + std::to_string(i));
    for (uint32_t i = 0; i < opts.agents; ++i)
      alloc_.agent_up(make_agent(i));
  }

  void offer(uint32_t n) {
    fresh_.clear();
    for (uint32_t i = 0; i < n; ++i) {
      ready x;
      x.task =
        id::make(from_us(1'700'000'000'000'000), roll_.roll(4096), next_ >> 10)
          .with(next_ & 1023);
      ++next_;
      x.need = needs_[roll_.roll(opts_.capabilities)];
      x.workspace = workspaces_[roll_.roll(opts_.workspaces)];
      x.priority = static_cast<uint8_t>(1 + roll_.roll(10));
      x.queued_at = from_us(1'700'000'000'000'000 + int64_t{next_} * 10);
      fresh_.push_back(std::move(x));
    }
    alloc_.offer(fresh_);
  }

  void decide(uint32_t n) {
    for (const auto& x : alloc_.decide(from_us(1'800'000'000'000'000), n)) {
      running_.push_back({x.task, x.attempt});
      ++made_;
    }
  }

  void end(uint32_t n) {
    ended_.clear();
    for (uint32_t i = 0; i < n && !running_.empty(); ++i) {
      auto& x = running_[roll_.roll(static_cast<uint32_t>(running_.size()))];
      ended_.push_back(x);
      x = running_.back();
      running_.pop_back();
    }
    alloc_.freed(ended_);
  }

  /// Makes `opts.decisions` in slices; prints the medians of their rates.
  void measure(const char* name) {
    std::vector<double> cycles;
    std::vector<double> decides;
    auto steps = alloc_.steps();
    auto made = made_;
    for (int i = 0; i < slices; ++i) {
      auto [all, inside] = slice(opts_.decisions / slices);
      cycles.push_back(all);
      decides.push_back(inside);
    }
    std::sort(cycles.begin(), cycles.end());
    std::sort(decides.begin(), decides.end());
    std::printf("%-9s agents %6u  capabilities %4u  queued %7zu  running %6zu"
                "  cycle %8.0f/s %5.0f ns  decide alone %8.0f/s %5.0f ns"
                "  steps %.1f\n",
                name, opts_.agents, opts_.capabilities, alloc_.queued(),
                alloc_.assigned(), 1e9 / cycles[slices / 2], cycles[slices / 2],
                1e9 / decides[slices / 2], decides[slices / 2],
                static_cast<double>(alloc_.steps() - steps)
                  / static_cast<double>(made_ - made));
  }

  const allocator& all() const { return alloc_; }

private:
  static constexpr int slices = 21;

  /// Nanoseconds per decision, all in all and in `decide` alone.
  std::pair<double, double> slice(uint32_t n) {
    double inside = 0;
    auto until = made_ + n;
    auto begun = made_;
    auto begin = now_ns();
    while (made_ < until) {
      end(opts_.batch);
      offer(opts_.batch);
      auto from = now_ns();
      decide(opts_.batch);
      inside += now_ns() - from;
    }
    auto all = now_ns() - begin;
    auto count = static_cast<double>(made_ - begun);
    return {all / count, inside / count};
  }

  profile make_agent(uint32_t i) {
    profile x;
    x.name = "agent-" + std::to_string(i);
    for (uint32_t k = 0; k < opts_.each; ++k)
      x.capabilities.push_back(
        "skill" + std::to_string(roll_.roll(opts_.capabilities)));
    x.cost = roll_.roll(5);
    return x;
  }

  settings opts_;
  allocator alloc_;
  std::vector<std::shared_ptr<const needs>> needs_;
  std::vector<text> workspaces_;
  std::vector<ready> fresh_;
  std::vector<attempt_id> running_;
  std::vector<attempt_id> ended_;
  dice roll_;
  uint32_t next_ = 0;
  uint64_t made_ = 0;
};

void saturated(const settings& opts) {
  field x{opts};
  for (uint32_t left = opts.queued; left > 0;) {
    auto n = std::min(left, 4096u);
    x.offer(n);
    left -= n;
  }
  x.decide(opts.agents * 3);
  x.measure("saturated");
  std::printf("%-9s queue memory %.1f bytes/task\n", "",
              static_cast<double>(x.all().queue_bytes())
                / static_cast<double>(std::max<size_t>(1, x.all().queued())));
}

void half_full(const settings& opts) {
  field x{opts};
  x.offer(opts.agents * 3 / 2);
  x.decide(opts.agents * 3);
  x.measure("half full");
}

uint32_t* find(settings& opts, const char* name) {
  struct {
    const char* name;
    uint32_t* value;
  } all[] = {{"--agents", &opts.agents},
             {"--capabilities", &opts.capabilities},
             {"--queued", &opts.queued},
             {"--workspaces", &opts.workspaces},
             {"--decisions", &opts.decisions},
             {"--batch", &opts.batch},
             {"--each", &opts.each}};
  for (auto& x : all)
    if (std::strcmp(x.name, name) == 0)
      return x.value;
  return nullptr;
}

} // namespace

int main(int argc, char** argv) {
  settings opts;
  for (int i = 1; i < argc; i += 2) {
    auto* value = find(opts, argv[i]);
    auto n = i + 1 < argc ? std::strtoul(argv[i + 1], nullptr, 10) : 0;
    if (value == nullptr || n == 0 || n > 100'000'000) {
      std::fprintf(stderr,
                   "usage: %s [--agents N] [--capabilities N] [--queued N] "
                   "[--workspaces N] [--decisions N] [--batch N] [--each N]\n",
                   argv[0]);
      return 2;
    }
    *value = static_cast<uint32_t>(n);
  }
  saturated(opts);
  half_full(opts);
}
