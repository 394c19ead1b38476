#include <catch2/catch.hpp>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

#include <nlohmann/json.hpp>

#include "core/api.hpp"
#include "runtime/agents.hpp"
#include "runtime/asking.hpp"

// Who follows runs live.

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// What a stream told, until it saw all of `wanted` end.
class listener {
public:
  explicit listener(std::string until) : until_(std::move(until)) {}

  bool take(const core::watch_event& x) {
    std::lock_guard guard{mutex_};
    if (over_)
      return false;
    cursors_ += x.cursor.empty() ? 0 : 1;
    if (x.json.empty())
      return true;
    auto told = json::parse(x.json);
    runs_.insert(told.value("run", ""));
    auto state = told.value("detail", json{});
    over_ =
      x.last
      || (told.value("run", "") == until_
          && told.value("kind", "") == "run_state" && state == "completed");
    if (over_)
      seen_.set_value();
    return !over_;
  }

  bool wait() {
    return seen_.get_future().wait_for(20s) == std::future_status::ready;
  }
  std::set<std::string> runs() {
    std::lock_guard guard{mutex_};
    return runs_;
  }
  int cursors() {
    std::lock_guard guard{mutex_};
    return cursors_;
  }
  void expect(std::string run) {
    std::lock_guard guard{mutex_};
    until_ = std::move(run);
  }

private:
  std::mutex mutex_;
  std::string until_;
  std::set<std::string> runs_;
  int cursors_ = 0;
  bool over_ = false;
  std::promise<void> seen_;
};

/// What a stream told: which facts, and where it stood.
class collector {
public:
  /// Wants no more after so many facts.
  explicit collector(size_t most = SIZE_MAX) : most_(most) {}

  bool take(const core::watch_event& x) {
    std::lock_guard guard{mutex_};
    if (over_)
      return false;
    if (!x.cursor.empty())
      cursor_ = x.cursor;
    over_ = x.last;
    last_ = x.json;
    if (!x.json.empty()) {
      auto told = json::parse(x.json);
      if (told.contains("seq"))
        facts_.emplace_back(told["run"], told["seq"]);
      kinds_.insert(told.value("kind", ""));
    }
    over_ = over_ || facts_.size() >= most_;
    changed_.notify_all();
    return !over_;
  }

  bool wait_for_facts(size_t count) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, 20s,
                             [&] { return facts_.size() >= count; });
  }
  bool wait_for_place() {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, 20s, [&] { return !cursor_.empty(); });
  }
  bool wait_for_end() {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, 20s, [&] { return over_; });
  }

  using fact_name = std::pair<std::string, uint64_t>;
  std::vector<fact_name> facts() {
    std::lock_guard guard{mutex_};
    return facts_;
  }
  std::set<std::string> kinds() const { return kinds_; }
  std::string cursor() const { return cursor_; }
  std::string last() const { return last_; }

private:
  const size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<fact_name> facts_;
  std::set<std::string> kinds_;
  std::string cursor_;
  std::string last_;
  bool over_ = false;
};

std::shared_ptr<collector> collect(node& n, core::watch_request what,
                                   size_t most = SIZE_MAX) {
  auto out = std::make_shared<collector>(most);
  n.api()->watch(std::move(what),
                 [out](const core::watch_event& x) { return out->take(x); });
  return out;
}

/// One event at a time, the next one when the reader says so; then all.
class hesitant : public core::watch_pace {
public:
  bool has_room(std::function<void()> then) override {
    std::lock_guard guard{mutex_};
    if (!hurries_)
      wait_ = std::move(then);
    asked_.notify_all();
    return hurries_;
  }
  bool go_on() {
    std::unique_lock guard{mutex_};
    if (!asked_.wait_for(guard, 20s, [&] { return wait_ != nullptr; }))
      return false;
    auto next = std::exchange(wait_, nullptr);
    guard.unlock();
    next();
    return true;
  }
  bool hurry() {
    {
      std::lock_guard guard{mutex_};
      hurries_ = true;
    }
    return go_on();
  }

private:
  std::mutex mutex_;
  std::condition_variable asked_;
  std::function<void()> wait_;
  bool hurries_ = false;
};

