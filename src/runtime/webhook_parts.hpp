#pragma once

#include <deque>
#include <future>
#include <optional>

#include "runtime/webhook_reading.hpp"
#include "runtime/webhooks.hpp"

// The inside of `webhooks`.

namespace troupe::runtime {

/// One delivery.
struct webhook_parcel {
  std::string id;
  std::string body;
  bool is_letter = false; // It is in the book as a dead one.
  bool is_alert = false;
  core::webhook_book::positions after; // Of events.
  uint64_t events = 0;
  uint32_t tries = 0;
};

/// One webhook.
struct webhooks::line {
  enum class phase : uint8_t { idle, reading, sending };
  std::string name;
  webhook_config how;
  core::url to;
  std::string secret;
  webhook_wish wish;
  bool wants_alerts = false;
  phase now = phase::idle;
  core::webhook_book::positions at;
  uint32_t next_shard = 0; // To be read first.
  bool unread = false;     // It was warned of what cannot be read.
  known_runs known;        // The reading's, while there is one.
  std::deque<std::string> alerts;
  std::deque<webhook_parcel> resends;
  webhook_parcel current;
  uint64_t delivered = 0; // Events.
  uint64_t tries = 0;
  uint64_t dead = 0; // Deliveries.
  uint64_t lost = 0; // Events.
  std::string last_error;
};

struct webhooks::parts : std::enable_shared_from_this<parts> {
  explicit parts(uint32_t shards) : newest(shards) {}

  mutable std::mutex mutex;
  std::vector<std::unique_ptr<line>> lines;
  std::string file;
  core::webhook_book book;
  std::optional<webhook_means> means; // Once it is `started`.
  std::vector<std::atomic<uint64_t>> newest;
  std::atomic<bool> started{false};
  std::atomic<bool> woken{false};
  bool stopped = false;
  bool saving = false; // Soon.

  // webhook_notes.cpp, with the mutex.

  /// Reads the book from the store, else from the file.
  failure
  recall(const std::function<void(read_job, std::function<void()> lost)>& from);
  /// Keeps what has changed; the future is there when that is known.
  std::future<void> save();

  // All of these with the mutex, too.
  void look(line& x);
  void read(line& x);
  void took(line& x, webhook_reading got);
  void read_later(line& x, const failure& why);
  void send(line& x);
  void on_answer(line& x, const core::result<outbound::http_answer>& got);
  void obey(line& x, const core::delivery_verdict& what);
  void bury(line& x, const std::string& why);
  void reached(line& x);
  void save_soon();
  core::webhook_book::positions present() const;
  bool behind(const line& x) const;
  line* find(const std::string& name);

  /// Later on the client's thread, with the mutex.
  void later(std::chrono::milliseconds time, std::function<void(parts&)> work);
};

} // namespace troupe::runtime
