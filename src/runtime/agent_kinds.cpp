#include "runtime/agent_kinds.hpp"

#include <cassert>
#include <mutex>
#include <utility>

#include "agents/linked_agent.hpp"
#include "agents/process_agent.hpp"
#include "agents/simple_agents.hpp"
#include "runtime/config_overlay.hpp"
#include "runtime/http_agents.hpp"
#include "runtime/plugin.hpp"
#include "runtime/secret_reference.hpp"
#include "services/spawn_check.hpp"

namespace troupe::runtime {

namespace {

using path = std::vector<std::string>;

/// Puts what is configured under what a task says of its own process.
class configured_kind : public agents::process_kind {
public:
  using trace_source = std::function<std::string(const task&)>;

  configured_kind(std::shared_ptr<const process_kind> kind, agent_config how,
                  trace_source traces)
    : kind_(std::move(kind)), how_(std::move(how)), traces_(std::move(traces)) {
  }

  core::result<services::run_request> plan(const task& t) const override {
    auto out = kind_->plan(t);
    if (!out)
      return out;
    auto& program = out->program;
    program.limits = how_.program.limits;
    for (const auto& [name, value] : how_.program.environment)
      program.environment.emplace(name, value);
    if (auto trace = traces_ ? traces_(t) : ""; !trace.empty())
      program.environment.emplace("TRACEPARENT", trace);
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
  trace_source traces_;
};

/// From the thread of the processes to the host, which asks now and then.
class announcement {
public:
  void put(std::vector<std::string> words) {
    std::lock_guard guard{mutex_};
    words_ = std::move(words);
  }
  std::optional<std::vector<std::string>> take() {
    std::lock_guard guard{mutex_};
    return std::exchange(words_, std::nullopt);
  }

private:
  std::mutex mutex_;
  std::optional<std::vector<std::string>> words_;
};

bool is_long_lived(const agent_config& x) {
  return x.kind == agent_kind::process && x.protocol == agent_protocol::jsonrpc;
}

void make_long_lived(agent_spec& out, const agent_config& x,
                     const agent_means& with) {
  auto said = std::make_shared<announcement>();
  services::linked_request how;
  how.name = x.who.name;
  how.program = x.program;
  how.limits.frame_bytes_max = x.limits.output_bytes_max;
  how.limits.tasks_max = x.who.max_load;
  how.limits.grace = x.limits.grace;
  how.limits.task_time_max = x.time_max;
  how.errors = x.limits.errors;
  if (x.capabilities_named)
    how.allowed = x.who.capabilities;
  how.announced = [said](auto words) { said->put(std::move(words)); };
  out.announced = [said] { return said->take(); };
  how.traceparent = with.traceparent;
  out.make = reactive_factory{[&through = *with.spawner, how] {
    return std::make_unique<agents::linked_agent>(through, how);
  }};
}

reactive_factory process_factory(const agent_config& x,
                                 const agent_means& with) {
  auto kind = x.kind == agent_kind::shell
                ? agents::shell_kind(x.limits)
                : agents::command_kind(x.program, x.limits, x.answers);
  auto configured =
    std::make_shared<configured_kind>(std::move(kind), x, with.traceparent);
  return [&through = *with.spawner, configured] {
    return std::make_unique<agents::process_agent>(through, configured);
  };
}

using any_factory = decltype(agent_spec::make);

failure of_agent(const agent_config& x, failure why) {
  if (why)
    why.message = "agent `" + x.who.name + "`: " + why.message;
  return why;
}

core::result<any_factory> factory(const agent_config& x,
                                  const agent_means& with) {
  switch (x.kind) {
    case agent_kind::echo:
      return any_factory{agents::echo()};
    case agent_kind::sleep:
      return any_factory{agents::sleep()};
    case agent_kind::noop:
      return any_factory{agents::noop()};
    case agent_kind::plugin:
      return load_plugin(x.library, x.agent);
    case agent_kind::http: {
      assert(with.http != nullptr);
      auto made = with.http->make(x);
      if (!made)
        return made.error();
      return any_factory{std::move(*made)};
    }
    case agent_kind::shell:
    case agent_kind::process:
      break;
  }
  assert(with.spawner != nullptr);
  return any_factory{process_factory(x, with)};
}

} // namespace

bool needs_spawner(const agent_config& x) {
  return x.kind == agent_kind::shell || x.kind == agent_kind::process;
}

namespace {

failure missing_of(const agent_config& x, const outbound_config& how) {
  if (x.kind == agent_kind::http) {
    if (auto at = url_of(x, how); !at)
      return at.error();
    if (x.http.secret.empty())
      return {};
    auto secret = read_secret(x.http.secret);
    return secret ? failure{} : secret.error();
  }
  if (needs_spawner(x))
    return services::missing(x.program);
  if (x.kind == agent_kind::plugin)
    if (auto found = load_plugin(x.library, x.agent); !found)
      return found.error();
  return {};
}

} // namespace

std::vector<config_problem> what_is_missing(const loaded_config& all) {
  std::vector<config_problem> out;
  for (const auto& x : all.value->agents) {
    auto why = of_agent(x, missing_of(x, all.value->outbound));
    if (!why)
      continue;
    // What it is where that is said, else the agent.
    config_origin at;
    auto what = x.kind == agent_kind::plugin ? "library"
                : x.kind == agent_kind::http ? "url"
                                             : "command";
    for (const auto& place :
         {path{"agents", x.who.name}, path{"agents", x.who.name, what}})
      if (auto pos = all.said.find(pointer_of(place)); pos != all.said.end())
        at = pos->second;
    out.push_back(
      {at.source, {"", at.line, at.column, std::move(why.message), ""}});
  }
  return out;
}

standby_spec_ptr standby_of(const agent_config& x, const agent_means& with) {
  auto out = std::make_shared<standby_spec>();
  out->rule = {x.who, x.on_demand, x.idle,
               needs_spawner(x) || x.kind == agent_kind::http};
  out->make = [x, with] { return spec_of(x, with); };
  return out;
}

core::result<agent_spec> spec_of(const agent_config& x,
                                 const agent_means& with) {
  agent_spec out;
  out.who = x.who;
  out.kind = word_of(x.kind);
  if (is_long_lived(x)) {
    assert(with.spawner != nullptr);
    make_long_lived(out, x, with);
  } else {
    // A library that was there when the config was checked may be gone.
    auto made = factory(x, with);
    if (!made)
      return of_agent(x, made.error());
    out.make = std::move(*made);
  }
  out.outside = needs_spawner(x) || x.kind == agent_kind::http;
  return out;
}

} // namespace troupe::runtime
