#pragma once

#include <map>
#include <memory>
#include <unordered_map>

#include "actors/house.hpp"

namespace troupe {

/// A run's own knowledge of one of its task actors.
struct live_task {
  task_actor actor;
  work_ptr what;
  std::unique_ptr<ended> end; // Forwarded to the actor, not confirmed yet.
  bool assigned = false;
};

struct run_actor_state {
  static inline const char* name = "run";
  run_actor_state() = default;
  ~run_actor_state(); // Its tasks end with it, however it ends.
  house_ptr home;
  shard_actor owner;
  uint64_t epoch = 0;
  std::unique_ptr<core::run> decide;
  core::text workspace; // All of its tasks share it.
  std::unordered_map<uint32_t, live_task> tasks; // By number; never iterated
                                                 // where order could matter.
  changes next; // Beside what `decide` has: answers, recorded tokens, ...
  bool settling = false;
};

/// How a run begins: anew, or from the store.
struct run_start {
  core::run_request request;
  std::vector<answer> answers; // Given when it is durable.
  // Or:
  std::shared_ptr<core::stored_run> stored;
  core::workflow_ptr definition;
  std::vector<held_attempt> held; // What hosts still hold of it.
  bool after_unclean_end = false;
  bool new_process = false; // What nobody holds was lost with the process.
};

/// Asks a reader for stored outputs; it answers with `found_outputs`.
void obey(run_actor::stateful_pointer<run_actor_state> self, command& x);

void look_up_outputs(run_actor::stateful_pointer<run_actor_state> self,
                     std::vector<core::cache_question>& questions);

run_actor::behavior_type
run_actor_fun(run_actor::stateful_pointer<run_actor_state> self, house_ptr home,
              shard_actor owner, uint64_t epoch,
              std::shared_ptr<run_start> start);

} // namespace troupe
