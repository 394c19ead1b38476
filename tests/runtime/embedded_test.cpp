#include <catch2/catch.hpp>

#include <future>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <nlohmann/json.hpp>

#include "runtime/agents.hpp"
#include "runtime/directory.hpp"
#include "troupe/caf.hpp"

// What programs that embed a node use beyond submitting.

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr auto nap = R"([{"name":"nap","sleep":"50ms"}])";

submit_options in_workspace(const std::string& name) {
  submit_options how;
  how.workspace = name;
  return how;
}

} // namespace

TEST_CASE("a run is waited for by its id", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto run = n.submit_tasks(nap, in_workspace("lab")).run;
  auto end = n.wait(run, "lab");
  CHECK_FALSE(end.error);
  CHECK(end.run == run);
  CHECK(end.state == "completed");
  CHECK(n.wait(run, "lab").state == "completed");   // Once more, after its end.
  CHECK(n.wait(run).error.code == errc::not_found); // Another workspace.
  CHECK(n.wait("nonsense").error.code == errc::invalid);
}

TEST_CASE("a run of an earlier life is waited for", "[runtime]")
{
  directory dir;
  std::string run;
  {
    node n{quiet(dir / "data")};
    REQUIRE_FALSE(n.start());
    run = n.submit_tasks(nap).run;
  }
  node n{quiet(dir / "data")};
  REQUIRE_FALSE(n.start());
  CHECK(n.wait(run).state == "completed");
}

TEST_CASE("a watcher hears of everything until the run has ended", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto run = n.submit_tasks(R"([{"name":"a","agent":"echo","input":1}])").run;
  auto kinds = std::make_shared<std::vector<std::string>>();
  auto over = std::make_shared<std::promise<void>>();
  REQUIRE_FALSE(n.watch(run, [kinds, over](const std::string& event) {
    kinds->push_back(json::parse(event).value("kind", ""));
    if (kinds->back() == "end")
      over->set_value();
    return true;
  }));
  over->get_future().wait();
  CHECK(kinds->size() > 3);
  CHECK(kinds->front() != "end");
  CHECK(n.watch("nonsense", {}).code == errc::invalid);
}

TEST_CASE("a watcher that has heard enough is left alone", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  auto run = n.submit_tasks(nap).run;
  auto heard = std::make_shared<std::atomic<int>>(0);
  REQUIRE_FALSE(n.watch(run, [heard](const std::string&) {
    ++*heard;
    return false;
  }));
  n.wait(run);
  CHECK(*heard == 1);
}

TEST_CASE("actors of one's own live in the node's system", "[runtime]")
{
  auto opts = quiet();
  auto configured = 0;
  opts.configure = [&](caf::actor_system_config&) { ++configured; };
  node n{opts};
  REQUIRE_FALSE(n.start());
  CHECK(configured == 1);
  auto& sys = actor_system_of(n);
  caf::scoped_actor self{sys};
  auto twice = sys.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](int32_t x) { return 2 * x; }};
  });
  int32_t answer = 0;
  self->request(twice, 5s, int32_t{21})
    .receive([&](int32_t x) { answer = x; }, [](const caf::error&) {});
  CHECK(answer == 42);
  self->send_exit(twice, caf::exit_reason::user_shutdown);
}
