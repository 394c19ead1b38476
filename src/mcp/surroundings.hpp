#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/api.hpp"

namespace troupe::mcp {

/// What the server needs of the program around it.
struct surroundings {
  /// Calls back later, on any thread; never where the program ends before.
  std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
  /// Text that nobody can guess, another one each time.
  std::function<std::string()> chance;
  /// Seals what clients keep for us: another one for each start of a node.
  std::string secret;
  /// The official conformance suite's tools, resources and prompts, too.
  bool fixtures = false;
};

/// Who speaks, and through which door.
struct caller {
  /// What it may reach: the semantic layer, as far as this caller goes.
  std::shared_ptr<core::api> api;
  std::string workspace = "default";
  core::origin by = {};
};

/// Tells callers apart, whatever their names have in them.
inline std::string owner_of(const caller& x) {
  return std::to_string(x.workspace.size()) + ":" + x.workspace + "/"
         + x.by.principal;
}

/// One message of a client, with what its transport says beside it.
struct incoming {
  std::string body;
  caller from;
  bool over_http = true;
  /// Of HTTP: those that begin with "mcp-", in lower case.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

} // namespace troupe::mcp
