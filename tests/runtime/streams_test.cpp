#include <catch2/catch.hpp>

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
    auto told = json::parse(x.json);
    runs_.insert(told.value("run", ""));
    cursors_ += x.cursor.empty() ? 0 : 1;
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

} // namespace

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
  CHECK(blue->cursors() == 0);
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
