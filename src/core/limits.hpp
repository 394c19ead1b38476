#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/permits.hpp"
#include "core/token_bucket.hpp"

namespace troupe::core {

/// How much of a limit is in use, for people.
struct limit_use {
  std::string key; // As in `permit_refusal`.
  double used = 0;
  double total = 0;
  bool operator==(const limit_use&) const = default;
};

struct limits_options {
  // -- behaviour

  /// What there is of each consumable resource, e.g. {"gpu": 2}. Asking for
  /// more than there is waits for ever, and is warned of.
  std::map<std::string, double> resources;

  // -- limits

  /// Concurrency and rate keys in use at a time, about 300 bytes each; beyond
  /// it tasks that need another one wait.
  size_t keys_max = 100'000;

  /// How long such a task waits before it asks again.
  duration full_retry{std::chrono::seconds{1}};
};

/// The permits of a node: concurrency keys ("key:workspace/name", also
/// exclusive), rates ("rate:workspace/name") and resources ("resource:name"). A
/// task gets all that it asks for or nothing, so no two can wait for each
/// other. Knows no clock; not thread-safe.
class limits : public permit_source {
public:
  explicit limits(limits_options opts = {});

  /// A task that holds its permits already gets them again for nothing.
  std::optional<permit_refusal> take(id task, const permit_request& what,
                                     instant now) override;

  /// More of a resource than there is.
  std::optional<permit_refusal>
  never(const permit_request& what) const override;

  void restore(id task, const permit_request& what) override;

  std::vector<std::string> release(id task) override;

  /// What `take` would answer, without taking.
  std::optional<permit_refusal> blocked_by(const permit_request& what,
                                           instant now) const;

  /// All keys and resources of which something is in use, by key.
  std::vector<limit_use> in_use() const;

  size_t holders() const { return held_.size(); }

private:
  struct key_state {
    uint32_t used = 0;
    uint32_t limit = 0;     // Of the newest that took it, for people.
    bool exclusive = false; // By its only holder.
  };

  struct resource_state {
    double total = 0;
    double used = 0;
    uint32_t holders = 0;
  };

  struct holding {
    std::string key; // Empty: none.
    std::map<std::string, double> resources;
  };

  bool room_for_key(size_t more);
  void forget_full_buckets(instant now);
  std::optional<permit_refusal> key_refusal(const permit_request& what) const;
  std::optional<permit_refusal> rate_refusal(const permit_request& what,
                                             instant now) const;
  std::optional<permit_refusal>
  resource_refusal(const permit_request& what) const;
  std::optional<permit_refusal> full_refusal(const permit_request& what,
                                             instant now);
  void hold(id task, const permit_request& what);

  limits_options opts_;
  std::map<std::string, key_state> keys_; // Only those in use.
  std::map<std::string, token_bucket> rates_;
  std::map<std::string, resource_state> resources_;
  std::unordered_map<id, holding> held_;
};

} // namespace troupe::core
