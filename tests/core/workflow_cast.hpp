#pragma once

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "core/read_file.hpp"
#include "core/workflow.hpp"

// What tests of workflows share.

namespace troupe::core {

/// The workflow of a text that must be right.
inline workflow_ptr good(std::string_view source) {
  auto parsed = parse_workflow(source);
  for (const auto& x : parsed.problems)
    FAIL(to_text(x, "workflow"));
  return parsed.value;
}

/// A workflow of one step `a` with these fields, in YAML's flow form.
inline workflow_ptr one(const std::string& fields) {
  return good("workflow: w\nsteps:\n  a: {" + fields + "}\n");
}

/// All problems, one a line.
inline std::string problems_of(std::string_view source,
                               const std::string& file = "f") {
  std::string out;
  for (const auto& x : parse_workflow(source).problems)
    out += to_text(x, file) + "\n";
  return out;
}

using test::read_file;

/// Equal in all that a file can say. Needs are compared by value.
inline bool same(const workflow& a, const workflow& b) {
  auto steps = a.steps;
  if (steps.size() != b.steps.size())
    return false;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (*steps[i].need != *b.steps[i].need)
      return false;
    steps[i].need = b.steps[i].need;
    auto& mine = steps[i].fallback;
    const auto& theirs = b.steps[i].fallback;
    if (mine && theirs && mine->need && theirs->need) {
      if (*mine->need != *theirs->need)
        return false;
      mine->need = theirs->need;
    }
  }
  return steps == b.steps && a.name == b.name && a.version == b.version
         && a.description == b.description && a.input == b.input
         && a.deadline == b.deadline && a.priority == b.priority
         && a.max_parallel == b.max_parallel && a.labels == b.labels
         && a.extras == b.extras && a.order == b.order && a.hash == b.hash
         && a.source == b.source;
}

} // namespace troupe::core
