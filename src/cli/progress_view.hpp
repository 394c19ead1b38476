#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace troupe::cli {

/// "about 2m5s left" from the `eta` of a run; empty without one.
std::string eta_text(const nlohmann::json& run);

/// "[██████░░░░]  20.0%": 30 cells, one decimal. `fraction` is cut to 0..1.
std::string progress_bar(double fraction);

/// What is known of a run that somebody watches: fed with its JSON and its
/// events, drawn as lines. Pure: no clock, no terminal.
class progress_view {
public:
  /// `run` as the operation `run` answers it.
  explicit progress_view(const nlohmann::json& run);

  /// `list` as the operation `tasks` answers it: names and states.
  void add_tasks(const nlohmann::json& list);

  /// The same, but names alone: the events tell the rest from its beginning.
  void begin_anew(const nlohmann::json& list);

  /// Names of tasks that the run has made meanwhile.
  void add_names(const nlohmann::json& list);

  /// The task of an event that nobody has named yet; empty: none.
  std::string unnamed(const nlohmann::json& event) const;

  /// What the operation `run` says now about the time that is left.
  void set_eta(const nlohmann::json& run);

  /// One event of the stream; unknown kinds are ignored. True if a line of
  /// `lines()` may have changed.
  bool apply(const nlohmann::json& event);

  /// "Overall", the newest milestone, and a bar for each task in progress, at
  /// most `tasks_max`; the rest is counted.
  std::vector<std::string> lines(size_t tasks_max = 10) const;

  /// The event as a line of a log: "build completed", for output that is no
  /// terminal. Empty: not worth a line.
  std::string line_of(const nlohmann::json& event) const;

  double fraction() const;
  size_t waiting_for_approval() const { return asked_; }

private:
  struct watched_task {
    std::string name;
    std::string state;
    std::string agent;
    double fraction = 0;
    std::string note;
  };

  void set_fraction(watched_task& task, double to);
  void set_state(const std::string& id, const std::string& state);
  std::string name_of(const std::string& id) const;

  uint64_t total_ = 0;
  std::string eta_;            // "about 12s left"; empty: nobody knows.
  uint64_t ended_before_ = 0;  // As of `run`: a stream may have lost its start.
  uint64_t ended_ = 0;         // Of `tasks_`.
  std::string milestone_;      // The newest that was reached.
  size_t asked_ = 0;           // Of `tasks_`: they wait for a person.
  std::set<std::string> busy_; // Ids of those in progress.
  double busy_sum_ = 0;        // Of their fractions.
  std::map<std::string, watched_task> tasks_; // By id.
};

} // namespace troupe::cli
