#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"
#include "core/time.hpp"

// Webhooks without sockets (docs/webhooks.md): what a delivery is signed with,
// what an answer means, what is remembered.

namespace troupe::core {

/// "t=1700000000,v1=5bdc..": HMAC-SHA256 over "1700000000." and the body.
std::string webhook_signature(std::string_view secret, instant at,
                              std::string_view body);

enum class delivery : uint8_t { done, again, dead };

struct delivery_verdict {
  delivery what = delivery::done;
  duration wait{}; // Before the next try.
  std::string why; // It was not taken.
};

/// What may be tried, and the chance that spreads the tries of many.
struct delivery_tries {
  uint32_t made = 1; // With the one that is judged.
  uint32_t most = 10;
  double random = 0; // In [0, 1).
};

/// Of an answer. Refusals that a repeat does not mend are dead at once.
delivery_verdict judge_delivery(unsigned status, std::string_view retry_after,
                                instant now, const delivery_tries& tries);
/// Of a call without an answer.
delivery_verdict judge_delivery(const failure& why,
                                const delivery_tries& tries);

/// A delivery that nobody took.
struct dead_letter {
  std::string id;
  std::string webhook;
  std::string workspace;
  std::string body; // As it was sent.
  instant at;       // Of the last try.
  uint32_t tries = 0;
  std::string why;
};

/// How far each webhook is, and what it could not deliver. Positions name the
/// next fact of each shard.
class webhook_book {
public:
  /// Of all webhooks together; the oldest goes, and is counted.
  static constexpr size_t letters_max = 1000;

  using positions = std::vector<uint64_t>;

  const positions* find(const std::string& webhook) const;
  void put(const std::string& webhook, positions at);

  void bury(dead_letter x);
  const std::deque<dead_letter>& letters() const { return letters_; }
  std::optional<dead_letter> take(const std::string& id);
  uint64_t dropped() const { return dropped_; }

  // -- notes for a store: name -> JSON; empty: it goes

  /// How their names begin.
  static constexpr std::string_view notes_head = "webhooks.";

  using notes = std::map<std::string, std::string>;

  /// What has changed since the last call.
  notes changes();
  /// A change that was not kept: it is one again.
  void not_kept(const std::string& note) { changed_.insert(note); }

  failure load(const notes& from);
  /// The file of earlier versions. All of it is a change.
  failure load_file(const nlohmann::json& from);

private:
  nlohmann::json head() const;
  std::string body_of(const std::string& note) const;
  void adopt(const nlohmann::json& head);

  std::map<std::string, positions> positions_;
  std::deque<dead_letter> letters_; // The oldest first.
  uint64_t dropped_ = 0;
  std::set<std::string> changed_; // Notes.
};

} // namespace troupe::core
