#pragma once

#include <memory>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/host.hpp"
#include "actors/journal.hpp"
#include "runtime/node_api.hpp"
#include "troupe/node.hpp"

namespace troupe {

namespace runtime {
struct house_plan;
struct queue_settings;
} // namespace runtime

namespace store {
struct sqlite_options;
}

/// A running node, for the program's own assembly and for tests: what
/// `troupe::node` hides.
class node_insides {
public:
  static const runtime::house_plan& plan(node& x);
  static caf::actor_system& system(node& x);
  static const house& home(node& x);
  static caf::actor root(node& x);
  static std::shared_ptr<runtime::node_api> api(node& x);
  /// Before `start`: an agent with everything that can be said about it.
  static void add(node& x, agent_spec spec);
  /// Before `start`: what agents are made from when their work is there.
  static void add_on_demand(node& x, standby_spec_ptr spec);
  /// The next fact of each shard, when the store was opened.
  static const std::vector<uint64_t>& first_seq(node& x);
  /// Before `start`: who hears of every batch that is durable.
  static void on_commit(node& x, commit_listener listen);
  /// Before `start`: actor limits and policies beyond the public options.
  static house_options& options(node& x);
  /// Before `start`: how the task queues are worked.
  static runtime::queue_settings& task_queue(node& x);
  /// Before `start`: the longest pause before what has failed starts again.
  static std::chrono::milliseconds& restart_pause_max(node& x);
  /// Before `start`: how the store works, beyond the public options.
  static store::sqlite_options& store_options(node& x);
};

} // namespace troupe
