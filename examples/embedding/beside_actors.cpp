#include <iostream>

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <troupe/agent.hpp>
#include <troupe/caf.hpp>
#include <troupe/node.hpp>

// Actors of one's own live beside the node's, on the same threads. An agent
// here is a bridge to one of them: it asks, and answers when the actor does.

// Messages of one's own get numbers behind those of the library.
struct sale;
CAF_BEGIN_TYPE_ID_BLOCK(shop, troupe::first_type_id)
CAF_ADD_TYPE_ID(shop, (sale))
CAF_END_TYPE_ID_BLOCK(shop)

struct sale {
  std::string what;
};

template <class Inspector>
auto inspect(Inspector& f, sale& x) {
  return f(x.what);
}

// A plain actor: counts what was sold.
struct till_state {
  int32_t sold = 0;
};

caf::behavior till(caf::stateful_actor<till_state>* self) {
  return {
    [self](const sale&) { return ++self->state.sold; },
    [self](caf::get_atom) { return self->state.sold; },
  };
}

class seller : public troupe::reactive_agent {
public:
  seller(troupe::node& in, std::shared_ptr<const caf::actor> till)
    : node_(in), till_(std::move(till)) {}

  void perform(const troupe::task& t, troupe::reply done) override {
    troupe::actor_system_of(node_).spawn(
      [till = *till_, what = t.input, done](caf::event_based_actor* self) {
        self->request(till, std::chrono::seconds{5}, sale{what})
          .then(
            [done](int32_t number) {
              done(troupe::outcome::done(std::to_string(number)));
            },
            [done](const caf::error&) {
              done(troupe::outcome::failed("the till does not answer"));
            });
      });
  }

private:
  troupe::node& node_;
  const std::shared_ptr<const caf::actor> till_;
};

int main() {
  troupe::node_options options;
  options.data.clear(); // In memory.
  options.configure = [](caf::actor_system_config& config) {
    config.add_message_types<caf::id_block::shop>();
  };
  troupe::node node{options};
  auto counter = std::make_shared<caf::actor>();
  node.add({.name = "seller", .max_load = 10}, [&node, counter] {
    return std::make_unique<seller>(node, counter);
  });
  if (auto why = node.start()) {
    std::cerr << why.message << '\n';
    return 1;
  }
  *counter = troupe::actor_system_of(node).spawn(till);
  auto end = node.run(R"([{"name": "sell", "agent": "seller",
                           "foreach": ["bread", "milk", "salt"],
                           "input": "${item}"}])");
  int32_t sold = 0;
  {
    caf::scoped_actor self{troupe::actor_system_of(node)};
    self->request(*counter, std::chrono::seconds{5}, caf::get_atom_v)
      .receive([&](int32_t x) { sold = x; }, [](const caf::error&) {});
    self->send_exit(*counter, caf::exit_reason::user_shutdown);
  }
  *counter = nullptr; // No handle may outlive the system.
  std::cout << end.state << ", sold " << sold << '\n';
  node.stop();
  return end.state == "completed" && sold == 3 ? 0 : 1;
}
