#include "troupe/tree.hpp"

#include <nlohmann/json.hpp>

#include "core/time.hpp"

namespace troupe {

std::string_view to_string(child_state state) {
  switch (state) {
    case child_state::starting:
      return "starting";
    case child_state::running:
      return "running";
    case child_state::backing_off:
      return "backing_off";
    case child_state::stopping:
      return "stopping";
    case child_state::stopped:
      return "stopped";
    case child_state::failed:
      return "failed";
  }
  return "unknown";
}

namespace {

nlohmann::ordered_json json_of(const tree_node& x) {
  nlohmann::ordered_json out;
  out["name"] = x.name;
  out["id"] = x.id;
  out["kind"] = x.kind;
  out["state"] = to_string(x.state);
  out["restarts"] = x.restarts;
  out["generation"] = x.generation;
  out["last_error"] = x.last_error;
  out["started_at"] = core::to_rfc3339(x.started_at);
  out["uptime_us"] = x.uptime.count();
  out["silent"] = x.silent;
  out["children_total"] = x.children_total;
  auto& children = out["children"] = nlohmann::ordered_json::array();
  for (const auto& child : x.children)
    children.push_back(json_of(child));
  return out;
}

} // namespace

std::string to_json(const tree_node& root) {
  // Errors carry what foreign code said: it need not be UTF-8.
  return json_of(root).dump(-1, ' ', false,
                            nlohmann::json::error_handler_t::replace);
}

} // namespace troupe
