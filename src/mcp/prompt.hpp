#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "mcp/request.hpp"

namespace troupe::mcp {

struct prompt_argument {
  std::string name;
  std::string description;
  bool required = false;
  /// "run", "task", "workflow": what its values are; empty: anything.
  std::string completes = {};
};

/// A text that a person picks to begin a conversation with.
struct prompt {
  std::string name;
  std::string title;
  std::string description;
  std::vector<prompt_argument> arguments;
  handler get; // Answers the request; what is required is there.
};

using prompts = std::vector<prompt>;

/// What the node offers.
prompts node_prompts();

/// How clients see it.
nlohmann::json shown(const prompt& what);

/// A message of the user with one text.
nlohmann::json user_says(const std::string& text);

} // namespace troupe::mcp
