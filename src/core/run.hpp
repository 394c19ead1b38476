#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/facts.hpp"
#include "core/line_log.hpp"
#include "core/rows.hpp"
#include "core/store.hpp"
#include "core/template.hpp"
#include "core/workflow.hpp"
#include "troupe/agent.hpp"

// A run decides its graph and its tasks. Pure: events and `now` go in, effects
// come out; memory may run ahead of the journal, what leaves the shard may not.

namespace troupe::core {

/// How an attempt ended, as its task saw it.
enum class end_kind : uint8_t {
  answered,  // The agent's own outcome.
  returned,  // Never ran, or was interrupted: goes back uncounted.
  crashed,   // The agent threw, or its process died.
  timed_out, // And is proven dead.
  cancelled, // And is proven dead.
  stuck,     // Ignores cancellation: its token is dead, its slot is lost.
};

/// A timer of a task (number 0: of the run). At most one at a time.
struct timer_change {
  uint32_t number = 0;
  due_kind kind = due_kind::none;
  instant due; // no_instant: disarm.
};

/// Is there a stored output for this task? Answered with `looked_up`.
struct cache_question {
  uint32_t number = 0;
  std::string key;
};

/// What must happen outside, because of events since the last `take`.
struct run_effects {
  std::vector<fact> facts;
  run_row run; // Always: its counts and stamps.
  std::vector<task_row> tasks;
  std::vector<attempt_row> attempts;
  std::vector<decision_row> decisions;
  std::vector<signal_row> signals;
  std::vector<cache_row> cached;
  std::vector<log_row> logs;
  std::vector<audit_row> audits;
  std::vector<timer_change> timers;
  std::vector<uint32_t> offers;    // Ready; to be given to an agent.
  std::vector<uint32_t> withdrawn; // Offered, but no longer ready.
  std::vector<uint32_t> stops;     // In progress, and to be cancelled.
  std::vector<uint32_t> expired;   // In progress, and past their time.
  std::vector<uint32_t> sub_runs;  // Start the sub-run of this task.
  std::vector<cache_question> questions;
  std::vector<id> cancels; // Cancel these sub-runs.
  std::vector<id> pauses;  // Pause, or
  std::vector<id> resumes; // resume them.
  bool over = false;
};

/// Limits, each with an error that names it.
inline constexpr uint32_t foreach_items_max = 100'000;
inline constexpr size_t gathered_bytes_max = 16u << 20;
inline constexpr uint32_t signals_kept_max = 1000;
inline constexpr uint32_t dynamic_tasks_max = 10'000; // From one answer.
inline constexpr uint32_t unclean_ends_max = 3;
/// How many commands back a repeated one is known.
inline constexpr size_t commands_kept_max = 32;
/// A larger output is not cached.
inline constexpr size_t cached_output_bytes_max = 1u << 20;
/// The concurrency key of tasks that one more unclean end would quarantine:
/// they work one at a time, so that only the one that kills the node is blamed.
inline constexpr std::string_view suspects_key = "suspects";

/// What a submission brings.
struct run_request {
  id key;
  id parent;
  uint32_t parent_task = 0;
  std::string workspace;
  workflow_ptr definition;
  bool ad_hoc = false;
  text input;
  std::string idempotency_key;
  uint8_t priority = 0; // 0: the definition's.
  origin by;
  text labels = {}; // JSON object; empty: the definition's.
};

class run {
public:
  /// One live task. Numbers count from 1; the steps of the definition come
  /// first, in order.
  struct task {
    uint32_t number = 0;
    uint32_t source = 0; // 0: the definition; else a group added by an agent.
    uint32_t step = 0;
    uint32_t parent = 0;
    uint32_t item = 0;
    uint32_t open = 0;     // Unmet dependencies.
    uint32_t children = 0; // Not yet ended.
    uint32_t first = 0;    // First item of a group; newest round of a loop.
    uint32_t items = 0;    // Of a group; rounds of a loop so far.
    uint32_t attempt = 0;  // Newest token given out.
    uint32_t added = 0;    // Source of the tasks that its agent added.
    uint16_t retries = 0;
    uint16_t unclean = 0;
    uint16_t fallback = 0; // See task_row.
    task_state state = task_state::waiting;
    task_state before_pause = task_state::queued;
    due_kind due = due_kind::none;
    uint8_t priority = 5;
    bool fresh : 1 = true;    // No row yet.
    bool dirty : 1 = false;   // Its row is not as it is here.
    bool offered : 1 = false; // With the coordinator.
    bool blocked : 1 = false; // A dependency did not end as asked.
    bool approved : 1 = false;
    bool stopping : 1 = false; // Its attempt is being cancelled.
    bool settled : 1 = false;  // Its dependents know.
    bool spoilt : 1 = false;   // Something that its agent added failed.
    bool careful : 1 = false;  // Was there before an unclean end.
    bool asking : 1 = false;   // Its cached output is being looked for.
    bool looked : 1 = false;   // It has none.
    instant queued_at, started_at, ended_at, due_at;
    instant deadline; // Moves with the clocks, which stand in a pause.
    text input, output, agent, score;
    std::unique_ptr<failure> error;
  };

