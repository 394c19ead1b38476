#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "actors/parcels.hpp"
#include "troupe/supervisor.hpp"

// Every actor's interface, a line for each message, in one place.

// These never leave the node today. What is to cross nodes gets an encoding of
// our own in the link's envelope, not CAF's.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::agent_spec_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::answer_callback)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::assigned_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::assignment_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::call_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::changes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::core::duration)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::core::explanation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::core::id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::core::store_stats)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::crew_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::deliveries)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::demand_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ended_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::feed_callback)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::feed_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::found_definition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::found_key)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::found_outputs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::found_sub_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::freed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::held_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::hello)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::host_stats)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::later)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::live_log)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::load_sample)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::loaded_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::loaded_runs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::performed_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::progress)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::read_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ready_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::running_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::shard_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::sub_run_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::sub_run_start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::token)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::token_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::unserved_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<troupe::held_attempt>)

// The order is part of the program only: nothing of it is stored or sent.
CAF_BEGIN_TYPE_ID_BLOCK(troupe,
                        caf::id_block::troupe_supervision_last_type_id + 1)

CAF_ADD_TYPE_ID(troupe, (troupe::agent_spec_ptr))
CAF_ADD_TYPE_ID(troupe, (troupe::answer))
CAF_ADD_TYPE_ID(troupe, (troupe::answer_callback))
CAF_ADD_TYPE_ID(troupe, (troupe::assigned_list))
CAF_ADD_TYPE_ID(troupe, (troupe::assignment_list))
CAF_ADD_TYPE_ID(troupe, (troupe::batch_ptr))
CAF_ADD_TYPE_ID(troupe, (troupe::call_list))
CAF_ADD_TYPE_ID(troupe, (troupe::changes))
CAF_ADD_TYPE_ID(troupe, (troupe::command))
CAF_ADD_TYPE_ID(troupe, (troupe::committed))
CAF_ADD_TYPE_ID(troupe, (troupe::core::agent_health))
CAF_ADD_TYPE_ID(troupe, (troupe::core::duration))
CAF_ADD_TYPE_ID(troupe, (troupe::core::explanation))
CAF_ADD_TYPE_ID(troupe, (troupe::core::id))
CAF_ADD_TYPE_ID(troupe, (troupe::core::store_stats))
CAF_ADD_TYPE_ID(troupe, (troupe::crew_change))
CAF_ADD_TYPE_ID(troupe, (troupe::deliveries))
CAF_ADD_TYPE_ID(troupe, (troupe::demand_list))
CAF_ADD_TYPE_ID(troupe, (troupe::ended))
CAF_ADD_TYPE_ID(troupe, (troupe::ended_list))
CAF_ADD_TYPE_ID(troupe, (troupe::feed_callback))
CAF_ADD_TYPE_ID(troupe, (troupe::feed_chunk))
CAF_ADD_TYPE_ID(troupe, (troupe::found_key))
CAF_ADD_TYPE_ID(troupe, (troupe::found_outputs))
CAF_ADD_TYPE_ID(troupe, (troupe::found_sub_run))
CAF_ADD_TYPE_ID(troupe, (troupe::freed))
CAF_ADD_TYPE_ID(troupe, (troupe::held_list))
CAF_ADD_TYPE_ID(troupe, (troupe::hello))
CAF_ADD_TYPE_ID(troupe, (troupe::host_stats))
CAF_ADD_TYPE_ID(troupe, (troupe::later))
CAF_ADD_TYPE_ID(troupe, (troupe::live_log))
CAF_ADD_TYPE_ID(troupe, (troupe::load_sample))
CAF_ADD_TYPE_ID(troupe, (troupe::loaded_run))
CAF_ADD_TYPE_ID(troupe, (troupe::loaded_runs))
CAF_ADD_TYPE_ID(troupe, (troupe::performed_list))
CAF_ADD_TYPE_ID(troupe, (troupe::progress))
CAF_ADD_TYPE_ID(troupe, (troupe::read_job))
CAF_ADD_TYPE_ID(troupe, (troupe::ready_list))
CAF_ADD_TYPE_ID(troupe, (troupe::running_list))
CAF_ADD_TYPE_ID(troupe, (troupe::shard_opened))
CAF_ADD_TYPE_ID(troupe, (troupe::sub_run_end))
CAF_ADD_TYPE_ID(troupe, (troupe::sub_run_start))
CAF_ADD_TYPE_ID(troupe, (troupe::token))
CAF_ADD_TYPE_ID(troupe, (troupe::token_list))
CAF_ADD_TYPE_ID(troupe, (troupe::unserved_list))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::held_attempt>))

