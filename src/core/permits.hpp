#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/id.hpp"
#include "core/time.hpp"
#include "core/workflow.hpp"

namespace troupe::core {

/// Why permits were not given.
struct permit_refusal {
  std::string key;   // The limit that stopped it, e.g. "key:deploy/prod".
  std::string state; // For people, e.g. "5 of 5 in use".
  instant until;     // When time alone helps; else none: after a release.
};

/// What a ready class asks of its limits; equal for all its tasks.
struct permit_request {
  std::string_view workspace;
  const needs& need;
  std::string_view concurrency_key; // Resolved; empty: none.
};

/// Where the allocator gets permits: all that a task needs, or none.
class permit_source {
public:
  virtual ~permit_source() = default;

  /// Takes every permit for `task`, or says which limit stopped it.
  virtual std::optional<permit_refusal>
  take(id task, const permit_request& what, instant now) = 0;

  /// Why no release and no time will ever give these; none: they will come.
  virtual std::optional<permit_refusal>
  never(const permit_request& what) const {
    (void)what;
    return std::nullopt;
  }

  /// What a task held before a restart: taken even beyond the limit.
  virtual void restore(id task, const permit_request& what) = 0;

  /// Gives back what `task` holds. Returns the keys (as in `permit_refusal`)
  /// that may have room now.
  virtual std::vector<std::string> release(id task) = 0;
};

} // namespace troupe::core
