#include "core/workflow_reader.hpp"

// What a step's fallback is made of.

namespace troupe::core::workflows {

void read_fallback(object_reader& in, draft& to) {
  auto x = in.find("fallback");
  if (!x)
    return;
  to.step.fallback.reset(); // A default's is replaced, not merged.
  to.fallback_agent.reset();
  if (x->kind() == node_kind::boolean && !(*x)->truth)
    return;
  if (x->kind() == node_kind::string) {
    to.step.fallback.emplace();
    read_agent(*x, to.fallback_agent.emplace());
    return;
  }
  if (x->kind() != node_kind::object) {
    x->fail_expected("an agent's name, an object or false",
                     "e.g. `{agent: {capabilities: [archive]}}` or `{output: "
                     "[]}`");
    return;
  }
  object_reader inner{*x};
  auto& made = to.step.fallback.emplace();
  if (auto agent = inner.find("agent"))
    read_agent(*agent, to.fallback_agent.emplace());
  if (auto input = inner.find("input"))
    made.input = text{to_json(**input)};
  if (auto output = inner.find("output"))
    made.output = text{to_json(**output)};
  finish(inner, fallback_fields);
  if ((*x)->items.empty())
    x->fail("a `fallback` without anything in it does nothing",
            "give it another `agent`, another `input` or an `output`");
  if (inner.has("output") && (inner.has("agent") || inner.has("input")))
    x->fail("with an `output` nobody is asked, so that there is no use for `"
              + std::string{inner.has("agent") ? "agent" : "input"} + "`",
            "remove one of them");
}

core::needs fallback_needs(const draft& of) {
  auto out = of.need;
  if (of.fallback_agent) {
    out.capabilities = of.fallback_agent->capabilities;
    out.preferred = of.fallback_agent->preferred;
    out.agent = of.fallback_agent->agent;
    out.partial = of.fallback_agent->partial;
  }
  return out;
}

} // namespace troupe::core::workflows
