#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

// Many readers of live streams, served by one thread, so that they take as
// little as they can of the cores that they share with the node. They read from
// the moment when they begin to follow.

namespace troupe::bench {

/// What one reader has seen of one run.
struct seen_run {
  uint64_t last_seq = 0;
  uint64_t facts = 0;
};

class followers {
public:
  explicit followers(uint16_t port);
  ~followers();
  followers(const followers&) = delete;
  followers& operator=(const followers&) = delete;

  /// Follows one run, as Server-Sent Events.
  void follow(const std::string& run);
  /// Follows all runs over a WebSocket, from now on.
  void follow_all();
  /// The same, and never reads.
  void ignore_all();

  // -- while they read

  /// Of those that follow one run: how many were told of its end.
  size_t ended() const { return ended_; }
  uint64_t deliveries() const { return deliveries_; }
  /// By which all who follow everything have read so many facts.
  uint64_t fewest_of_all() const { return fewest_; }

  // -- after `stop`

  void stop();
  /// Facts that came twice or in the wrong order.
  uint64_t disordered() const { return disordered_; }
  /// Connections that broke off, or told that something was lost.
  uint64_t broken() const { return broken_; }
  /// What each reader has seen, by run.
  using story = std::unordered_map<std::string, seen_run>;
  std::vector<story> stories_of_all() const;
  story stories_of_one() const;

private:
  struct reader;

  reader& connect();
  reader& subscribe();
  void begin(reader& x);
  void read(reader& from);
  void take(reader& from, std::string_view fact);
  void run();

  const uint16_t port_;
  int poll_ = -1;
  std::mutex mutex_; // Of the list.
  std::vector<std::unique_ptr<reader>> readers_;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> ended_{0};
  std::atomic<uint64_t> deliveries_{0};
  std::atomic<uint64_t> fewest_{0};
  uint64_t disordered_ = 0;
  uint64_t broken_ = 0;
  std::thread thread_; // Last: it runs from the beginning.
};

} // namespace troupe::bench
