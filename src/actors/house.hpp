#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/known_workflows.hpp"
#include "actors/member_list.hpp"
#include "actors/messages.hpp"
#include "actors/warning_log.hpp"
#include "core/allocation.hpp"
#include "core/limits.hpp"
#include "core/store.hpp"
#include "core/window.hpp"

namespace troupe {

/// How the actors of a node work. Valid as it stands; times and limits that a
/// user may set are in runtime's config.
struct house_options {
  // -- behaviour

  /// A unit of ownership and recovery: a range of the 4,096 slots.
  uint32_t shards = 64;
  core::window_options window;
  core::allocation_options allocation;
  core::limits_options limits;
  std::map<std::string, core::workspace_share> shares; // By workspace.
  /// Between the wish to stop and the force.
  core::duration cancel_grace{std::chrono::seconds{5}};
  /// W3C trace context for an attempt; thread-safe. Empty: there are no traces.
  std::function<std::string(const task&)> traceparent;

  // -- limits

  /// What may wait to be written, of all shards; beyond it `overloaded`.
  size_t pending_bytes_max = 32u << 20;
  /// Tasks that are ready and wait for an agent, of all shards; beyond it
  /// `overloaded`, but for workspaces that have nothing waiting.
  uint64_t queued_max = 5'000'000;
  /// Free bytes of the store's disk below which nothing new is accepted: what
  /// was accepted before ends in them.
  uint64_t disk_reserve_bytes = 64u << 20;
  /// Commands that wait at a shard for a run to be read.
  size_t waiting_commands_max = 10'000;
};

/// Who lives where on this node, and what they share. Made by the runtime
/// before the first actor; immutable afterwards. Every actor that uses the
/// references keeps its own copy.
struct house {
  house_options opts;
  /// UTC that never goes back. Thread-safe.
  std::function<core::instant()> now;
  /// A number in [0, 1) for jitter. Thread-safe.
  std::function<double()> random;
  /// Something that people should know. Thread-safe.
  std::function<void(const std::string&)> warn;
  /// What was warned of, for `troupe status`.
  std::shared_ptr<warning_log> warnings = std::make_shared<warning_log>();
  std::shared_ptr<known_workflows> workflows =
    std::make_shared<known_workflows>();
  /// Actors that wait for the disk or for agents get threads of their own;
  /// false on the deterministic stage.
  bool threads = true;
  /// What waits to be written, in bytes, of all shards.
  std::shared_ptr<std::atomic<size_t>> pending_bytes =
    std::make_shared<std::atomic<size_t>>(0);
  /// Ready tasks, of all shards.
  std::shared_ptr<std::atomic<uint64_t>> queued =
    std::make_shared<std::atomic<uint64_t>>(0);
  /// For ids: unique in the shard for as long as the process lives.
  std::function<uint32_t()> unique;

  child_ref<journal_actor> journal;
  child_ref<coordinator_actor> coordinator;
  child_ref<directory_actor> directory;
  child_ref<feed_actor> feed;
  child_ref<desk_actor> desk;
  child_ref<clock_actor> clock;
  std::vector<child_ref<reader_actor>> readers;
  std::vector<child_ref<shard_actor>> shards;
  child_ref<crew_actor> crew;
  roster_ptr agents; // Hosts by the agent's name.
  std::shared_ptr<member_list> members = std::make_shared<member_list>();

  child_ref<host_actor> host(const std::string& agent) const {
    return {agents, agent};
  }
  uint32_t shard_of(core::id x) const {
    return core::shard_of(x.slot(), opts.shards);
  }
};
using house_ptr = std::shared_ptr<const house>;

} // namespace troupe
