#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/api.hpp"
#include "core/result.hpp"
#include "runtime/config_report.hpp"

// A node in this process: what the program needs and src/runtime assembles.

namespace troupe::cli {

struct node_args {
  std::string config; // File; empty: defaults.
  std::string data;   // Directory; empty: as configured.
  std::string listen; // "127.0.0.1:8765", "off"; empty: as configured.
  std::vector<std::string> set; // "key=value", over the file.
  bool conformance_fixtures = false; // The MCP server has them.
};

/// Runs until a signal ends it. Returns an exit code.
int run_node(const node_args& args);

/// Starts a node without doors, hands its semantic layer to `use`, stops it.
/// Returns what `use` returned, or an exit code if it did not start.
int run_file_in_process(const node_args& args,
                        const std::function<int(core::api&)>& use);

/// `troupe bench ARGS`, without the verb. Returns an exit code.
int run_bench(const std::vector<std::string>& args);

/// What `core::store_reader::check` finds in the store of a data directory.
/// Harmless beside a running node.
core::result<std::vector<std::string>> check_data(const std::string& data,
                                                  bool deep);

/// What a node would be started with, or what it would refuse to start for.
runtime::config_report report_config(const node_args& args);

/// Makes a new data directory from a backup, after checking it.
failure restore_data(const std::string& backup, const std::string& data);

/// The same binary is the spawner of its node's processes: ask first thing in
/// main, and leave with the exit code if there is one.
std::optional<int> spawner_life(int argc, char** argv);

} // namespace troupe::cli
