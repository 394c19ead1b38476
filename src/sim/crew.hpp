#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "actors/host.hpp"
#include "sim/ledger.hpp"
#include "sim/plan.hpp"

namespace troupe::sim {

/// All simulated agents. How one behaves follows from the plan's seed, the
/// task's name, its input and the attempt: not from when it is asked, so that a
/// shorter plan leaves it as it was.
class crew {
public:
  using complaint = ledger::complaint;

  crew(const plan& from, ledger& book, complaint wrong);

  /// What a node is configured with. The crew must outlive it.
  std::vector<agent_spec> specs();

  /// The clock of all lives.
  void set_now(core::duration now) { now_ = now; }
  /// Says what is due to be said; nothing that is not.
  void fire();
  /// When the next word is due.
  core::duration next() const;

  /// The process ended, and their work with it. What is still given to them is
  /// given to nobody.
  void end_life();
  void begin_life() { deaf_ = false; }
  /// From now on all of them do well.
  void calm() { calm_ = true; }

  void perform(size_t who, const task& t, reply line);
  outcome perform_at_once(size_t who, const task& t);

  /// What is worth a line of the story; may be empty.
  complaint tell;

  uint64_t calls() const { return calls_; }
  uint64_t troubles() const { return troubles_; }

private:
  using attempt_key = std::pair<core::id, uint32_t>;

  struct work_in_hand {
    size_t who = 0;
    reply line;
    std::string limit_key; // Empty: none.
    uint32_t limit = 0;    // 1 where it is exclusive.
    bool answered = false; // What follows is no work.
    bool at_work() const { return !answered && !line.cancelled(); }
  };
  struct word {
    attempt_key key;
    std::optional<outcome> what; // None: the host has said it by now.
    bool last = true;            // Nothing follows.
  };

  attempt_key begin(size_t who, const task& t);
  void take_in_hand(size_t who, const attempt_key& key, reply line);
  void check_limit(const work_in_hand& x, const attempt_key& key);
  void check_slots(size_t who);
  conduct choose(const task& t) const;
  void behave(conduct how, const attempt_key& key, const task& t);
  void react(conduct how, const attempt_key& key, const task& t);
  void asked_to_stop(conduct how, const attempt_key& key,
                     const std::string& output, bool force);
  void say(const attempt_key& key, outcome what, bool last = true);
  void say_later(core::duration delay, const attempt_key& key,
                 std::optional<outcome> what, bool last = true);
  void note_first(const attempt_key& key, const outcome& what);

  const plan& plan_;
  ledger& book_;
  complaint wrong_;
  core::duration now_{};
  bool calm_ = false;
  bool deaf_ = false;
  uint64_t calls_ = 0;
  uint64_t troubles_ = 0;
  std::map<attempt_key, work_in_hand> in_hand_;
  std::map<attempt_key, bool> spoken_; // Of all lives.
  std::multimap<core::duration, word> later_;
};

} // namespace troupe::sim
