#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/supervisor.hpp"

namespace troupe::test {

/// Sees every birth and death of the children of a test, when it happens and
/// not when it is told.
struct witness {
  std::vector<std::string> log;     // "+a1": the first life of a began; "-a1".
  std::map<std::string, int> alive; // By id.
  int alive_most = 0;               // Of one id at the same time.
  int lives = 0;
  int running = 0;                           // Of all ids.
  std::map<std::string, int> failing_starts; // The next n starts fail.
  std::vector<supervision_event> events;

  void begin(const std::string& id, uint64_t generation) {
    log.push_back("+" + id + std::to_string(generation));
    alive_most = std::max(alive_most, ++alive[id]);
    ++lives, ++running;
  }

  void end(const std::string& id, uint64_t generation) {
    log.push_back("-" + id + std::to_string(generation));
    --alive[id], --running;
  }

  /// The log since the last call.
  std::string take() {
    std::string out;
    for (auto& line : log)
      out += (out.empty() ? "" : " ") + line;
    log.clear();
    return out;
  }

  int count(supervision_event::what kind) const {
    return static_cast<int>(std::count_if(
      events.begin(), events.end(), [&](auto& e) { return e.kind == kind; }));
  }
};

using witness_ptr = std::shared_ptr<witness>;

/// How a child behaves.
enum class manner {
  plain,    // Ends when told to.
  stubborn, // Ends when killed only.
  slow,     // Drains 30 ms.
};

struct player_state {
  witness_ptr seen;
  std::string id;
  uint64_t generation = 0;

  ~player_state() {
    if (seen)
      seen->end(id, generation);
  }
};

using player_actor = caf::stateful_actor<player_state>;

/// `delete_atom`: fails. `close_atom`: ends normally. `ping_atom`: answers its
/// generation. `open_atom`: announces itself to its supervisor.
inline caf::behavior player(player_actor* self, witness_ptr seen,
                            const child_context& ctx, manner how) {
  self->state.seen = std::move(seen);
  self->state.id = ctx.id;
  self->state.generation = ctx.generation;
  if (how != manner::plain)
    self->set_exit_handler([self, how](caf::exit_msg&) {
      if (how == manner::slow)
        self->delayed_send(self, std::chrono::milliseconds{30},
                           caf::close_atom_v);
    });
  return {
    [self](caf::delete_atom) {
      self->quit(make_error(errc::agent_failed, "as the test asked"));
    },
    [self](caf::close_atom) { self->quit(); },
    [self](caf::ping_atom) { return self->state.generation; },
    [self, sup = ctx.supervisor](caf::open_atom) {
      self->send(sup, child_ready_atom_v);
    },
  };
}

inline child_spec actor_child(const std::string& id, const witness_ptr& seen,
                              manner how = manner::plain) {
  child_spec spec;
  spec.id = id;
  spec.start = [seen, how](child_context& ctx) -> caf::expected<caf::actor> {
    if (auto& left = seen->failing_starts[ctx.id]; left > 0) {
      --left;
      return make_error(errc::agent_failed, "the start failed on purpose");
    }
    // Begun here and not in the behaviour: it lives from the spawn on.
    seen->begin(ctx.id, ctx.generation);
    return ctx.system.spawn(player, seen, ctx, how);
  };
  return spec;
}

inline supervisor_spec troupe_of(const std::string& name,
                                 const witness_ptr& seen,
                                 std::vector<child_spec> children) {
  supervisor_spec spec;
  spec.name = name;
  spec.children = std::move(children);
  spec.on_event = [seen](const supervision_event& e) {
    seen->events.push_back(e);
  };
  return spec;
}

} // namespace troupe::test
