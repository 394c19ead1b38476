#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/facts.hpp"
#include "core/result.hpp"

// What a follower of a live stream asks for: which events, from where on, and
// how fast it takes what is past.

namespace troupe::core {

/// Sets of kinds of events: a bit for each kind of fact, and one for each
/// signal.
using event_kinds = uint64_t;

constexpr event_kinds bit_of(fact_kind x) {
  return event_kinds{1} << static_cast<unsigned>(x);
}
inline constexpr event_kinds progress_bit = event_kinds{1} << 62;
inline constexpr event_kinds log_bit = event_kinds{1} << 63;

/// The kinds that these words name, with commas or spaces between them: names
/// of kinds ("task_ended", "log") and of groups of them ("runs", "tasks",
/// "decisions", "logs"). Errors: `invalid`, with the word that was meant.
result<event_kinds> event_kinds_from(std::string_view words);

struct watch_filter {
  event_kinds kinds = 0; // 0: all.
  id task;               // nil: whatever it is about.
  std::string name;      // Of the run's workflow; empty: any.

  bool wants(event_kinds kind, id subject) const {
    return (kinds == 0 || (kinds & kind) != 0) && (!task || subject == task);
  }
  bool operator==(const watch_filter&) const = default;
};

/// By shard: the number of the fact that is next. History begins with 1.
using positions = std::vector<uint64_t>;

/// Where a stream of all runs stands, as an opaque text without spaces.
std::string to_cursor(const positions& next);

/// Nothing where `to_cursor` cannot have written it.
std::optional<positions> positions_from(std::string_view cursor);

/// Shards that a cursor may name: an id has no more slots.
inline constexpr size_t cursor_shards_max = 4096;

/// How fast a reader takes what is past. Thread-safe.
class watch_pace {
public:
  virtual ~watch_pace() = default;

  /// True: tell on. False: `then` is called once when there is room again, on
  /// any thread; never where the reader has gone.
  virtual bool has_room(std::function<void()> then) = 0;
};

} // namespace troupe::core
