#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "troupe/node.hpp"

namespace troupe::test {

/// Which tasks were worked on, and how often.
class witness {
public:
  void saw(const std::string& task) {
    std::lock_guard guard{mutex_};
    ++times_[task];
  }
  size_t tasks() const {
    std::lock_guard guard{mutex_};
    return times_.size();
  }
  /// Tasks that were worked on more than once.
  size_t repeated() const {
    std::lock_guard guard{mutex_};
    size_t n = 0;
    for (const auto& [task, times] : times_)
      n += times > 1;
    return n;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, int> times_;
};

inline profile who(std::string name, std::string capability, uint32_t slots) {
  profile x;
  x.name = std::move(name);
  x.capabilities = {std::move(capability)};
  x.max_load = slots;
  return x;
}

/// Answers with its input, at once.
inline void add_echo(node& to, const std::string& name = "echo") {
  class echo : public reactive_agent {
    void perform(const task& t, reply done) override {
      done(outcome::done(t.input));
    }
  };
  to.add(who(name, "echo", 100), [] { return std::make_unique<echo>(); });
}

/// Takes `delay` for each task and tells the witness.
inline void add_slow(node& to, witness& w, std::chrono::milliseconds delay,
                     uint32_t slots) {
  class slow : public reactive_agent {
  public:
    slow(witness& w, std::chrono::milliseconds delay) : w_(w), delay_(delay) {}
    void perform(const task& t, reply done) override {
      w_.saw(t.id);
      done.after(delay_, outcome::done(t.input));
    }

  private:
    witness& w_;
    std::chrono::milliseconds delay_;
  };
  to.add(who("slow", "slow", slots),
         [&w, delay] { return std::make_unique<slow>(w, delay); });
}

/// The same on threads.
inline void add_blocking(node& to, witness& w, std::chrono::milliseconds delay,
                         uint32_t slots) {
  class blocking : public agent {
  public:
    blocking(witness& w, std::chrono::milliseconds delay)
      : w_(w), delay_(delay) {}
    outcome perform(const task& t, context& ctx) override {
      w_.saw(t.id);
      if (ctx.wait(delay_))
        return outcome::failed("cancelled", category::cancelled);
      return outcome::done(t.input);
    }

  private:
    witness& w_;
    std::chrono::milliseconds delay_;
  };
  to.add(who("blocking", "blocking", slots),
         [&w, delay] { return std::make_unique<blocking>(w, delay); });
}

inline std::string tasks_for(const std::string& capability, int n) {
  std::string list = "[";
  for (int i = 0; i < n; ++i)
    list += std::string{i > 0 ? "," : ""} + R"({"agent":{"capabilities":[")"
            + capability + R"("]},"input":{"n":)" + std::to_string(i) + "}}";
  return list + ']';
}

inline node_options quiet(std::string data = {}) {
  node_options opts;
  opts.data = std::move(data);
  opts.shards = 8;
  opts.warn = [](const std::string&) {};
  return opts;
}

} // namespace troupe::test
