#include <catch2/catch.hpp>

#include "core/allocation_reference.hpp"

using namespace test::allocation;
using namespace std::chrono_literals;

namespace {

/// Plays random events against the allocator and the reference.
class play {
public:
  play(uint64_t seed, permit_source* permits)
    : roll_(seed), alloc_({}, permits) {
    for (const char* ws : {"a", "b", "c"}) {
      ref.shares[ws] = {1.0 + roll_.roll(3), roll_.roll(3) == 0 ? 5u : 0u};
      alloc_.share(text{ws}, ref.shares[ws]);
    }
    for (int i = 0; i < 6; ++i)
      agent_up();
    for (int i = 0; i < 12; ++i)
      kinds_.push_back(kind(permits != nullptr));
  }

  reference ref;

  allocator& alloc() { return alloc_; }
  instant now() const { return now_; }

  void event() {
    now_ += duration{roll_.roll(300'000)};
    switch (roll_.roll(12)) {
      case 0:
        return agent_up();
      case 1:
        return agent_down();
      case 2:
        return toggle();
      case 3:
        return learn();
      case 4:
        return withdraw();
      case 5:
      case 6:
      case 7:
        return end();
      case 8:
        return correct_load();
      default:
        return arrive();
    }
  }

  void took(const decision& x) {
    auto pos = ref.queued.find(x.task);
    REQUIRE(pos != ref.queued.end());
    ref.running[x.task] = {x.agent.str(), pos->second.workspace.str()};
    auto& winner = ref.agents[x.agent.str()];
    ++winner.load;
    winner.last_used = ++uses_;
    ref.queued.erase(pos);
  }

private:
  std::string word() {
    static const char* words[] = {"build",         "deploy", "deploy.k8s",
                                  "deploy.k8s.eu", "test",   "deployer"};
    return words[roll_.roll(6)];
  }

  std::shared_ptr<needs> kind(bool limits) {
    std::vector<std::string> words;
    for (auto n = roll_.roll(3); n > 0; --n)
      words.push_back(word());
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    auto x = need(words, roll_.roll(2) == 0 ? "x" : "y");
    x->partial = roll_.roll(4) == 0;
    if (roll_.roll(4) == 0)
      x->agent = "agent" + std::to_string(roll_.roll(9));
    if (roll_.roll(2) == 0)
      x->preferred = {"fast"};
    if (limits && roll_.roll(3) == 0)
      x->resources["gpu"] = 1 + roll_.roll(3);
    if (limits && roll_.roll(4) == 0) {
      x->rate_key = "rate" + std::to_string(roll_.roll(2));
      x->rate_per_second = 1;
    }
    x->concurrency_limit = limits && roll_.roll(2) == 0 ? 2 : 0;
    return x;
  }

  void agent_up() {
    auto who = an_agent("agent" + std::to_string(roll_.roll(9)),
                        {word(), word()}, 1 + roll_.roll(4));
    if (roll_.roll(2) == 0)
      who.specialisation = "fast";
    who.cost = roll_.roll(2);
    who.region = roll_.roll(2) == 0 ? "eu" : "";
    auto& x = ref.agents[who.name];
    x.who = who;
    alloc_.agent_up(who, x.load);
  }

  std::string any_agent() {
    if (ref.agents.empty())
      return "";
    auto n = roll_.roll(static_cast<uint32_t>(ref.agents.size()));
    return std::next(ref.agents.begin(), n)->first;
  }

  void agent_down() {
    auto name = any_agent();
    std::vector<id> lost;
    for (const auto& [task, x] : ref.running)
      if (x.first == name)
        lost.push_back(task);
    CHECK(alloc_.agent_down(name) == lost);
    for (auto x : lost)
      ref.running.erase(x);
    ref.agents.erase(name);
  }

  void toggle() {
    auto name = any_agent();
    if (name.empty())
      return;
    auto& x = ref.agents[name];
    x.healthy = !x.healthy;
    alloc_.agent_state(name, x.healthy ? agent_health::healthy
                                       : agent_health::draining);
  }

  void learn() {
    auto name = any_agent();
    if (name.empty())
      return;
    auto value = roll_.roll(5) / 4.0;
    ref.agents[name].performance["x"] = value;
    alloc_.performance(name, "x", value);
  }

  void correct_load() {
    auto name = any_agent();
    if (name.empty())
      return;
    ref.agents[name].load = roll_.roll(4);
    alloc_.agent_load(name, ref.agents[name].load);
  }

  void withdraw() {
    if (ref.queued.empty())
      return;
    auto n = roll_.roll(static_cast<uint32_t>(ref.queued.size()));
    auto pos = std::next(ref.queued.begin(), n);
    CHECK(alloc_.withdraw(pos->first));
    CHECK_FALSE(alloc_.withdraw(pos->first));
    ref.queued.erase(pos);
  }

  void end() {
    if (ref.running.empty())
      return;
    auto n = roll_.roll(static_cast<uint32_t>(ref.running.size()));
    auto task = std::next(ref.running.begin(), n)->first;
    CHECK(alloc_.freed(task));
    ref.freed(task);
  }

  void arrive() {
    for (auto n = 1 + roll_.roll(4); n > 0; --n) {
      auto x = a_task(++last_, kinds_[roll_.roll(12)],
                      std::string{"abc"[roll_.roll(3)]});
      x.priority = static_cast<uint8_t>(1 + roll_.roll(10));
      x.queued_at = now_;
      if (x.need->concurrency_limit == 2)
        x.concurrency_key = text{"k" + std::to_string(roll_.roll(3))};
      ref.offer(x);
      offer(alloc_, x);
    }
  }

  dice roll_;
  allocator alloc_;
  std::vector<std::shared_ptr<needs>> kinds_;
  instant now_ = t0;
  uint32_t last_ = 0;
  uint64_t uses_ = 0;
};

} // namespace

TEST_CASE("decisions are those of a search through everything", "[core]")
{
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    play x{seed, nullptr};
    dice roll{seed + 1000};
    for (int i = 0; i < 150; ++i) {
      x.event();
      for (auto n = roll.roll(4); n > 0; --n) {
        auto right = x.ref.decide();
        auto made = x.alloc().decide(x.now(), 1);
        REQUIRE(made.size() == (right ? 1 : 0));
        if (!right)
          break;
        REQUIRE(made[0].task == right->task);
        REQUIRE(made[0].agent.view() == right->agent);
        REQUIRE(made[0].runners_up[0].agent.view() == right->second);
        REQUIRE(made[0].runners_up[1].agent.view() == right->third);
      }
      REQUIRE(x.alloc().queued() == x.ref.queued.size());
      REQUIRE(x.alloc().assigned() == x.ref.running.size());
    }
  }
}

TEST_CASE("with limits, nothing that could start is left and every winner is "
          "the best",
          "[core]")
{
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    plain_permits permits;
    play x{seed, &permits};
    for (int i = 0; i < 150; ++i) {
      x.event();
      for (;;) {
        auto made = x.alloc().decide(x.now(), 1);
        if (made.empty())
          break;
        auto pos = x.ref.queued.find(made[0].task);
        REQUIRE(pos != x.ref.queued.end());
        REQUIRE(x.ref.servable(pos->second));
        REQUIRE(x.ref.ranking(*pos->second.need)[0] == made[0].agent.view());
        x.took(made[0]);
      }
      for (const auto& [key, n] : permits.used)
        REQUIRE(n <= (key == "gpu" ? plain_permits::gpus : 2));
      for (const auto& [task, y] : x.ref.queued)
        REQUIRE((
          !x.ref.servable(y)
          || permits.refusal(
            {y.workspace.view(), *y.need, y.concurrency_key.view()}, x.now())));
    }
  }
}
