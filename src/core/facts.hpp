#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/id.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

// History: what happened, in order. A batch's facts are one packed body, since
// a row for each would cost half as much again as all the rest of a commit.

namespace troupe::core {

/// These numbers stand in the store: append, never renumber.
enum class fact_kind : uint8_t {
  run_accepted = 1,
  run_state = 2, // The detail names the state.
  task_queued = 3,
  task_started = 4, // The detail names the agent.
  task_ended = 5,   // The detail says how.
  task_retrying = 6,
  task_waiting = 7,
  decision_asked = 8,
  decision_answered = 9,
  signal = 10,
  command = 11, // Who asked for what.
  epoch_open = 12,
  milestone = 13,
  cancelled = 14,
  paused = 15,
  resumed = 16,
  task_fell_back = 17, // The detail says to what, and why.
  cache_hit = 18,      // The output was stored before; no agent was asked.
};

/// The stable name, e.g. "task_ended".
std::string_view to_string(fact_kind x);
std::optional<fact_kind> fact_kind_from(std::string_view name);

/// A longer detail is cut, with "..." at its end.
inline constexpr size_t fact_detail_bytes_max = 4096;

struct fact {
  uint64_t seq = 0; // Not encoded: it follows from the place in the batch.
  instant at;
  fact_kind kind = fact_kind::run_accepted;
  id subject;         // A run or a task.
  std::string detail; // Short text or JSON; may be empty.

  bool operator==(const fact&) const = default;
};

/// Gathers a batch's facts: 5 to 20 bytes for one without a long detail.
class fact_writer {
public:
  fact_writer();

  void add(const fact& x);

  uint32_t count() const { return count_; }
  size_t size_bytes() const { return out_.size(); }

  /// The body; the writer begins anew. Empty if nothing was added.
  text finish();

private:
  void add_detail(std::string_view detail);

  std::string out_;
  uint32_t count_ = 0;
  uint64_t at_ = 0;
  id subject_;
  std::vector<std::string> words_; // Details that come again as one byte.
};

/// The facts of a body. Errors: `store_failed`, saying at which byte; any bytes
/// are safe to pass.
result<std::vector<fact>> read_facts(std::string_view body, uint64_t first_seq);

/// One line: {"seq":1,"at":"...","kind":"...","id":"...","run":"...",
/// "detail":...}; a detail that is a JSON object or list comes in as such.
std::string to_json(const fact& x);

} // namespace troupe::core
