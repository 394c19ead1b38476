#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "mcp/request.hpp"

namespace troupe::mcp {

/// Who wants to be told of what. Thread-safe.
class subscriptions : public std::enable_shared_from_this<subscriptions> {
public:
  explicit subscriptions(std::shared_ptr<const surroundings> around);

  /// A listener: `tell` sends it a notification and is false once it is gone.
  struct listener {
    std::function<bool(nlohmann::json notification)> tell;
    std::function<bool()> there; // Makes room for others where it is not.
    std::set<std::string> lists; // "tools", "prompts", "resources".
  };

  /// False: `listeners_max` are there. A second one with the same key takes
  /// the place of the first.
  bool add(const std::string& key, listener who);
  void remove(const std::string& key);
  void clear();

  /// False: `uris_max` are followed, or nobody listens with that key.
  bool follow(const std::string& key, const std::string& uri,
              const caller& from);
  void unfollow(const std::string& key, const std::string& uri);

  /// That list has changed, for all who want to know.
  void changed(const std::string& list);

private:
  struct entry {
    listener who;
    std::map<std::string, uint64_t> uris; // With the number of the watch.
    bool waits = false;                   // A notice of an update is under way.
    std::set<std::string> updated;
  };

  void watch(const std::string& key, const std::string& uri, uint64_t number,
             const caller& from);
  bool wants(const std::string& key, const std::string& uri, uint64_t number);
  void note(const std::string& key, const std::string& uri);
  void tell_updates(const std::string& key);

  const std::shared_ptr<const surroundings> around_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<entry>> all_;
  uint64_t watches_ = 0;
};

inline constexpr size_t listeners_max = 1'000;
inline constexpr size_t uris_max = 100; // Of one listener.

/// What is said to who cannot listen.
std::string too_many_listeners();

/// The run that a resource of ours tells of; nil: of none in particular.
core::id run_of_uri(const std::string& uri);

} // namespace troupe::mcp
