#include <catch2/catch.hpp>

#include "actors/stage.hpp"
#include "actors/witness.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using what = supervision_event::what;

struct restarts : stage {
  witness_ptr seen = std::make_shared<witness>();
  supervisor sup;

  void open(supervisor_spec spec) {
    auto root = spawn_supervisor(sys, std::move(spec));
    REQUIRE(root);
    sup = *root;
    settle();
  }

  caf::actor child(const std::string& id) { return sup.child(id).handle(); }

  void fail(const std::string& id) {
    caf::anon_send(child(id), caf::delete_atom_v);
    settle();
  }

  std::vector<child_spec> abc() {
    return {actor_child("a", seen), actor_child("b", seen),
            actor_child("c", seen)};
  }

  child_state state_of(size_t index) {
    return ask<tree_node>(sup.handle, tree_atom_v)->children.at(index).state;
  }
};

} // namespace

TEST_CASE_METHOD(restarts, "a child that failed comes back at once",
                 "[actors]") {
  open(troupe_of("top", seen, abc()));
  CHECK(seen->take() == "+a1 +b1 +c1");
  fail("b");
  CHECK(seen->take() == "-b1 +b2");
  CHECK(*ask<uint64_t>(child("b"), caf::ping_atom_v) == 2);
}

TEST_CASE_METHOD(restarts, "at most max restarts in a window, then it is over",
                 "[actors][S1]") {
  auto spec = troupe_of("top", seen, abc());
  spec.limit = {3, 5s};
  for (auto& c : spec.children)
    c.backoff = {.min = 1ms, .max = 1ms};
  open(spec);
  for (int i = 0; i < 3; ++i) {
    fail(i % 2 ? "a" : "b"); // All children share the window.
    advance(2ms);
  }
  CHECK(alive(sup.handle));
  CHECK(seen->running == 3);
  fail("c");
  CHECK_FALSE(alive(sup.handle));
  CHECK(seen->running == 0);
  CHECK(seen->count(what::restarting) == 3);
  CHECK(seen->count(what::escalated) == 1);
}

TEST_CASE_METHOD(restarts, "failures with room between them go on for ever",
                 "[actors][S1]") {
  auto spec = troupe_of("top", seen, abc());
  spec.limit = {2, 1s};
  spec.children[0].backoff.jitter = 0;
  open(spec);
  for (int i = 0; i < 40; ++i) {
    fail("a");
    advance(31s, 100ms); // Longer than any backoff.
  }
  CHECK(alive(sup.handle));
  CHECK(seen->alive["a"] == 1);
}

TEST_CASE_METHOD(restarts, "rest_for_one touches what started later, only",
                 "[actors][S4]") {
  auto spec = troupe_of("top", seen, abc());
  spec.strategy = restart_strategy::rest_for_one;
  open(spec);
  seen->take();
  fail("b");
  CHECK(seen->take() == "-b1 -c1 +b2 +c2");
  fail("c");
  CHECK(seen->take() == "-c2 +c3"); // Its own first failure: no backoff.
  fail("a");
  CHECK(seen->take() == "-a1 -c3 -b2 +a2 +b3 +c4");
}

TEST_CASE_METHOD(restarts, "one_for_all has no sibling of two generations",
                 "[actors][S5]") {
  auto spec = troupe_of("top", seen, abc());
  spec.children[2] = actor_child("c", seen, manner::slow);
  spec.strategy = restart_strategy::one_for_all;
  open(spec);
  seen->take();
  fail("b");
  CHECK(seen->take() == "-b1");
  CHECK(child("b") == nullptr);
  advance(40ms);
  CHECK(seen->take() == "-c1 -a1 +a2 +b2 +c2");
  fail("b"); // The second in a row: all wait for its backoff.
  advance(40ms);
  CHECK(seen->take() == "-b2 -c2 -a2");
  advance(150ms);
  CHECK(seen->take() == "+a3 +b3 +c3");
}

