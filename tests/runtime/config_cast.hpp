#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "core/read_file.hpp"
#include "runtime/config.hpp"

// What tests of configurations share.

namespace troupe::runtime {

using test::read_file;

/// One a line.
inline std::string joined(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& x : all)
    out += x + "\n";
  return out;
}

inline std::string joined(const std::vector<config_problem>& all) {
  return joined(lines_of(all));
}

/// The config of a text that must be right.
inline node_config good(const std::string& text,
                        const config_sources& from = {}) {
  auto loaded = read_config(text, from);
  if (!loaded.value)
    FAIL(joined(loaded.problems));
  return *loaded.value;
}

/// What is wrong with it.
inline std::string wrong(const std::string& text, config_sources from = {}) {
  from.file = from.file.empty() ? "f" : from.file;
  auto loaded = read_config(text, from);
  CHECK_FALSE(loaded.value);
  return joined(loaded.problems);
}

inline const agent_config* find_agent(const node_config& in,
                                      const std::string& name) {
  for (const auto& x : in.agents)
    if (x.who.name == name)
      return &x;
  return nullptr;
}

} // namespace troupe::runtime