CAF_ADD_ATOM(troupe, troupe, ack_atom, "ack")
CAF_ADD_ATOM(troupe, troupe, adopt_atom, "adopt")
CAF_ADD_ATOM(troupe, troupe, append_atom, "append")
CAF_ADD_ATOM(troupe, troupe, backup_atom, "backup")
CAF_ADD_ATOM(troupe, troupe, bye_atom, "bye")
CAF_ADD_ATOM(troupe, troupe, cancel_atom, "cancel")
CAF_ADD_ATOM(troupe, troupe, decide_atom, "decide")
CAF_ADD_ATOM(troupe, troupe, done_atom, "done")
CAF_ADD_ATOM(troupe, troupe, drain_atom, "drain")
CAF_ADD_ATOM(troupe, troupe, durable_atom, "durable")
CAF_ADD_ATOM(troupe, troupe, expire_atom, "expire")
CAF_ADD_ATOM(troupe, troupe, settle_atom, "settle")
CAF_ADD_ATOM(troupe, troupe, find_atom, "find")
CAF_ADD_ATOM(troupe, troupe, force_atom, "force")
CAF_ADD_ATOM(troupe, troupe, go_atom, "go")
CAF_ADD_ATOM(troupe, troupe, health_atom, "health")
CAF_ADD_ATOM(troupe, troupe, held_atom, "held")
CAF_ADD_ATOM(troupe, troupe, intake_atom, "intake")
CAF_ADD_ATOM(troupe, troupe, later_atom, "later")
CAF_ADD_ATOM(troupe, troupe, lack_atom, "lack")
CAF_ADD_ATOM(troupe, troupe, leave_atom, "leave")
CAF_ADD_ATOM(troupe, troupe, load_atom, "load")
CAF_ADD_ATOM(troupe, troupe, log_atom, "log")
CAF_ADD_ATOM(troupe, troupe, unlock_atom, "unlock")
CAF_ADD_ATOM(troupe, troupe, perf_atom, "perf")
CAF_ADD_ATOM(troupe, troupe, again_atom, "again")
CAF_ADD_ATOM(troupe, troupe, anew_atom, "anew")
CAF_ADD_ATOM(troupe, troupe, reload_atom, "reload")
CAF_ADD_ATOM(troupe, troupe, renew_atom, "renew")
CAF_ADD_ATOM(troupe, troupe, stats_atom, "stats")
CAF_ADD_ATOM(troupe, troupe, watch_atom, "watch")
CAF_ADD_ATOM(troupe, troupe, why_atom, "why")
CAF_ADD_ATOM(troupe, troupe, withdr_atom, "withdraw")

CAF_END_TYPE_ID_BLOCK(troupe)

