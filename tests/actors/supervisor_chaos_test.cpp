#include <catch2/catch.hpp>

#include <deque>

#include "actors/stage.hpp"
#include "actors/witness.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

// Random trees, random trouble, random schedules; what must hold always.

namespace {

using what = supervision_event::what;

struct chaos_run : stage {
  witness_ptr seen = std::make_shared<witness>();
  std::vector<child_ref<>> leaves;
  std::vector<child_ref<>> inner;
  int named = 0;

  explicit chaos_run(uint64_t seed) { chaos(seed); }

  child_spec leaf(const roster_ptr& names) {
    auto how = std::array{manner::plain, manner::slow, manner::stubborn};
    auto spec = actor_child("l" + std::to_string(++named), seen, how[draw(3)]);
    spec.restart =
      std::array{restart_when::permanent, restart_when::permanent,
                 restart_when::transient, restart_when::temporary}[draw(4)];
    spec.stop_timeout = std::chrono::milliseconds{draw(3) * 20};
    spec.backoff = {.min = 1ms, .max = 20ms, .reset_after = 1s};
    if (draw(8) == 0)
      spec.give_up = on_give_up::disable;
    if (draw(4) == 0)
      seen->failing_starts[spec.id] = static_cast<int>(draw(3));
    leaves.emplace_back(names, spec.id);
    return spec;
  }

  supervisor_spec branch(int depth) {
    auto spec = troupe_of("s" + std::to_string(++named), seen, {});
    spec.names = std::make_shared<roster>();
    spec.strategy = static_cast<restart_strategy>(draw(4));
    spec.limit = {static_cast<uint32_t>(1 + draw(4)), 100ms};
    spec.stop_timeout = 30ms;
    spec.kill_timeout = 50ms;
    auto n = 1 + draw(4);
    for (size_t i = 0; i < n; ++i) {
      if (depth > 0 && draw(3) == 0) {
        spec.children.push_back(supervisor_child(branch(depth - 1)));
        inner.emplace_back(spec.names, spec.children.back().id);
      } else {
        spec.children.push_back(leaf(spec.names));
      }
    }
    return spec;
  }

  void trouble(const caf::actor& root) {
    auto pick = [&](auto& refs) {
      return refs.empty() ? caf::actor{} : refs[draw(refs.size())].handle();
    };
    auto op = draw(10);
    auto who = op < 7 ? pick(leaves) : pick(inner);
    if (!who)
      return;
    if (op < 4)
      caf::anon_send(who, caf::delete_atom_v);
    else if (op < 5)
      caf::anon_send(who, caf::close_atom_v);
    else if (op < 7 || op == 8)
      caf::anon_send_exit(who, caf::exit_reason::kill);
    else if (op == 7)
      caf::anon_send_exit(who, caf::exit_reason::user_shutdown);
    else
      caf::anon_send(root, child_restart_atom_v,
                     leaves[draw(leaves.size())].id());
  }
};

} // namespace

TEST_CASE("whatever happens, no child has two lives at once and none is left",
          "[actors][S3][S11][S13]")
{
  for (uint64_t seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    chaos_run world{seed};
    auto root = spawn_supervisor(world.sys, world.branch(3));
    REQUIRE(root);
    for (int i = 0; i < 60 && world.alive(root->handle); ++i) {
      world.run(world.draw(15));
      world.trouble(root->handle);
      if (world.draw(3) == 0)
        world.scheduler.advance_time(1ms);
    }
    REQUIRE(world.seen->alive_most <= 1);
    if (world.draw(2))
      caf::anon_send_exit(root->handle, caf::exit_reason::kill);
    else
      caf::anon_send_exit(root->handle, caf::exit_reason::user_shutdown);
    world.advance(2s);
    REQUIRE_FALSE(world.alive(root->handle));
    REQUIRE(world.seen->alive_most <= 1);
    REQUIRE(world.seen->running == 0);
  }
}

TEST_CASE("left alone after trouble, a tree that did not escalate is complete",
          "[actors][S8]")
{
  int whole = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    chaos_run world{seed};
    auto spec = world.branch(0);
    for (auto& c : spec.children)
      c.restart = restart_when::permanent, c.give_up = on_give_up::escalate;
    auto root = spawn_supervisor(world.sys, spec);
    for (int i = 0; i < 6; ++i) {
      world.run(world.draw(15));
      caf::anon_send(world.leaves[world.draw(world.leaves.size())].handle(),
                     caf::delete_atom_v);
    }
    world.advance(300ms);
    if (!world.alive(root->handle))
      continue;
    ++whole;
    INFO(to_json(*world.ask<tree_node>(root->handle, tree_atom_v)));
    for (auto& ref : world.leaves)
      REQUIRE(world.seen->alive[ref.id()] == 1);
  }
  CHECK(whole > 50);
}

TEST_CASE("a reference never leads to a life whose end was told",
          "[actors][S10]")
{
  for (uint64_t seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    std::map<std::string, uint64_t> told; // The last life that is over.
    chaos_run world{seed};
    auto spec = world.branch(0);
    spec.limit = {1000, 1s};
    auto root = spawn_supervisor(world.sys, spec);
    auto names = spec.names;
    auto watch = [&told, names](caf::event_based_actor*) -> caf::behavior {
      return {
        [](const child_up&) {},
        [&told, names](const child_down& x) {
          told[x.id] = x.generation;
          child_ref<> ref{names, x.id};
          CHECK((ref.generation() > x.generation || !ref.handle()));
        },
      };
    };
    auto watcher = world.sys.spawn(watch);
    caf::anon_send(root->handle, child_watch_atom_v, watcher);
    for (int i = 0; i < 30; ++i) {
      world.run(world.draw(10));
      auto& ref = world.leaves[world.draw(world.leaves.size())];
      auto before = ref.generation();
      if (auto who = ref.handle()) {
        REQUIRE(before > told[ref.id()]);
        caf::anon_send(who, caf::delete_atom_v);
      }
      world.scheduler.advance_time(1ms);
      REQUIRE(ref.generation() >= before);
    }
    world.settle();
  }
}

TEST_CASE("no schedule restarts more often than the window allows",
          "[actors][S1]")
{
  for (uint64_t seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    std::deque<std::chrono::steady_clock::time_point> times;
    chaos_run world{seed};
    auto spec = world.branch(0);
    spec.strategy = restart_strategy::one_for_one;
    spec.on_event = [&](const supervision_event& e) {
      if (e.kind == what::restarting)
        times.push_back(world.scheduler.clock().now());
    };
    for (auto& c : spec.children)
      c.give_up = on_give_up::escalate;
    auto root = spawn_supervisor(world.sys, spec);
    for (int i = 0; i < 100 && world.alive(root->handle); ++i) {
      world.run(world.draw(10));
      world.trouble({});
      world.scheduler.advance_time(std::chrono::milliseconds{world.draw(30)});
    }
    for (size_t i = 0; i + spec.limit.max < times.size(); ++i)
      REQUIRE(times[i + spec.limit.max] - times[i] >= spec.limit.window);
  }
}
