#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/problem.hpp"

// What can be told of a configuration: who said what, and what is wrong.

namespace troupe::runtime {

/// Where a value was said.
struct config_origin {
  std::string source; // The file, "TROUPE_NODE_THREADS", "--set node.threads".
  uint32_t line = 0;  // Of a file.
  uint32_t column = 0;
};

/// "node.yaml:3:12" or the source alone.
inline std::string to_text(const config_origin& x) {
  if (x.line == 0)
    return x.source;
  return x.source + ":" + std::to_string(x.line) + ":"
         + std::to_string(x.column);
}

struct config_problem {
  std::string source; // As in `config_origin`; empty: no single one.
  core::problem what;
};

/// "node.yaml:3:12: what (at /pointer); hint".
inline std::string to_text(const config_problem& x) {
  auto out = core::to_text(x.what, x.source);
  return x.source.empty() && out.starts_with(": ") ? out.substr(2) : out;
}

/// One setting as a node would use it.
struct shown_setting {
  std::string path;    // "node.threads", "agents.shell.env.LANG"
  std::string value;   // JSON.
  std::string from;    // "default", or whoever said it.
  bool said = false;   // By somebody: no default.
  bool hidden = false; // It holds a secret, which `value` leaves out.
};

struct config_report {
  std::vector<shown_setting> settings; // None where there are problems.
  std::vector<config_problem> problems;
};

} // namespace troupe::runtime