TEST_CASE_METHOD(restarts,
                 "a transient child that ended well stays down, a "
                 "temporary one always",
                 "[actors][S6]") {
  auto spec = troupe_of("top", seen, abc());
  spec.children[1].restart = restart_when::transient;
  spec.children[2].restart = restart_when::temporary;
  spec.strategy = restart_strategy::one_for_all;
  open(spec);
  seen->take();
  fail("c");
  CHECK(seen->take() == "-c1");
  caf::anon_send(child("b"), caf::close_atom_v);
  settle();
  CHECK(seen->take() == "-b1");
  CHECK(state_of(1) == child_state::stopped);
  fail("a"); // Neither comes back with a sibling.
  CHECK(seen->take() == "-a1 +a2");
}

TEST_CASE_METHOD(restarts, "a temporary child is dropped with its siblings",
                 "[actors][S6]") {
  auto spec = troupe_of("top", seen, abc());
  spec.children[2].restart = restart_when::temporary;
  spec.children[1].restart = restart_when::transient;
  spec.strategy = restart_strategy::rest_for_one;
  open(spec);
  seen->take();
  fail("a");
  CHECK(seen->take() == "-a1 -c1 -b1 +a2 +b2");
}

TEST_CASE_METHOD(restarts,
                 "significant children end their supervisor, a stop "
                 "by the supervisor does not count",
                 "[actors][S7]") {
  auto all = GENERATE(false, true);
  auto spec = troupe_of("top", seen, abc());
  spec.shutdown =
    all ? auto_shutdown::all_significant : auto_shutdown::any_significant;
  for (int i : {0, 1}) {
    spec.children[i].restart = restart_when::transient;
    spec.children[i].significant = true;
  }
  open(spec);
  CHECK(ask<caf::ok_atom>(sup.handle, child_stop_atom_v, std::string{"a"}));
  CHECK(ask<caf::ok_atom>(sup.handle, child_restart_atom_v, std::string{"a"}));
  CHECK(seen->running == 3);
  caf::anon_send(child("a"), caf::close_atom_v);
  settle();
  CHECK(alive(sup.handle) == all);
  fail("b"); // It comes back: not its end.
  CHECK(alive(sup.handle) == all);
  caf::anon_send(child("b"), caf::close_atom_v);
  settle();
  CHECK_FALSE(alive(sup.handle));
  CHECK(seen->running == 0);
}

TEST_CASE("a permanent child cannot be significant", "[actors][S7]")
{
  auto seen = std::make_shared<witness>();
  auto spec = troupe_of("top", seen, {actor_child("a", seen)});
  spec.children[0].significant = true;
  REQUIRE(problems(spec).size() == 1);
  stage s;
  auto root = spawn_supervisor(s.sys, spec);
  REQUIRE_FALSE(root);
  CHECK(root.error() == errc::invalid);
}

TEST_CASE_METHOD(restarts,
                 "a start that fails counts, holds up those after it "
                 "and keeps the order",
                 "[actors][S8]") {
  seen->failing_starts["b"] = 3;
  auto spec = troupe_of("top", seen, abc());
  spec.children[1].backoff.jitter = 0;
  open(spec);
  CHECK(seen->take() == "+a1"); // b failed twice: at once, and now it waits.
  CHECK(state_of(1) == child_state::backing_off);
  CHECK(state_of(2) == child_state::starting);
  fail("a"); // Another one fails in the meantime.
  CHECK(seen->take() == "-a1 +a2");
  advance(100ms);
  CHECK(seen->take() == "-a2"); // b's third, and with a's the fourth of all.
  CHECK_FALSE(alive(sup.handle));
}