/// All facts of these runs, as their own streams tell them.
std::vector<collector::fact_name>
stories(node& n, const std::vector<std::string>& runs) {
  std::vector<collector::fact_name> out;
  for (const auto& run : runs) {
    core::watch_request one;
    one.run = *core::id_from(run);
    auto story = collect(n, one);
    REQUIRE(story->wait_for_end());
    auto facts = story->facts();
    CHECK(std::is_sorted(facts.begin(), facts.end()));
    out.insert(out.end(), facts.begin(), facts.end());
  }
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace

TEST_CASE("the stream of all runs goes on exactly where it was left",
          "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto first = collect(n, {}, 40);
  REQUIRE(first->wait_for_place());
  std::vector<std::string> runs;
  for (int i = 0; i < 8; ++i)
    runs.push_back(n.run(tasks_for("echo", 3)).run);
  REQUIRE(first->wait_for_end());
  for (int i = 0; i < 4; ++i)
    runs.push_back(n.run(tasks_for("echo", 2)).run);
  auto expected = stories(n, runs);
  // Some of it is past by now, some still happens.
  core::watch_request what;
  what.after = first->cursor();
  auto rest = collect(n, what);
  runs.push_back(n.run(tasks_for("echo", 3)).run);
  expected = stories(n, runs);
  REQUIRE(rest->wait_for_facts(expected.size() - 40));
  auto all = first->facts();
  auto more = rest->facts();
  all.insert(all.end(), more.begin(), more.end());
  for (const auto& run : runs) {
    std::vector<uint64_t> order;
    for (const auto& x : all)
      if (x.first == run)
        order.push_back(x.second);
    CHECK(std::is_sorted(order.begin(), order.end()));
  }
  std::sort(all.begin(), all.end());
  CHECK(all == expected);
}

TEST_CASE("who takes the past slowly misses nothing of it, nor of the present",
          "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto begin = collect(n, {});
  REQUIRE(begin->wait_for_place());
  core::watch_request what;
  what.after = begin->cursor();
  std::vector<std::string> runs{n.run(tasks_for("echo", 5)).run};
  auto pace = std::make_shared<hesitant>();
  what.pace = pace;
  auto rest = collect(n, what);
  auto past = stories(n, runs);
  for (size_t i = 0; i < past.size() / 2; ++i)
    REQUIRE(pace->go_on());
  CHECK(rest->facts().size() <= past.size() / 2 + 1);
  runs.push_back(n.run(tasks_for("echo", 2)).run);
  REQUIRE(pace->hurry());
  runs.push_back(n.run(tasks_for("echo", 2)).run);
  auto expected = stories(n, runs);
  REQUIRE(rest->wait_for_facts(expected.size()));
  auto all = rest->facts();
  std::sort(all.begin(), all.end());
  CHECK(all == expected);
}

TEST_CASE("a stream tells the kinds that were asked for", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  core::watch_request what;
  what.only.kinds = *core::event_kinds_from("task_ended");
  auto live = collect(n, what);
  REQUIRE(live->wait_for_place());
  auto run = n.run(tasks_for("echo", 3)).run;
  REQUIRE(live->wait_for_facts(3));
  CHECK(live->kinds() == std::set<std::string>{"task_ended"});
  // Of a run that is over, and to its end.
  what.run = *core::id_from(run);
  auto past = collect(n, what);
  REQUIRE(past->wait_for_end());
  CHECK(past->facts().size() == 3);
  CHECK(past->last() == R"({"kind":"end"})");
  what.only.task = what.run.with(1);
  auto one = collect(n, what);
  REQUIRE(one->wait_for_end());
  CHECK(one->facts().size() == 1);
}

TEST_CASE("a cursor of another node leads nowhere, and says so", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  core::watch_request what;
  what.after = core::to_cursor({1, 5, 1});
  auto told = collect(n, what);
  REQUIRE(told->wait_for_end());
  CHECK_THAT(told->last(), Catch::Contains("lost"));
  CHECK_THAT(told->last(), Catch::Contains("cursor"));
}

TEST_CASE("the stream of all runs has those of its workspace only", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto blue = std::make_shared<listener>("");
  core::watch_request what;
  what.workspace = "blue";
  n.api()->watch(what,
                 [blue](const core::watch_event& x) { return blue->take(x); });
  submit_options in_blue;
  in_blue.workspace = "blue";
  std::set<std::string> own;
  for (int i = 0; i < 5; ++i) {
    n.run(tasks_for("echo", 3));
    own.insert(n.run(tasks_for("echo", 3), in_blue).run);
  }
  // The last one waits, so that its end comes when somebody listens for it.
  auto last = n.submit("workflow: w\nsteps: {a: {signal: go}}\n", in_blue);
  own.insert(last.run);
  blue->expect(last.run);
  core::api_request go;
  go.op = "signal";
  go.workspace = "blue";
  go.params = core::text{json{{"run", last.run}, {"name", "go"}}.dump()};
  n.api()->call(go, [](const core::api_answer&) {});
  REQUIRE(blue->wait());
  CHECK(blue->runs() == own);
  CHECK(blue->cursors() > 0);
}

TEST_CASE("who asks again after the end of a run is told that it ended",
          "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto done = n.run(tasks_for("echo", 1));
  core::watch_request what;
  what.run = *core::id_from(done.run);
  what.after = "1000000";
  auto told = std::make_shared<std::promise<std::string>>();
  n.api()->watch(what, [told](const core::watch_event& x) {
    told->set_value(x.json);
    return false;
  });
  auto end = told->get_future();
  REQUIRE(end.wait_for(20s) == std::future_status::ready);
  CHECK(end.get() == R"({"kind":"end"})");
}
