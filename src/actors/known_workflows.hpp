#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/workflow.hpp"

namespace troupe {

/// The same workflow is submitted, and read back from the store, again and
/// again. Its text is parsed once, and its runs share what came of it.
/// Thread-safe.
class known_workflows {
public:
  /// What is kept; beyond it the oldest is forgotten.
  static constexpr size_t text_bytes_max = 8u << 20;
  /// Of one; what is longer is parsed each time.
  static constexpr size_t one_text_bytes_max = 1u << 20;
  /// Texts that were seen once, of which only a number is kept.
  static constexpr size_t once_max = 4096;

  enum class form : uint8_t { workflow, task_list };

  /// As `core::parse_workflow` and `core::parse_task_list`.
  core::parsed_workflow parse(std::string_view source,
                              form as = form::workflow);

  size_t kept() const;

private:
  struct known {
    std::string source;
    form as;
    core::parsed_workflow what;
  };

  core::parsed_workflow find(uint64_t hash, std::string_view source,
                             form as) const;
  void keep(uint64_t hash, std::string_view source, form as,
            const core::parsed_workflow& what);

  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, known> by_hash_;
  std::deque<uint64_t> oldest_; // First.
  std::unordered_set<uint64_t> once_;
  size_t bytes_ = 0;
};

} // namespace troupe
