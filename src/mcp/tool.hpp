#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "mcp/request.hpp"

namespace troupe::mcp {

/// Whether a call may become a task: an answer at once, the result later.
enum class task_use : uint8_t { never, may, must };

struct tool {
  std::string name;
  std::string title;
  std::string description;
  nlohmann::json input_schema;
  nlohmann::json hints; // The protocol's `annotations`.
  task_use tasks = task_use::never;
  handler run; // `params.arguments` is an object, or absent, when called.
};

using tools = std::vector<tool>;

/// What the node offers.
tools node_tools();

/// An argument of a call; null where it is not given.
const nlohmann::json& argument(const request& of, std::string_view name);

/// All of them; an empty object where none are given.
nlohmann::json arguments(const request& of);

/// How clients see it.
nlohmann::json shown(const tool& what, era to);

} // namespace troupe::mcp