  /// A new run. Call `accept` next.
  run(run_request what, instant now);
  /// A run from the store. Tasks in progress are unsure until `adopt` or
  /// `lost`.
  run(stored_run from, workflow_ptr definition, bool after_unclean_end);

  // -- events; ignored where they make no sense any more

  void accept(instant now);
  /// An agent has the attempt. False: it was withdrawn meanwhile; whoever has
  /// it must stop.
  bool assigned(uint32_t number, uint32_t attempt, std::string_view agent,
                text score, instant now);
  /// The attempt has ended. `random` in [0, 1) is for jitter. False: the token
  /// is not the current one, the result is refused.
  bool ended(uint32_t number, uint32_t attempt, end_kind how, outcome what,
             instant now, double random, const kept_log_ptr& log = nullptr);
  void timer(uint32_t number, due_kind kind, instant now);
  /// Names the sub-runs that the next `take` starts, so that each name is
  /// written together with the task that waits for it.
  void name_sub_runs(const std::function<id()>& next);
  void sub_run_started(uint32_t number, id child);
  /// `random` as in `ended`.
  void sub_run_ended(uint32_t number, id child, run_state how, text output,
                     failure why, instant now, double random);
  /// What the store has for a `cache_question`; nothing: ask an agent.
  void looked_up(uint32_t number, std::optional<text> output, instant now);
  /// An attempt in progress that somebody still holds, after a reload.
  void adopt(uint32_t number, uint32_t attempt, std::string_view agent,
             instant now);
  /// An attempt in progress that nobody holds. `counted`: the node ended
  /// uncleanly, which may be the task's fault.
  void lost(uint32_t number, bool counted, instant now);
  /// Goes on after a reload, when every attempt in progress is accounted for.
  void go_on(instant now);

  // -- commands; each says in words why it cannot be done

  /// A command that was carried out before has no second effect.
  bool has_carried_out(id command) const;
  void remember(id command);
  failure cancel(const origin& by, std::string_view reason, instant now);
  failure cancel_task(uint32_t number, const origin& by,
                      std::string_view reason, instant now);
  failure pause(const origin& by, instant now);
  failure resume(const origin& by, instant now);
  /// 0: all. `anew`: with all their retries again.
  failure retry(uint32_t number, const origin& by, instant now,
                bool anew = false);
  /// What is held may be given to an agent; released twice is released once.
  failure release(uint32_t number, const origin& by, instant now);
  /// What waits for its next try waits to be released instead.
  failure hold(uint32_t number, const origin& by, instant now);
  failure signal(std::string_view name, text payload, const origin& by,
                 instant now, bool& taken);
  failure answer(uint32_t number, bool yes, const origin& by,
                 std::string_view who, std::string_view comment, instant now);

  // -- views

  /// Everything that must happen outside since the last call.
  run_effects take(instant now);

  const id& key() const { return row_.key; }
  const run_row& row() const { return row_; }
  const workflow& definition() const { return *sources_.front(); }
  bool ad_hoc() const { return ad_hoc_; }
  const task* find(uint32_t number) const;
  /// What an attempt of it follows: the step, or its fallback.
  std::shared_ptr<const step> step_of(const task& t) const;
  std::string name_of(const task& t) const;
  size_t size() const { return tasks_.size(); }
  /// In progress, with an agent.
  bool working(const task& t) const;
  /// The resolved key of its concurrency limit; empty: none.
  std::string concurrency_key(const task& t) const;
  /// What its agent can tell repeats by; empty: its id.
  std::string idempotency_key(const task& t) const;
  task_row row_of(const task& t) const;
  /// What a sub-run of this task would be submitted as.
  text sub_run_input(const task& t) const { return t.input; }

private:
  // graph: what becomes ready when something ends (run_graph.cpp)
  void add_steps(uint32_t source, uint32_t parent, instant now);
  void met(task& t, instant now);
  void pass_gate(task& t, instant now);
  void begin(task& t, instant now);
  void begin_sleep(task& t, instant now);
  void begin_signal(task& t, instant now);
  void queue(task& t, instant now);
  void offer_more(instant now);
  void expand(task& t, instant now);
  void start_items(task& group, instant now);
  void next_round(task& loop, instant now);
  void child_ended(task& group, task& child, instant now);
  void gather(task& group, instant now);
  void settle(task& t, instant now);
  void settle_dependents(task& t, instant now);
  bool spoilt_by_added(const task& t) const;
  /// Ends every event: lets everything follow from what has ended. A queue and
  /// not recursion, because a chain can be as long as a run.
  void drain(instant now);
  bool handled(const task& t) const;
  bool handled_above(const task& t) const;
  run_state verdict();
  void finish_if_over(instant now);
  text gathered_output() const;

