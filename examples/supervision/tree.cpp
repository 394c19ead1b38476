#include <troupe/supervisor.hpp>

#include <iostream>
#include <thread>

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

// Counts pings. What it knows is gone with it: a new life begins at 0.
caf::behavior counter(caf::event_based_actor*) {
  return {[n = int32_t{0}](caf::ping_atom) mutable { return ++n; }};
}

troupe::child_spec child(std::string id) {
  troupe::child_spec spec;
  spec.id = std::move(id);
  spec.start = [](troupe::child_context& ctx) {
    return ctx.system.spawn(counter);
  };
  return spec;
}

// Two counters; `right` depends on `left`, so it restarts with it.
troupe::supervisor_spec pair() {
  troupe::supervisor_spec spec;
  spec.name = "pair";
  spec.strategy = troupe::restart_strategy::rest_for_one;
  spec.limit = {.max = 3, .window = std::chrono::seconds{5}};
  spec.children = {child("left"), child("right")};
  return spec;
}

int main() {
  caf::actor_system_config cfg;
  troupe::add_supervision_types(cfg);
  caf::actor_system sys{cfg};
  auto root = troupe::spawn_supervisor(sys, pair());
  if (!root) {
    std::cerr << troupe::to_text(root.error()) << '\n';
    return 1;
  }
  // A reference stays good over restarts; a handle does not.
  auto right = root->child("right");
  caf::scoped_actor self{sys};
  while (!right.handle())
    std::this_thread::yield();
  self->send_exit(root->child("left").handle(), caf::exit_reason::kill);
  while (right.generation() < 2 || !right.handle())
    std::this_thread::yield();
  self->request(root->handle, std::chrono::seconds{5}, troupe::tree_atom_v)
    .receive(
      [](troupe::tree_node& tree) {
        std::cout << troupe::to_json(tree) << '\n';
      },
      [](caf::error& err) { std::cerr << troupe::to_text(err) << '\n'; });
  self->send_exit(root->handle, caf::exit_reason::user_shutdown);
  *root = {};
  return 0;
}
