#include "troupe/supervisor.hpp"

#include <set>

#include <caf/actor_system_config.hpp>

#include "actors/supervisor_actor.hpp"

namespace troupe {

namespace {

using namespace std::chrono_literals;

void check_child(const child_spec& child, const std::string& where,
                 std::vector<std::string>& out) {
  auto say = [&](std::string_view what) {
    out.push_back(where + ": " + std::string{what});
  };
  if (!child.start)
    say("has no start function");
  if (child.significant && child.restart == restart_when::permanent)
    say("a significant child must be transient or temporary, because a "
        "permanent one never ends for good");
  const auto& wait = child.backoff;
  if (wait.min <= 0us || wait.max < wait.min)
    say("the backoff needs 0 < min <= max");
  if (!(wait.factor >= 1.0) || !(wait.factor <= 1e6))
    say("the backoff's factor must be between 1 and 1e6");
  if (!(wait.jitter >= 0.0) || !(wait.jitter < 1.0))
    say("the backoff's jitter must be at least 0 and below 1");
  if (child.limit && child.limit->window <= 0us)
    say("the intensity's window must be longer than 0");
  if (child.start_timeout <= 0us)
    say("start_timeout must be longer than 0");
  if (child.stop_timeout && *child.stop_timeout < 0us)
    say("stop_timeout must not be negative");
}

uint64_t mix(uint64_t seed, uint64_t generation) {
  // Another life draws other numbers, and each seed the same ones again.
  return seed ^ (generation * 0x9e3779b97f4a7c15ULL);
}

} // namespace

std::vector<std::string> problems(const supervisor_spec& spec) {
  std::vector<std::string> out;
  auto in = "supervisor `" + spec.name + "`";
  if (spec.limit.window <= 0us)
    out.push_back(in + ": the intensity's window must be longer than 0");
  if (spec.stop_timeout < 0us || spec.kill_timeout <= 0us)
    out.push_back(in
                  + ": stop_timeout must not be negative, kill_timeout "
                    "must be longer than 0");
  if (spec.children.size() > spec.children_max)
    out.push_back(in + ": more children than children_max");
  if (spec.each && spec.strategy != restart_strategy::dynamic)
    out.push_back(in + ": `each` is for the dynamic strategy only");
  std::set<std::string> seen;
  for (const auto& child : spec.children) {
    auto where = in + ", child `" + child.id + "`";
    if (child.id.empty())
      out.push_back(where + ": the id is empty");
    if (!seen.insert(child.id).second)
      out.push_back(where + ": the id is used twice");
    check_child(child, where, out);
  }
  if (spec.each)
    check_child(*spec.each, in + ", `each`", out);
  return out;
}

caf::expected<caf::actor> spawn_below(caf::actor_system& sys,
                                      supervisor_spec spec,
                                      supervisor_place place) {
  auto wrong = problems(spec);
  if (!wrong.empty()) {
    std::string all;
    for (const auto& line : wrong)
      all += (all.empty() ? "" : "; ") + line;
    return make_error(errc::invalid, std::move(all));
  }
  if (!spec.names)
    spec.names = std::make_shared<roster>();
  return caf::actor_cast<caf::actor>(
    sys.spawn<supervisor_actor>(std::move(spec), std::move(place)));
}

caf::expected<supervisor> spawn_supervisor(caf::actor_system& sys,
                                           supervisor_spec spec) {
  if (!spec.names)
    spec.names = std::make_shared<roster>();
  auto names = spec.names;
  auto path = spec.name;
  auto root = spawn_below(sys, std::move(spec), {std::move(path), 1, {}});
  if (!root)
    return root.error();
  return supervisor{std::move(*root), std::move(names)};
}

child_spec supervisor_child(supervisor_spec spec) {
  if (!spec.names)
    spec.names = std::make_shared<roster>();
  child_spec out;
  out.id = spec.name;
  out.kind = "supervisor";
  out.supervises = true;
  out.answers_tree = true;
  out.start = [spec = std::move(spec)](child_context& ctx) {
    auto life = spec;
    life.seed = mix(spec.seed, ctx.generation);
    return spawn_below(ctx.system, std::move(life),
                       {ctx.path, ctx.generation, ctx.lineage});
  };
  return out;
}

void add_supervision_types(caf::actor_system_config& cfg) {
  cfg.add_message_types<caf::id_block::troupe_supervision>();
  cfg.add_error_category(
    caf::atom("troupe"),
    [](uint8_t code, caf::atom_value category, const caf::message& context) {
      return to_text(caf::error{code, category, context});
    });
}

} // namespace troupe