  // ends (run_ends.cpp)
  void complete(task& t, text output, instant now);
  void fail(task& t, failure why, instant now);
  void skip(task& t, failure why, instant now);
  void close_question(const task& t, instant now);
  void cancel_one(task& t, std::string_view reason, instant now);
  bool is_sub_run(const task& t) const;
  bool late(const task& t) const;
  bool asked_to_stop(task& t);
  void expire_sub_run(task& t, instant now);
  void end_cancelled(task& t, std::string_view reason, instant now);
  void attempt_failed(task& t, failure why, duration retry_after, instant now,
                      double random);
  bool fall_back(task& t, const failure& why, instant now);
  void keep_output(const task& t, const text& output, instant now);
  void return_to_queue(task& t, instant now);
  void answered(task& t, outcome what, instant now, double random);
  void audit(const task& t, instant started, instant now);
  std::string timed_out_words(const task& t, instant now,
                              const std::string& of_agent) const;
  void add_dynamic(task& t, const std::string& more, instant now);

  // small things
  task& at(uint32_t number) { return tasks_[number - 1]; }
  const core::step& spec(const task& t) const;
  bool is_item(const task& t) const;
  bool is_group(const task& t) const;
  bool is_loop(const task& t) const;
  bool apply(task& t, task_event event, instant now);
  void touch(task& t);
  void arm(task& t, due_kind kind, instant due);
  void arm_within(task& t, due_kind kind, std::optional<duration> time,
                  instant now);
  void disarm(task& t);
  void note(fact_kind kind, const task* t, instant now,
            std::string detail = {});
  /// `name`: of a task or a signal of the run, where it is about one.
  void note_command(std::string_view what, const origin& by, instant now,
                    std::string_view detail = {}, std::string_view name = {});
  void set_run_state(run_state to, instant now);
  void withdraw(task& t);
  void keep_standing(std::vector<uint32_t>& offers) const;
  void to_queued(task& t, instant now);
  void forget_end(task& t);
  void reopen(uint32_t number, instant now);
  bool reopen_added(const task& t, instant now);
  bool reopen_round(task& loop, instant now);
  void wait_again(const task& t, std::deque<uint32_t>& open, instant now);
  void wait_again_above(const task& t, std::deque<uint32_t>& open, instant now);
  void reopen_items(task& group, instant now);
  void count_dependencies(task& t) const;
  bool as_asked(const edge& e, const task& dependency) const;
  void restore(const stored_run& from, bool after_unclean_end);
  void go_on_stopping();
  void restore_links();
  template <class Use>
  auto with_scope(const task& t, Use use) const;
  result<text> resolved(const text& json, const task& t) const;
  result<std::string> resolved_line(const std::string& line,
                                    const task& t) const;
  const text* item_of(const task& t) const;
  const text* output_near(std::string_view step, const task& t) const;
  const text* output_of(std::string_view step) const;
  result<bool> condition(const std::string& expression, const task& t,
                         const text* output) const;
  failure check_expectations(const task& t, const text& output) const;
  failure check_keys(const task& t) const;
  std::string cache_key_of(const task& t) const;
  void count(task_state from, task_state to);
  uint32_t child(const task& parent, uint32_t item);

  run_row row_;
  bool ad_hoc_ = false;
  std::vector<workflow_ptr> sources_; // 0: the definition.
  std::vector<uint32_t> first_of_;    // Source -> number of its first step.
  std::deque<task> tasks_;            // Invariant: tasks_[i].number == i + 1.
  mutable std::map<uint32_t, std::vector<text>> items_; // By group; a cache.
  std::vector<signal_row> kept_signals_;
  std::deque<uint32_t> held_;       // Queued, but max_parallel is reached.
  std::deque<uint32_t> just_ended_; // To be settled; empty between events.
  std::vector<uint32_t> parked_;    // Could begin, but the run is paused.
  uint32_t active_ = 0;             // Offered or in progress with an agent.
  uint32_t live_ = 0;               // Tasks that have not ended.
  bool run_dirty_ = false;
  bool over_ = false;
  // Collected for `take`.
  std::vector<fact> facts_;
  std::vector<uint32_t> dirty_;
  run_effects out_;
  text last_agent_; // Tasks that follow each other often share one.
};

} // namespace troupe::core