namespace troupe {

// -- interfaces ---------------------------------------------------------------

/// The only writer of the store. Commits what arrived while the last commit was
/// in flight.
using journal_actor = caf::typed_actor<
  // Answered when everything this shard sent before is written: what follows
  // belongs to its new life.
  caf::replies_to<unlock_atom, uint32_t>::with<shard_opened>,
  // Answered with a plain `committed` to the shard, when it is durable.
  caf::reacts_to<append_atom, batch_ptr>,
  caf::replies_to<stats_atom>::with<core::store_stats>,
  // A consistent copy of the store at that path, made between commits.
  caf::replies_to<backup_atom, std::string>::with<caf::ok_atom>,
  // INTERNAL: a slice of that copy.
  caf::reacts_to<backup_atom>,
  // INTERNAL: the mailbox is drained, write.
  caf::reacts_to<settle_atom>,
  // INTERNAL: a slice of upkeep; and whether a blocked store takes again.
  caf::reacts_to<caf::tick_atom>>;

/// Owns a range of slots: its runs, their timers, their order in history.
using shard_actor = caf::typed_actor<
  // From a door; answered with a plain `answer` to the desk.
  caf::reacts_to<command>,
  // From the coordinator.
  caf::reacts_to<assigned_list>,
  // A coordinator begins anew and wants everything that is ready or running.
  caf::reacts_to<anew_atom>,
  // From hosts.
  caf::reacts_to<ended_list>,
  // Answer to `held`, and sent by a host that begins anew.
  caf::reacts_to<held_list>,
  // From the journal.
  caf::reacts_to<committed>,
  // The store is blocked (false) or takes again (true).
  caf::reacts_to<intake_atom, bool>,
  // From its runs.
  caf::reacts_to<changes>,
  // INTERNAL: a run read from the store.
  caf::reacts_to<loaded_run>,
  // INTERNAL: a reader was lost, ask another one.
  caf::reacts_to<again_atom>,
  // INTERNAL: the runs that have not ended.
  caf::reacts_to<loaded_runs>,
  // INTERNAL: a sub-run that is not live, or its workflow.
  caf::reacts_to<found_sub_run>,
  // INTERNAL: what is kept under a workflow's name and version.
  caf::reacts_to<found_definition>,
  // INTERNAL: what a key is known to have made.
  caf::reacts_to<found_key>,
  // INTERNAL: send the next batch, fire timers, activate.
  caf::reacts_to<settle_atom>, caf::reacts_to<caf::tick_atom>,
  // INTERNAL: send it even if nobody waits for it.
  caf::reacts_to<settle_atom, later_atom>,
  // INTERNAL: the coordinator has forgotten what an earlier life offered.
  caf::reacts_to<ack_atom>,
  // Its runs and tasks.
  caf::replies_to<tree_atom, tree_query>::with<tree_node>,
  // The actor of a live run or task, for teams that look closely, and tests.
  caf::replies_to<find_atom, core::id>::with<caf::actor>,
  // Sums for status.
  caf::replies_to<load_atom>::with<load_sample>,
  // Where a run stands, in words, for `why`.
  caf::replies_to<why_atom, core::id>::with<std::string>>;

/// Decides one run's graph and tasks.
using run_actor =
  caf::typed_actor<caf::reacts_to<deliveries>,
                   // A sub-run of its task ended.
                   caf::reacts_to<sub_run_end>,
                   // A sub-run of its task was accepted.
                   caf::reacts_to<sub_run_start>,
                   // Offer everything again that is ready: a new coordinator
                   // asks.
                   caf::reacts_to<anew_atom>,
                   // A host began anew: what it does not hold is lost.
                   caf::reacts_to<held_list>,
                   // From its tasks: the attempt's end, checked and translated.
                   caf::reacts_to<ended>,
                   // INTERNAL: cached outputs that it asked a reader for.
                   caf::reacts_to<found_outputs>,
                   // INTERNAL: all that came is handled; hand over the changes.
                   caf::reacts_to<settle_atom>,
                   caf::replies_to<tree_atom, tree_query>::with<tree_node>,
                   // The actor of one of its tasks.
                   caf::replies_to<find_atom, core::id>::with<caf::actor>,
                   caf::replies_to<why_atom, core::id>::with<std::string>>;

/// One live execution of a task.
using task_actor = caf::typed_actor<
  // An agent has it.
  caf::reacts_to<go_atom, std::string>,
  // The host's word on how it ended.
  caf::reacts_to<ended>,
  // Its time is up.
  caf::reacts_to<expire_atom>,
  // It is not wanted any more.
  caf::reacts_to<cancel_atom>,
  // INTERNAL: the grace is over.
  caf::reacts_to<force_atom>>;

/// One instance of an agent's code, in a slot of its host.
using instance_actor = caf::typed_actor<
  // Work on these, one after the other.
  caf::reacts_to<call_list>>;

/// Gives each ready task to the agent that fits best.
using coordinator_actor = caf::typed_actor<
  // Ready tasks of a shard.
  caf::reacts_to<ready_list>,
  // No longer ready. One that is given away already is stopped by its task.
  caf::reacts_to<withdr_atom, token_list>,
  // What a shard has in progress; after it the shard counts as known.
  caf::reacts_to<running_list>,
  // Forget everything of this shard: it begins anew. Answered with `ack`.
  caf::reacts_to<anew_atom, uint32_t>,
  // An agent is there, with what it holds.
  caf::reacts_to<hello>,
  // Slots are free again: these attempts have ended on that agent.
  caf::reacts_to<freed>,
  // Draining, disabled or healthy.
  caf::reacts_to<health_atom, std::string, core::agent_health>,
  // Past performance of (agent, type) has changed.
  caf::reacts_to<perf_atom, std::string, std::string, double>,
  // It leaves: once it has nothing, it is forgotten and told so.
  caf::reacts_to<bye_atom, std::string>,
  // INTERNAL: decide.
  caf::reacts_to<decide_atom>,
  // INTERNAL: a rate limit may have room again.
  caf::reacts_to<caf::tick_atom>,
  // INTERNAL: hosts that have not said hello are not waited for any longer.
  caf::reacts_to<again_atom>,
  // INTERNAL: time to look for tasks that nobody can do, or no free agent.
  caf::reacts_to<settle_atom>, caf::reacts_to<lack_atom>,
  // What stops a task first.
  caf::replies_to<why_atom, core::id>::with<core::explanation>,
  // Queues by class, for status and windows.
  caf::replies_to<stats_atom>::with<demand_list>>;

/// One agent: its slots, its load, its instances.
using host_actor = caf::typed_actor<
  // From the coordinator. A full host, or one of another life, returns them.
  caf::reacts_to<assignment_list>,
  // Their starts are durable.
  caf::reacts_to<go_atom, token_list>,
  // Stop working on it; `true`: by force.
  caf::reacts_to<cancel_atom, token, bool>,
  // Stop working on it: its time is up, which its agent's record shall say.
  caf::reacts_to<expire_atom, token>,
  // Their ends are durable: forget them.
  caf::reacts_to<ack_atom, token_list>,
  // A shard begins anew: answer with a plain `held_list`.
  caf::reacts_to<held_atom, uint32_t>,
  // From its instances' lines, on any thread: these have ended.
  caf::reacts_to<done_atom, token_list>, caf::reacts_to<later>,
  // A coordinator begins anew: say hello again.
  caf::reacts_to<anew_atom>,
  // Takes new work or not.
  caf::reacts_to<health_atom, core::agent_health>,
  // Work as this says from now on; what it has ends as it began.
  caf::reacts_to<renew_atom, agent_spec_ptr>,
  // Finish what there is, and then tell the crew.
  caf::reacts_to<leave_atom>,
  // From the coordinator: nothing more is on its way.
  caf::reacts_to<bye_atom>,
  // INTERNAL: ends that were not recorded yet are sent again; the watchdog.
  caf::reacts_to<ack_atom>,
  // INTERNAL: timers of reactive agents.
  caf::reacts_to<caf::tick_atom>,
  caf::replies_to<tree_atom, tree_query>::with<tree_node>,
  // The instance in that slot, for teams that look closely, and tests.
  caf::replies_to<find_atom, uint64_t>::with<caf::actor>,
  // What its newest attempt at that task has said so far, while it has it.
  caf::replies_to<log_atom, core::id>::with<live_log>,
  caf::replies_to<stats_atom>::with<host_stats>>;

/// Takes agents in and lets them go while the node runs.
using crew_actor = caf::typed_actor<
  // Answered when it is begun.
  caf::replies_to<reload_atom, crew_change>::with<caf::ok_atom>,
  // From a host that leaves: it has nothing left.
  caf::reacts_to<bye_atom, std::string>,
  // From the coordinator: perhaps an agent is to be made.
  caf::reacts_to<unserved_list>,
  // INTERNAL: whether all is as it should be; whether one that was made idles.
  caf::reacts_to<caf::tick_atom>, caf::reacts_to<expire_atom>>;

/// Every agent's profile, health and performance history.
using directory_actor =
  caf::typed_actor<caf::reacts_to<hello>,
                   caf::reacts_to<health_atom, std::string, core::agent_health>,
                   // It has left.
                   caf::reacts_to<bye_atom, std::string>,
                   // How attempts ended, from the hosts: performance history.
                   caf::reacts_to<performed_list>,
                   // INTERNAL: how they went before is to be read still.
                   caf::reacts_to<again_atom>,
                   // The coordinator begins anew and wants all performance
                   // figures.
                   caf::reacts_to<anew_atom>,
                   // For `troupe agents`: JSON.
                   caf::replies_to<stats_atom>::with<std::string>,
                   // How long which work took, for estimates: JSON.
                   caf::replies_to<perf_atom>::with<std::string>>;

/// Estimates how long runs still take; remembers nothing that matters.
using progress_actor = caf::typed_actor<
  // The `eta` of a run as JSON; "null" where nobody can know.
  caf::replies_to<stats_atom, core::id>::with<std::string>,
  // INTERNAL: a reader's answer.
  caf::reacts_to<done_atom, core::id, std::string>>;

/// Looks at what the node uses of its machine, and warns.
using resources_actor = caf::typed_actor<
  // For `troupe status`: JSON.
  caf::replies_to<stats_atom>::with<std::string>,
  // INTERNAL: time to look.
  caf::reacts_to<caf::tick_atom>>;

/// Keeps the node's time near the system's, and wakes shards that have mere
/// news to write: one timer for all of them.
using clock_actor = caf::typed_actor<
  // This shard wants its later `settle` soon.
  caf::reacts_to<later_atom, uint32_t>,
  // INTERNAL: that is now.
  caf::reacts_to<later_atom>,
  // INTERNAL: a second has passed.
  caf::reacts_to<caf::tick_atom>>;

/// Committed facts in order, in a bounded ring; doors and monitors follow it.
using feed_actor =
  caf::typed_actor<caf::reacts_to<feed_chunk>, caf::reacts_to<progress>,
                   // Facts of one run (nil: all) from now on, until the
                   // callback says false.
                   caf::reacts_to<watch_atom, core::id, feed_callback>>;

/// Runs closures on a read-only connection, on its own thread.
using reader_actor = caf::typed_actor<caf::reacts_to<read_job>>;

/// Keeps the commands of all doors until a shard has answered them.
using desk_actor = caf::typed_actor<
  // From any thread; the callback comes on the desk's.
  caf::reacts_to<command, answer_callback>,
  // From a shard.
  caf::reacts_to<answer>,
  // INTERNAL: a shard may live again; what it has not answered is sent again.
  caf::reacts_to<caf::tick_atom>>;

} // namespace troupe
