#include <algorithm>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "core/reader.hpp"
#include "runtime/api_question.hpp"

// No new work, and what was accepted goes on to its end.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Who does not answer by then restarts or is overloaded.
constexpr std::chrono::seconds answers_within{5};

core::api_answer no_agent(const std::string& name,
                          const std::vector<std::string>& all) {
  std::vector<std::string_view> known{all.begin(), all.end()};
  auto hint = core::did_you_mean(name, known);
  return refuse(errc::not_found,
                "there is no agent `" + name + "`; "
                  + (hint.empty() ? "`troupe agents` lists them" : hint));
}

} // namespace

void node_api::drain_call(question& q) {
  auto drain = !q.params.value("undo", false);
  auto name = q.word("agent");
  if (!name) {
    draining_ = drain;
    return q.then(answer_with({{"draining", drain}}));
  }
  auto all = home_->members->names();
  if (std::find(all.begin(), all.end(), *name) == all.end())
    return q.then(no_agent(*name, all));
  auto host = home_->host(*name).handle();
  if (!host)
    return q.then(refuse(errc::restarting, "the agent restarts; ask again"));
  auto to = drain ? core::agent_health::draining : core::agent_health::healthy;
  sys_.spawn([=, name = *name, then = q.then](caf::event_based_actor* self) {
    self->send(host, health_atom_v, to);
    self->request(host, answers_within, stats_atom_v)
      .then(
        [=](const host_stats& x) {
          then(answer_with(
            {{"agent", name}, {"draining", drain}, {"load", x.load}}));
        },
        [=](const caf::error& why) {
          then(refuse(errc::restarting, to_text(why)));
        });
  });
}

} // namespace troupe::runtime
