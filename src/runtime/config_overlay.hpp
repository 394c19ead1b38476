#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/document.hpp"
#include "runtime/config_report.hpp"

// What is said beside the file, as changes of its tree: so one reader checks
// all of it.

namespace troupe::runtime {

/// One setting from outside the file.
struct overlay {
  std::string source; // "--set node.threads=4", "TROUPE_NODE_THREADS".
  std::vector<std::string> path;
  core::node value; // Without a line.
};

/// The path as a JSON pointer.
std::string pointer_of(const std::vector<std::string>& path);

/// The newest that is there or has `pointer` inside; null: none.
const overlay* newest_at(const std::string& pointer,
                         const std::vector<overlay>& all);

/// Who said each value of the merged tree: the file that has a line for it,
/// else the newest overlay.
std::map<std::string, config_origin>
origins_of(const core::node& root, const std::string& file,
           const std::vector<overlay>& all);

/// A text of its own.
overlay text_overlay(std::string source, std::vector<std::string> path,
                     std::string text);

/// From "node.threads=4"; the value is YAML. What is wrong goes to `problems`.
void add_set(const std::string& text, std::vector<overlay>& to,
             std::vector<config_problem>& problems);

/// From TROUPE_NODE_THREADS=4; a variable that is no setting is a problem if it
/// begins like one. `root` knows the names of agents and workspaces.
void add_environment(const std::map<std::string, std::string>& from,
                     const core::node& root, std::vector<overlay>& to,
                     std::vector<config_problem>& problems);

/// Puts it into the tree, making objects on the way.
void apply(const overlay& x, core::node& root);

} // namespace troupe::runtime
