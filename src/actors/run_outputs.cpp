#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/run.hpp"

// A run's questions about stored outputs. Whatever goes wrong, the answer is
// "nothing is stored": then an agent does the work.

namespace troupe {

namespace {

found_outputs nothing(const std::vector<core::cache_question>& questions) {
  found_outputs x;
  for (const auto& y : questions)
    x.items.push_back({y.number, std::nullopt});
  return x;
}

} // namespace

void look_up_outputs(run_actor::stateful_pointer<run_actor_state> self,
                     std::vector<core::cache_question>& questions) {
  if (questions.empty())
    return;
  auto& st = self->state;
  auto me = caf::actor_cast<run_actor>(self);
  const auto& readers = st.home->readers;
  // A copy: references are for one thread each.
  auto one = readers[st.decide->key().low % readers.size()];
  auto to = one.handle();
  if (!to)
    return self->send(self, nothing(questions)); // It restarts.
  auto asked = std::make_shared<const std::vector<core::cache_question>>(
    std::move(questions));
  auto job = [me, asked, workspace = st.decide->row().workspace,
              now = st.home->now()](core::store_reader& store) {
    found_outputs x;
    for (const auto& y : *asked) {
      auto row = store.find_cached(workspace, y.key, now);
      auto& item = x.items.emplace_back();
      item.number = y.number;
      if (row && *row)
        item.output = std::move((*row)->output);
    }
    caf::anon_send(me, std::move(x));
  };
  self->send(to, keep_promise(
                   job, [me, asked] { caf::anon_send(me, nothing(*asked)); }));
}

} // namespace troupe
