#include <caf/scoped_actor.hpp>

#include "runtime/agent_kinds.hpp"
#include "runtime/api_json.hpp"
#include "runtime/configured_node.hpp"
#include "runtime/node_insides.hpp"

// What a configured node does when it is told to read its configuration again.

namespace troupe::runtime {

namespace {

/// Who says what is wrong, where it is not the file, stands before it.
core::problems problems_in(std::vector<config_problem> all) {
  core::problems out;
  for (auto& x : all) {
    if (x.what.line == 0 && !x.source.empty())
      x.what.what = x.source + ": " + x.what.what;
    out.push_back(std::move(x.what));
  }
  return out;
}

} // namespace

core::result<login_source::proposal>
configured_node::propose_login(const auth_config& auth) {
  auto out = login_->propose(auth);
  if (!out || !server_)
    return out;
  auto as = config_.gateway;
  as.login = out->rules;
  std::string wrong;
  for (const auto& x : gateway::problems(as))
    wrong += (wrong.empty() ? "" : "; ") + x;
  if (!wrong.empty())
    return failure{errc::invalid, category::validation, std::move(wrong)};
  return out;
}

core::api_answer configured_node::reload() {
  std::lock_guard one_at_a_time{reloading_};
  auto now = read_();
  if (!now.value)
    return refuse(problems_in(std::move(now.problems)));
  auto what = compare(present_, now);
  // What may be refused goes before what changes something.
  auto login = propose_login(now.value->auth);
  if (!login)
    return refuse(login.error());
  if (auto why = open_spawner(now.value->agents))
    return refuse(why);
  auto crew = plan_crew(what, now.value->agents);
  if (!crew)
    return refuse(crew.error());
  // Also where nothing of the file has changed: certificate and keys are read
  // again.
  if (auto why = server_ ? server_->renew_tls() : failure{})
    return refuse(why);
  if (auto why = apply(std::move(*crew)))
    return refuse(why);
  login_->use(std::move(*login));
  if (server_)
    server_->end_token_streams();
  // What else has changed is not so until the next start.
  present_.value->agents = std::move(now.value->agents);
  present_.value->auth = std::move(now.value->auth);
  return answer_with({{"added", what.added},
                      {"changed", what.changed},
                      {"removed", what.removed},
                      {"needs_restart", what.needs_restart}});
}

core::result<crew_change>
configured_node::plan_crew(const config_change& x,
                           const std::vector<agent_config>& all) {
  crew_change change;
  for (const auto& agent : x.put) {
    auto spec = spec_of(agent, means());
    if (!spec)
      return spec.error();
    change.put.push_back(std::make_shared<const agent_spec>(std::move(*spec)));
  }
  change.leave = x.leave;
  change.outdated = x.outdated;
  for (const auto& agent : all)
    if (agent.on_demand > 0)
      change.on_demand.push_back(standby_of(agent, means()));
  return change;
}

/// Tells the crew, and waits until it has begun.
failure configured_node::apply(crew_change change) {
  failure why{errc::restarting, category::unknown,
              "the crew restarts; reload again"};
  auto crew = node_insides::home(*node_).crew;
  auto to = crew.handle();
  if (!to)
    return why;
  constexpr std::chrono::seconds answers_within{10};
  caf::scoped_actor self{node_insides::system(*node_)};
  self->request(to, answers_within, reload_atom_v, change)
    .receive([&](caf::ok_atom) { why = {}; }, [](const caf::error&) {});
  return why;
}

} // namespace troupe::runtime