TEST_CASE_METHOD(restarts, "what fails while siblings start keeps the order",
                 "[actors][S8]") {
  auto spec = troupe_of("top", seen, abc());
  spec.strategy = restart_strategy::rest_for_one;
  for (auto& c : spec.children)
    c.announces_ready = true;
  open(spec);
  CHECK(seen->take() == "+a1");
  auto lineup = ask<tree_node>(sup.handle, tree_atom_v);
  CHECK(lineup->children[0].state == child_state::starting);
  CHECK(child("a") == nullptr);
  CHECK(seen->count(what::started) == 0);
  advance(11s); // It does not announce itself.
  CHECK(seen->take() == "-a1 +a2");
  CHECK(seen->events.at(0).reason.find("announce") != std::string::npos);
}

TEST_CASE_METHOD(restarts, "escalation reaches the root step by step",
                 "[actors][S9]") {
  auto make = [&](const std::string& name, child_spec child) {
    auto spec = troupe_of(name, seen, {std::move(child)});
    spec.limit = {1, 60s};
    spec.children[0].backoff = {.min = 1ms, .max = 1ms};
    return spec;
  };
  auto low = make("low", actor_child("a", seen));
  low.names = std::make_shared<roster>();
  child_ref<> leaf{low.names, "a"};
  open(make("top", supervisor_child(make("mid", supervisor_child(low)))));
  int failures = 0;
  while (alive(sup.handle) && failures < 20) {
    REQUIRE(leaf.handle());
    caf::anon_send(leaf.handle(), caf::delete_atom_v);
    advance(5ms);
    ++failures;
  }
  CHECK(failures == 8); // (1 + 1) at each of three levels.
  CHECK(seen->running == 0);
  CHECK(seen->alive_most == 1);
}

TEST_CASE_METHOD(restarts,
                 "a child that gives up alone is disabled and can be "
                 "enabled",
                 "[actors]") {
  auto spec = troupe_of("agents", seen, abc());
  spec.children[1].give_up = on_give_up::disable;
  spec.limit = {1, 60s};
  open(spec);
  fail("b");
  fail("b");
  CHECK(alive(sup.handle));
  CHECK(state_of(1) == child_state::failed);
  CHECK(seen->count(what::gave_up) == 1);
  fail("a"); // The shared window is untouched.
  CHECK(alive(sup.handle));
  CHECK(ask<caf::ok_atom>(sup.handle, child_restart_atom_v, std::string{"b"}));
  CHECK(state_of(1) == child_state::running);
}

TEST_CASE_METHOD(restarts, "backoff grows, and is reset by a quiet life",
                 "[actors][S12]") {
  auto spec = troupe_of("top", seen, {actor_child("a", seen)});
  spec.limit = {100, 1s};
  spec.children[0].backoff = {.min = 100ms, .max = 1s, .reset_after = 10s};
  open(spec);
  std::vector<std::chrono::microseconds> delays;
  for (int i = 0; i < 7; ++i) {
    fail("a");
    delays.push_back(seen->events.back().kind == what::started
                       ? 0us
                       : seen->events.back().delay);
    advance(i == 5 ? 12s : 2s, 10ms);
  }
  CHECK(delays[0] == 0us);
  auto nominal = 100'000.0;
  for (int i = 1; i < 6; ++i, nominal = std::min(nominal * 2, 1e6))
    CHECK(delays[i].count() == Approx(nominal).epsilon(0.21));
  CHECK(delays[6] == 0us);
}

TEST_CASE_METHOD(restarts, "an exception in a start function is a failed start",
                 "[actors]") {
  auto spec = troupe_of("top", seen, abc());
  spec.children[1].start = [](child_context&) -> caf::expected<caf::actor> {
    throw std::runtime_error{"no such file"};
  };
  spec.children[1].give_up = on_give_up::disable;
  spec.children[1].limit = restart_intensity{0, 1s};
  open(spec);
  CHECK(seen->take() == "+a1 +c1");
  auto node = ask<tree_node>(sup.handle, tree_atom_v)->children[1];
  CHECK(node.state == child_state::failed);
  CHECK(node.last_error.find("no such file") != std::string::npos);
}
