#include <catch2/catch.hpp>

#include "actors/stage.hpp"
#include "actors/witness.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using what = supervision_event::what;

struct stops : stage {
  witness_ptr seen = std::make_shared<witness>();
  supervisor sup;

  void open(supervisor_spec spec) {
    auto root = spawn_supervisor(sys, std::move(spec));
    REQUIRE(root);
    sup = *root;
    settle();
  }

  caf::actor child(const std::string& id) { return sup.child(id).handle(); }

  void stop() {
    caf::anon_send_exit(sup.handle, caf::exit_reason::user_shutdown);
    settle();
  }

  void kill(const caf::actor& who) {
    caf::anon_send_exit(who, caf::exit_reason::kill);
  }

  std::vector<child_spec> abc(manner b = manner::plain) {
    return {actor_child("a", seen), actor_child("b", seen, b),
            actor_child("c", seen)};
  }

  /// A dynamic supervisor with `n` children "0", "1", ...
  supervisor_spec many(int n, manner how = manner::plain) {
    std::vector<child_spec> children;
    for (int i = 0; i < n; ++i)
      children.push_back(actor_child(std::to_string(i), seen, how));
    auto spec = troupe_of("many", seen, std::move(children));
    spec.strategy = restart_strategy::dynamic;
    spec.each = actor_child("", seen);
    return spec;
  }
};

} // namespace

TEST_CASE_METHOD(stops, "children stop in the reverse order of their start",
                 "[actors][S2]") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    chaos(seed);
    open(troupe_of("top", seen, abc(manner::slow)));
    caf::anon_send(child("b"), caf::delete_atom_v);
    settle();
    seen->take();
    stop();
    REQUIRE(seen->take() == "-c1"); // b drains, so a has to wait.
    REQUIRE(alive(sup.handle));
    advance(40ms);
    REQUIRE(seen->take() == "-b2 -a1");
    REQUIRE_FALSE(alive(sup.handle));
  }
}

TEST_CASE_METHOD(stops, "nothing starts while the supervisor stops",
                 "[actors][S2]") {
  auto spec = troupe_of("top", seen, abc(manner::slow));
  spec.strategy = restart_strategy::one_for_all;
  open(spec);
  caf::anon_send(child("c"), caf::delete_atom_v); // b drains for the restart.
  settle();
  caf::anon_send(sup.handle, supervisor_stop_atom_v);
  settle();
  seen->take();
  CHECK(ask<caf::ok_atom>(sup.handle, child_restart_atom_v, std::string{"a"})
          .error()
        == errc::stopping);
  advance(1s);
  CHECK(seen->take() == "-b1 -a1");
  CHECK_FALSE(alive(sup.handle));
}

TEST_CASE_METHOD(stops, "a child that does not end in time is killed",
                 "[actors][S3]") {
  auto spec = troupe_of("top", seen, abc(manner::stubborn));
  spec.children[1].stop_timeout = 200ms;
  open(spec);
  stop();
  advance(190ms);
  CHECK(seen->running == 2);
  advance(20ms);
  CHECK(seen->running == 0);
  CHECK_FALSE(alive(sup.handle));
}

TEST_CASE_METHOD(stops,
                 "a killed child that still runs is counted, and the "
                 "stop goes on",
                 "[actors][S3]") {
  open(troupe_of("top", seen, abc()));
  auto b = child("b");
  hold(b);
  stop();
  advance(5100ms, 10ms); // Drain time is over: killed.
  CHECK(seen->count(what::stuck) == 0);
  advance(5s, 10ms); // Nobody can wait longer.
  CHECK(seen->count(what::stuck) == 1);
  CHECK_FALSE(alive(sup.handle));
  CHECK(seen->running == 1);
  release(b);
  settle();
  CHECK(seen->running == 0);
}

TEST_CASE_METHOD(stops, "no child outlives a supervisor that was killed",
                 "[actors][S3][S11]") {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    chaos(seed);
    auto low = troupe_of("low", seen, abc(manner::stubborn));
    auto mid = troupe_of("mid", seen, {supervisor_child(low)});
    open(troupe_of("top", seen, {supervisor_child(mid)}));
    run(draw(12)); // Some are not even born.
    kill(sup.handle);
    settle();
    REQUIRE(seen->running == 0);
  }
}

TEST_CASE_METHOD(stops, "the tree ends with the last handle to its root",
                 "[actors][S3]") {
  child_spec child;
  child.id = "a";
  // A player holds its supervisor; this one holds nobody.
  child.start = [](child_context& ctx) -> caf::expected<caf::actor> {
    return ctx.system.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](caf::ping_atom) {}};
    });
  };
  open(troupe_of("top", seen, {child}));
  auto leaf = this->child("a");
  settle();
  REQUIRE(alive(leaf));
  sup = {};
  settle();
  CHECK_FALSE(alive(leaf));
}

