#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/allocation.hpp"
#include "core/lineup.hpp"
#include "core/workflow.hpp"
#include "troupe/agent.hpp"

namespace troupe::core {

/// Every agent, and for each kind of work that is asked for a lineup of those
/// who can do it. Agents and lineups are small numbers; a number is given again
/// after its owner is gone.
class ensemble {
public:
  explicit ensemble(allocation_options opts);

  // -- agents

  /// A new agent, or a known one with another profile: its history stays.
  uint32_t up(const profile& who, uint32_t load);
  void down(uint32_t agent);
  void health(uint32_t agent, agent_health to);
  void load(uint32_t agent, uint32_t to);

  /// Recency-weighted success for a type of task, 0..1.
  void performance(uint32_t agent, std::string_view type, double value);

  /// The agent of that name, or `nowhere`.
  uint32_t find(std::string_view name) const;

  const text& name(uint32_t agent) const { return all_.names[agent]; }
  const pulse& now(uint32_t agent) const { return all_.pulses[agent]; }
  size_t size() const { return by_name_.size(); }

  /// One task more, one task less.
  void take(uint32_t agent);
  void give(uint32_t agent);

  /// Ask for the memory that `take` and `give` will need: first the agent's
  /// own, then, when that is there, its seats.
  void fetch(uint32_t agent) const;
  void fetch_seats(uint32_t agent) const;

  // -- lineups

  struct pick {
    uint32_t agent = nowhere;
    score why;
    std::array<lineup::rival, 2> runners_up;
  };

  /// The lineup for these needs; made if there is none. Counts the call: as
  /// many calls to `drop` end it.
  uint32_t lineup_for(const std::shared_ptr<const needs>& need);
  void drop(uint32_t line);

  /// The best free agent. REQUIRES: has_free(line).
  pick best(uint32_t line);

  const std::vector<lineup::member>& members(uint32_t line) const {
    return lines_[line].who.members();
  }

  /// Whether an agent like that could do this, free or not.
  static bool can(const profile& who, const needs& need);

  /// Whether any agent, free or not, could do this.
  bool anyone_can(const needs& need) const;

  /// Whether any agent, healthy or not, has this capability.
  bool anyone_has(const std::string& capability) const;

  /// Lineups that got their first free agent, or lost the last one, since the
  /// caller emptied the list. Whether they have one now: `has_free`.
  std::vector<uint32_t> changed;

  bool has_free(uint32_t line) const { return lines_[line].who.has_free(); }

  uint64_t steps() const { return steps_; }

private:
  struct card {
    profile who;
    std::vector<std::string> words; // Capabilities and their parents, sorted.
    std::map<std::string, double, std::less<>> performance; // By type.
    agent_health health = agent_health::healthy;
  };

  struct line {
    std::shared_ptr<const needs> need; // Null: number is free.
    std::string key;
    lineup who;
    uint32_t users = 0;
  };

  /// Who has a term and who asks for it. A term is a capability, an agent's
  /// name, or the one that everybody has.
  struct posting {
    std::vector<uint32_t> agents; // Ascending.
    std::vector<uint32_t> lines;
  };

  static std::vector<std::string> terms(const needs& need);
  static std::vector<std::string> terms(const card& who);
  static bool can(const card& who, const needs& need);

  std::vector<uint32_t> matching(const needs& need) const;
  fit fit_of(const card& who, const needs& need) const;
  int32_t base_of(const fit& how) const;
  uint32_t make_line(const std::shared_ptr<const needs>& need, std::string key);
  uint32_t make_agent(const profile& who);
  void join(uint32_t agent);
  void leave(uint32_t agent);
  void sit(uint32_t agent, uint32_t at);
  void stand(uint32_t agent, uint32_t seat);
  void beat(uint32_t agent, uint32_t load);
  void settle(uint32_t agent);

  allocation_options opts_;
  agent_board all_;
  std::vector<card> cards_; // Parallel to the board.
  std::vector<uint32_t> free_agents_;
  std::unordered_map<std::string, uint32_t, text_hash, std::equal_to<>>
    by_name_;
  std::map<std::string, posting, std::less<>> postings_;
  std::vector<line> lines_;
  std::vector<uint32_t> free_lines_;
  std::map<std::string, uint32_t> line_by_key_;
  uint64_t uses_ = 0;
  uint64_t steps_ = 0;
};

} // namespace troupe::core
