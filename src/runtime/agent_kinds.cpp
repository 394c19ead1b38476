#include "runtime/agent_kinds.hpp"

#include <cassert>

#include "agents/process_agent.hpp"
#include "agents/simple_agents.hpp"
#include "runtime/plugin.hpp"
#include "services/spawn_check.hpp"

namespace troupe::runtime {

namespace {

/// Puts what is configured under what a task says of its own process.
class configured_kind : public agents::process_kind {
public:
  configured_kind(std::shared_ptr<const process_kind> kind, agent_config how)
    : kind_(std::move(kind)), how_(std::move(how)) {}

  core::result<services::run_request> plan(const task& t) const override {
    auto out = kind_->plan(t);
    if (!out)
      return out;
    auto& program = out->program;
    program.limits = how_.program.limits;
    for (const auto& [name, value] : how_.program.environment)
      program.environment.emplace(name, value);
    if (program.directory.empty())
      program.directory = how_.program.directory;
    out->timeout = how_.time_max;
    return out;
  }

  outcome judge(const task& t, services::run_end end) const override {
    return kind_->judge(t, std::move(end));
  }

private:
  std::shared_ptr<const process_kind> kind_;
  agent_config how_;
};

reactive_factory process_factory(const agent_config& x,
                                 services::spawner& through) {
  auto kind = x.kind == agent_kind::shell
                ? agents::shell_kind(x.limits)
                : agents::command_kind(x.program, x.limits, x.answers);
  auto configured = std::make_shared<configured_kind>(std::move(kind), x);
  return [&through, configured] {
    return std::make_unique<agents::process_agent>(through, configured);
  };
}

using any_factory = decltype(agent_spec::make);

/// REQUIRES: `what_is_missing` has nothing to say of it.
any_factory plugin_factory(const agent_config& x) {
  auto found = load_plugin(x.library, x.agent);
  assert(found);
  return *found;
}

any_factory factory(const agent_config& x, services::spawner* through) {
  switch (x.kind) {
    case agent_kind::echo:
      return agents::echo();
    case agent_kind::sleep:
      return agents::sleep();
    case agent_kind::noop:
      return agents::noop();
    case agent_kind::plugin:
      return plugin_factory(x);
    case agent_kind::shell:
    case agent_kind::process:
      break;
  }
  assert(through != nullptr);
  return process_factory(x, *through);
}

} // namespace

bool needs_spawner(const agent_config& x) {
  return x.kind == agent_kind::shell || x.kind == agent_kind::process;
}

std::vector<std::string> what_is_missing(const std::vector<agent_config>& all) {
  std::vector<std::string> lines;
  for (const auto& x : all) {
    failure why;
    if (needs_spawner(x))
      why = services::missing(x.program);
    else if (x.kind == agent_kind::plugin)
      if (auto found = load_plugin(x.library, x.agent); !found)
        why = found.error();
    if (why)
      lines.push_back("agent `" + x.who.name + "`: " + why.message);
  }
  return lines;
}

agent_spec spec_of(const agent_config& x, services::spawner* through) {
  agent_spec out;
  out.who = x.who;
  out.kind = word_of(x.kind);
  out.make = factory(x, through);
  out.outside = needs_spawner(x);
  return out;
}

} // namespace troupe::runtime
