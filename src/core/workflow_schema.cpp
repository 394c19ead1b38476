#include <nlohmann/json.hpp>

#include "core/workflow.hpp"
#include "core/workflow_fields.hpp"

namespace troupe::core {

namespace {

using json = nlohmann::ordered_json;

json of_field(const field& x) {
  auto out = json::parse(x.schema);
  if (!x.about.empty())
    out["description"] = x.about;
  return out;
}

json of_group(const field_group& group, bool defaults) {
  json out{{"type", "object"}, {"description", group.about}};
  auto& properties = out["properties"] = json::object();
  auto required = json::array();
  for (const auto& x : group.fields) {
    if (defaults && !x.inherits)
      continue;
    properties[std::string{x.name}] = of_field(x);
    if (x.required)
      required.push_back(x.name);
  }
  if (!required.empty())
    out["required"] = required;
  out["additionalProperties"] = false;
  return out;
}

/// Forms that several fields share.
json shared_forms() {
  return json::parse(R"({
    "word": {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
             "maxLength": 128},
    "step_name": {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_-]*$",
                  "maxLength": 128},
    "words": {"anyOf": [{"type": "string", "minLength": 1},
                        {"type": "array", "items": {"type": "string",
                                                    "minLength": 1}}]},
    "duration": {"type": "string",
                 "description": "E.g. 250ms, 30s, 5m, 1h30m, 2d, 1w or PT5M.",
                 "pattern": "^(([0-9]*\\.?[0-9]+(us|ms|s|m|h|d|w))+|P[0-9A-Z.]+)$"},
    "expression": {"type": "string", "minLength": 1, "maxLength": 4096,
                   "description": "A Lua expression."},
    "priority": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10},
                           {"enum": ["low", "normal", "high", "urgent",
                                     "critical"]}],
                 "default": 5},
    "autonomy": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 4},
                           {"enum": ["manual", "assisted", "semi_autonomous",
                                     "supervised", "full"]}]},
    "strategy": {"anyOf": [{"$ref": "#/$defs/strategy_word"},
                           {"type": "object", "required": ["kind"],
                            "properties": {
                              "kind": {"$ref": "#/$defs/strategy_word"}}}]},
    "strategy_word": {"enum": ["leader_follower", "peer_to_peer",
      "hierarchical", "consensus", "auction", "pipeline", "blackboard",
      "parallel", "sequential", "adaptive", "balanced"]},
    "input_type": {"enum": ["string", "number", "integer", "boolean", "object",
                            "array", "any"]}
  })");
}

} // namespace

std::string workflow_schema() {
  auto groups = field_groups();
  json out{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
           {"title", "Troupe workflow"}};
  out.update(of_group(groups[0], false));
  auto& defs = out["$defs"] = json::object();
  for (const auto& x : groups.subspan(1)) {
    defs[std::string{x.name}] = of_group(x, false);
    if (x.name == "step")
      defs["defaults"] = of_group(x, true);
  }
  defs.update(shared_forms());
  return out.dump(2);
}

} // namespace troupe::core
