#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

struct project_file {
  std::string path; // Within the project.
  std::string text;
  bool executable = false;
};

enum class language : uint8_t { python, typescript, cpp, shell };

std::optional<language> language_of(std::string_view word);

/// A small project that runs at once: configuration, workflow, an agent in that
/// language, and how to begin. `name` is its title.
std::vector<project_file> new_project(const std::string& name, language in);

} // namespace troupe::cli
