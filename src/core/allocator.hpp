#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/allocation.hpp"
#include "core/call_board.hpp"
#include "core/ensemble.hpp"
#include "core/id_table.hpp"
#include "core/permits.hpp"
#include "core/ready_class.hpp"

namespace troupe::core {

/// Gives ready tasks to agents: the workspace with the least of its share
/// first, then the best rank, to the best agent by score.
///
/// Knows no clock and no actor. The same calls in the same order give the same
/// decisions. A decision costs a look at the heads of the few classes that can
/// be served now; what nobody can do, or a limit stops, is not looked at until
/// the event that helps.
class allocator {
public:
  /// REQUIRES: `opts` has no problems; `permits`, if given, outlives this.
  explicit allocator(allocation_options opts, permit_source* permits = nullptr);

  // -- agents

  /// A new agent, or a known one with another profile or load. `load` counts
  /// all its tasks, ours too.
  void agent_up(const profile& who, uint32_t load = 0);

  /// A known agent begins anew: of what we gave it, it goes on with `running`
  /// and has lost the rest. Its load is `load`, which may count tasks that we
  /// do not know.
  void agent_anew(const profile& who, std::span<const attempt_id> running,
                  uint32_t load);

  /// Drops the agent. Returns the tasks it had, ascending: they are nobody's
  /// now, and come back with `offer`.
  std::vector<id> agent_down(std::string_view name);

  void agent_state(std::string_view name, agent_health to);

  /// What it has of ours.
  size_t tasks_of(std::string_view name) const;

  /// What its host says; the host has the last word.
  void agent_load(std::string_view name, uint32_t load);

  /// So many tasks that the agent had, and we did not know, have ended.
  void agent_ended(std::string_view name, uint32_t tasks);

  /// Success for a type of task, 0..1. Forgotten when the agent goes down.
  void performance(std::string_view name, std::string_view type, double value);

  /// A small number that is the agent's until it goes down; none: unknown.
  std::optional<uint32_t> number_of(std::string_view name) const;

  // -- workspaces

  /// REQUIRES: the share has no problems.
  void share(const text& workspace, workspace_share to);

  // -- tasks

  /// Queues tasks. One that is known with this attempt or a later one is left
  /// as it is; an earlier attempt makes room for this one.
  void offer(std::span<const ready> tasks);

  /// Takes a task out of the queue; false if it is not queued.
  bool withdraw(id task);

  /// These attempts left their agents, however they ended. Returns how many of
  /// them had one. Many at once are cheaper than one by one.
  size_t freed(std::span<const attempt_id> attempts);
  bool freed(id task, uint32_t attempt = 1) {
    attempt_id x{task, attempt};
    return freed({&x, 1}) == 1;
  }

  /// After a restart: this task already runs there. False, and nothing is
  /// changed, if the agent is unknown or the task is known. The agent's load
  /// stays as its host said.
  bool restore_assigned(const ready& x, std::string_view agent);

  /// At most `max` decisions, in order. Each is taken into account at once.
  std::vector<decision> decide(instant now, size_t max);

  /// When time alone may make a decision possible; none: only an event can.
  std::optional<instant> wake_at() const;

  // -- questions

  /// What stops the task first; none if it is neither queued nor assigned.
  std::optional<explanation> why(id task, instant now) const;

  /// Every class with queued tasks, in the order in which they became known.
  std::vector<class_demand> demand() const;

  /// What classes ask for that have tasks waiting, no limit in their way, and
  /// no free agent.
  std::vector<std::shared_ptr<const needs>> unserved() const;

  /// Classes that no known agent could ever serve, or that ask for more of a
  /// resource than there is, whose first task has waited too long: each once,
  /// and again only after it could be served.
  std::vector<class_demand> starved(instant now);

  bool anyone_can(const needs& need) const {
    return ensemble_.anyone_can(need);
  }
  size_t queued() const { return queue_.size(); }
  size_t assigned() const { return assigned_.size(); }

  /// The agent that has the attempt; empty: none.
  text agent_of(const attempt_id& x) const;

  /// Ready classes that are known, with or without tasks.
  size_t classes() const { return queue_.known_classes(); }

  /// Memory of the queue in bytes, without what classes and agents take.
  size_t queue_bytes() const { return queue_.bytes(); }

  /// Entries looked at so far by all decisions.
  uint64_t steps() const { return ensemble_.steps() + board_.steps(); }

private:
  struct assignment {
    id task;
    uint32_t agent = nowhere;
    uint32_t ws = nowhere;
    uint32_t attempt = 0;
    bool limited = false;
  };

  /// A class that waits for a limit. The serial tells it from a later owner of
  /// its number.
  struct stopped {
    uint32_t owner = nowhere;
    uint64_t serial = 0;
  };

  uint32_t class_for(const ready& x);
  void offer_one(const ready& x);
  void head_changed(uint32_t owner);
  void remove_class(uint32_t owner);
  void flush_changed();
  bool take_permits(uint32_t owner, instant now);
  void has_room(std::string_view key); // A limit; as in `permit_refusal`.
  void unblock(const stopped& x);
  void wake_timed(instant now);
  decision assign(uint32_t owner);
  void fetch(std::span<const uint32_t> rows);
  uint32_t row_of(const attempt_id& x) const;
  void hold(const assignment& x);
  void release(uint32_t row);
  class_demand demand_of(uint32_t owner) const;
  bool possible(const ready_class& x) const;
  std::string why_never(const ready_class& x) const;
  explanation why_nobody(const ready_class& x) const;
  explanation why_unfree(const ready_class& x) const;
  explanation why_blocked(const ready_class& x) const;

  allocation_options opts_;
  permit_source* permits_;
  ensemble ensemble_;
  call_board board_;
  ready_queue queue_;
  id_table<assignment> assigned_;
  std::vector<std::vector<uint32_t>> held_; // Rows by agent.
  std::map<std::string, std::vector<stopped>, std::less<>> blocked_;
  std::multimap<instant, stopped> timed_;
};

} // namespace troupe::core