TEST_CASE_METHOD(stops,
                 "the next life of a killed supervisor waits for the "
                 "children of its former one",
                 "[actors][S13]") {
  auto low = troupe_of("low", seen, abc());
  low.names = std::make_shared<roster>();
  auto names = low.names;
  open(troupe_of("top", seen, {supervisor_child(low)}));
  auto b = child_ref<>{names, "b"}.handle();
  hold(b); // Its handler runs and runs.
  kill(child("low"));
  settle();
  CHECK(child_ref<>{names, "b"}.handle() == nullptr);
  auto node = ask<tree_node>(sup.handle, tree_atom_v)->children[0];
  CHECK(node.state == child_state::stopping);
  CHECK(seen->running == 1);
  release(b);
  settle();
  CHECK(seen->running == 3);
  CHECK(seen->alive_most == 1);
  CHECK(child_ref<>{names, "b"}.generation() == 2);
}

TEST_CASE_METHOD(stops,
                 "a stop during the start, a second stop and a kill "
                 "during the stop all come to an end",
                 "[actors][S11]") {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    chaos(seed);
    auto spec = draw(2) ? many(20, manner::slow)
                        : troupe_of("top", seen, abc(manner::slow));
    for (auto& c : spec.children)
      c.announces_ready = draw(2) == 0;
    auto root = spawn_supervisor(sys, spec);
    run(draw(20));
    caf::anon_send_exit(root->handle, caf::exit_reason::user_shutdown);
    run(draw(20));
    if (draw(2))
      caf::anon_send(root->handle, supervisor_stop_atom_v);
    if (draw(2))
      caf::anon_send(root->handle, supervisor_halt_atom_v);
    run(draw(20));
    if (draw(2))
      kill(root->handle);
    advance(200ms);
    REQUIRE(seen->running == 0);
    REQUIRE_FALSE(alive(root->handle));
  }
}

TEST_CASE_METHOD(stops,
                 "a stop in the middle of an escalation does not hide its "
                 "reason",
                 "[actors][S11]") {
  auto spec = troupe_of("top", seen, abc(manner::slow));
  spec.limit = {0, 1s};
  open(spec);
  self->monitor(sup.handle);
  caf::anon_send(child("c"), caf::delete_atom_v); // b drains now.
  settle();
  stop();
  advance(40ms);
  REQUIRE(self->has_next_message());
  self->receive([](caf::down_msg& msg) {
    CHECK(msg.reason == errc::escalated);
    CHECK(to_text(msg.reason).find("top/c") != std::string::npos);
  });
}

TEST_CASE_METHOD(stops,
                 "ten thousand children stop in a number of steps that "
                 "grows with their number only",
                 "[actors][S14]") {
  auto cost = [&](int n) {
    open(many(n));
    REQUIRE(seen->running == n);
    auto before = steps;
    stop();
    REQUIRE(seen->running == 0);
    REQUIRE_FALSE(alive(sup.handle));
    return steps - before;
  };
  auto thousand = cost(1'000);
  auto ten = cost(10'000);
  CHECK(thousand < 2'100); // An exit and a down for each, and 4 sweeps.
  CHECK(ten < 20'200);
}

TEST_CASE_METHOD(stops,
                 "a failure among ten thousand costs as much as one "
                 "among ten",
                 "[actors][S14]") {
  for (int n : {10, 10'000}) {
    open(many(n));
    auto before = steps;
    caf::anon_send(child("5"), caf::delete_atom_v);
    settle();
    CHECK(steps - before == 3); // The failure, its down, the birth.
    stop();
  }
}

TEST_CASE_METHOD(stops, "dynamic children share one deadline",
                 "[actors][S14]") {
  auto spec = many(600, manner::stubborn);
  spec.stop_timeout = 100ms;
  open(spec);
  stop();
  advance(90ms);
  CHECK(seen->running == 600);
  advance(20ms);
  CHECK(seen->running == 0);
  CHECK_FALSE(alive(sup.handle));
}

TEST_CASE_METHOD(stops, "dynamic children come, are refused, and go",
                 "[actors]") {
  auto spec = many(0);
  spec.children_max = 2;
  open(spec);
  auto start = [&](const std::string& id) {
    return ask<child_up>(sup.handle, child_start_atom_v, id, caf::message{});
  };
  auto up = start("x");
  REQUIRE(up);
  CHECK(up->handle == child("x"));
  CHECK(start("x").error() == errc::invalid_state);
  seen->failing_starts["y"] = 1;
  CHECK(start("y").error() == errc::agent_failed);
  CHECK(start("y"));
  CHECK(start("z").error() == errc::limit_reached);
  CHECK(ask<caf::ok_atom>(sup.handle, child_stop_atom_v, std::string{"x"}));
  CHECK(sup.child("x").get().error() == errc::not_found);
  CHECK(start("z"));
  CHECK(ask<child_counts>(sup.handle, child_count_atom_v)->running == 2);
}
