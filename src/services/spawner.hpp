#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "services/process_loop.hpp"
#include "services/spawn_spec.hpp"
#include "services/spawn_wire.hpp"

namespace troupe::services {

/// The node's ends of a process's stdin, stdout and stderr. Non-blocking.
struct child_pipes {
  descriptor input;
  descriptor output;
  descriptor errors;
};

/// What the node hears of a process: `started` at most once, then exactly one
/// of the others, last. Called on the loop's thread. Empty ones are skipped.
struct child_events {
  std::function<void(pid_t pid, child_pipes pipes)> started;
  /// It never ran. Nothing of it is alive.
  std::function<void(failure why)> failed;
  /// It ended, and nothing that it had started is alive.
  std::function<void(child_end end)> gone;
};

struct spawner_options {
  /// The program that becomes the spawner. Empty: this program itself if it
  /// called `called_as_spawner`, else `troupe-spawner` beside it or in PATH.
  std::string program{};
  /// Processes at a time; beyond it a start fails with `limit_reached`. Each
  /// costs the node three descriptors.
  size_t children_max = 1000;
  /// Spawners that may die within a minute; beyond it starts fail with
  /// `escalated` until a minute is over.
  size_t restarts_max = 10;
  /// How long the end of the spawner waits for its processes to be gone.
  std::chrono::milliseconds stop_time_max{2000};
};

/// Starts and ends the processes of a node. They run under a small process of
/// their own (docs/decisions/0040-spawner.md), so that all of them, and all
/// that they start, end when the node does, however it ends. If that process
/// dies, its children are killed and reported `gone` as lost, and the next
/// start makes a new one. Thread-safe.
class spawner {
public:
  /// Starts the process and the loop's thread; any number of threads may be
  /// running. Fails if there is no such program.
  static core::result<std::unique_ptr<spawner>> open(spawner_options options);

  /// Kills all children, waits until they are gone, at most `stop_time_max`.
  /// Every child has had its last event afterwards.
  ~spawner();

  spawner(const spawner&) = delete;
  spawner& operator=(const spawner&) = delete;

  /// Answers the child's id; everything else comes by `events`.
  uint64_t start(spawn_spec spec, child_events events);

  /// SIGTERM to its group. Nothing if it is gone.
  void terminate(uint64_t child);

  /// Ends it and all its descendants, whatever they do about it.
  void kill(uint64_t child);

  /// Children that had no last event yet.
  size_t running() const { return running_; }

  /// The process id of the newest spawner; for diagnosis.
  pid_t pid() const { return pid_; }

  process_loop& loop() { return loop_; }

private:
  struct child {
    child_pipes pipes; // Until `started`.
    child_events events;
    std::string name;
  };
  struct outgoing {
    std::string bytes;
    std::vector<descriptor> descriptors;
  };
  // One spawner process. An old one stays until the last of its keepers is
  // gone: they hold its socket, so the end of that is the proof.
  struct link {
    descriptor socket;
    descriptor write_end; // The same socket, while packets wait.
    descriptor death;     // A pidfd.
    pid_t pid = -1;
    bool dead = false;  // The spawner; its keepers may be on their way.
    bool ended = false; // And the last of them.
    std::deque<outgoing> waiting; // The socket was full.
    std::map<uint64_t, child> children;
    process_loop::token socket_watch = 0;
    process_loop::token write_watch = 0;
    process_loop::token death_watch = 0;
  };
  using link_pos = std::list<link>::iterator;

  explicit spawner(spawner_options options);

  failure too_many() const;
  failure launch();
  core::result<link_pos> usable_link();
  void start_on_loop(uint64_t id, spawn_spec spec, child_events events);
  int send(link_pos to, outgoing packet);
  void flush(link_pos to);
  void signal(uint64_t id, spawn_word what);
  void read(link_pos from);
  void on_message(link_pos from, const spawn_message& message);
  void on_death(link_pos of);
  void on_end(link_pos of);
  void drop_if_over(link_pos which);
  void refuse(const child_events& events, failure why);
  void lose_children(link_pos of);
  void stop();

  const spawner_options options_;
  std::atomic<size_t> running_{0};
  std::atomic<uint64_t> last_id_{0};
  std::atomic<pid_t> pid_{-1};
  // Below: the loop's thread only.
  std::list<link> links_; // The newest is last.
  std::deque<process_loop::clock::time_point> deaths_;
  bool stopping_ = false;
  std::promise<void> all_ended_;
  process_loop loop_; // Last: its thread uses the rest.
};

} // namespace troupe::services
