#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "troupe/supervisor.hpp"

using namespace troupe;
using namespace std::chrono_literals;

// Off the stage: real workers. What the stage cannot show are data races and
// the order of a dying supervisor's last messages.

namespace {

struct real_config : caf::actor_system_config {
  real_config() {
    add_supervision_types(*this);
    set("scheduler.max-threads", size_t{4});
  }
};

/// Counts how many of one name live at once.
struct census {
  std::atomic<int> alive{0};
  std::atomic<int> most{0};
};

struct citizen_state {
  std::shared_ptr<census> counted;

  ~citizen_state() {
    if (counted)
      --counted->alive;
  }
};

caf::behavior citizen(caf::stateful_actor<citizen_state>* self,
                      std::shared_ptr<census> counted) {
  self->state.counted = std::move(counted);
  return {[](caf::ping_atom) { return caf::pong_atom_v; }};
}

child_spec counted_child(std::shared_ptr<census> counted) {
  child_spec spec;
  spec.id = "one";
  spec.backoff = {.min = 1us, .max = 1us};
  spec.start = [counted](child_context& ctx) -> caf::expected<caf::actor> {
    auto now = ++counted->alive;
    auto most = counted->most.load();
    while (now > most && !counted->most.compare_exchange_weak(most, now)) {
    }
    return ctx.system.spawn(citizen, counted);
  };
  return spec;
}

} // namespace

TEST_CASE("kills from many threads never give two lives at once, and the tree "
          "ends",
          "[actors][S3][S13]")
{
  real_config cfg;
  caf::actor_system sys{cfg};
  auto counted = std::make_shared<census>();
  supervisor_spec low;
  low.name = "low";
  low.limit = {1'000'000, 1s};
  low.children = {counted_child(counted)};
  low.names = std::make_shared<roster>();
  child_ref<> one{low.names, "one"};
  supervisor_spec top;
  top.limit = {1'000'000, 1s};
  top.children = {supervisor_child(low)};
  top.children[0].backoff = {.min = 1us, .max = 1us};
  auto root = spawn_supervisor(sys, top);
  REQUIRE(root);
  std::vector<std::thread> killers;
  for (int t = 0; t < 3; ++t)
    killers.emplace_back([one, mid = root->child("low"), t] {
      for (int i = 0; i < 2'000; ++i) {
        auto who = t == 0 && i % 10 == 0 ? mid.handle() : one.handle();
        if (who)
          caf::anon_send_exit(who, caf::exit_reason::kill);
        else
          std::this_thread::yield();
      }
    });
  for (auto& killer : killers)
    killer.join();
  CHECK(counted->most == 1);
  {
    caf::scoped_actor self{sys};
    self->monitor(root->handle);
    self->send_exit(root->handle, caf::exit_reason::user_shutdown);
    auto down = false;
    self->receive([&](caf::down_msg&) { down = true; },
                  caf::after(30s) >> [] {});
    CHECK(down);
  }
  CHECK(counted->alive == 0);
  *root = {};
}
