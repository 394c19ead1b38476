#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "bench.hpp"

namespace troupe::bench {

/// Holds tasks back until it is opened.
struct gate {
  std::mutex mutex;
  std::vector<reply> waiting;
  std::atomic<bool> open{false};
  std::atomic<uint64_t> seen{0};

  void take(reply done) {
    ++seen;
    if (!open) {
      std::lock_guard guard{mutex};
      if (!open)
        return waiting.push_back(std::move(done));
    }
    done(outcome::done());
  }
  void close() {
    open = false;
    seen = 0;
  }
  void let_go() {
    std::vector<reply> list;
    {
      std::lock_guard guard{mutex};
      open = true;
      list.swap(waiting);
    }
    for (auto& done : list)
      done(outcome::done());
  }
};

inline void add_gate(node& to, const std::shared_ptr<gate>& g,
                     uint32_t max_load) {
  class gated : public reactive_agent {
  public:
    explicit gated(std::shared_ptr<gate> g) : gate_(std::move(g)) {}
    void perform(const task&, reply done) override {
      gate_->take(std::move(done));
    }

  private:
    std::shared_ptr<gate> gate_;
  };
  profile who;
  who.name = "gate";
  who.capabilities = {"noop"};
  who.max_load = max_load;
  to.add(who, [g] { return std::make_unique<gated>(g); });
}

/// Runs that have not ended, live or rows.
inline uint64_t open_runs(node& n) {
  std::string body;
  must(n.ask("status", "{}", body));
  auto status = nlohmann::json::parse(body);
  return status["live_runs"].get<uint64_t>()
         + status["backlog"].get<uint64_t>();
}

} // namespace troupe::bench
