#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/store.hpp"

namespace troupe::store {

inline constexpr uint32_t queue_page_rows_max = 1000;

/// Where a list of the queue stands: parts of equal priority and state, highest
/// priority first, each in order of key.
class queue_cursor {
public:
  explicit queue_cursor(const core::queue_filter& of);

  /// From the text of the page before; what is wrong with it, if anything is.
  std::optional<failure> start(const std::string& text);

  bool over() const { return priority_ < last_; }
  int priority() const { return priority_; }
  core::task_state state() const { return states_[index_]; }
  core::id after() const { return after_; }

  void pass(core::id key) { after_ = key; }
  void next_part();

  std::string text() const;

private:
  std::vector<core::task_state> states_;
  int priority_ = 10;
  int last_ = 1;
  size_t index_ = 0;
  core::id after_;
};

/// One execution more.
void add_to(core::audit_sums& sums, std::string_view status,
            core::duration took, const std::string& agent,
            core::duration slow_after);

} // namespace troupe::store
