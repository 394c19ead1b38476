#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "mcp/outlet.hpp"

namespace troupe::mcp {

class request;

/// A conversation of 2025-11-25, or one pipe. Thread-safe.
class session {
public:
  session(std::string id, std::string owner);

  const std::string id;
  /// Who began it. An id that somebody else has found opens nothing.
  const std::string owner;

  /// What the client said of itself.
  void agree(nlohmann::json capabilities);
  nlohmann::json capabilities() const;

  // -- what we ask the client

  using answered = std::function<void(const nlohmann::json& response)>;

  /// Sends a request over `to`. False: nobody reads there, or `asks_max`
  /// questions are open.
  bool ask(std::string_view method, const nlohmann::json& params,
           const outlet_ptr& to, answered then);
  /// A response of the client. False: nothing was asked under this id.
  bool answer(const nlohmann::json& response);

  /// Forgets all questions and streams: they refer to this session.
  void close();

  // -- what it asked us

  void begin(const nlohmann::json& request_id, std::weak_ptr<request> what);
  void end(const nlohmann::json& request_id);
  std::shared_ptr<request> find(const nlohmann::json& request_id);

  // -- what we tell it unasked

  void listen(outlet_ptr to);
  /// Through the stream that listens; false: none does.
  bool tell(const nlohmann::json& message);
  bool listens() const;

  void set_log_level(std::string level);
  std::string log_level() const;

private:
  struct question {
    answered then;
    outlet_ptr to;
  };

  mutable std::mutex mutex_;
  std::map<std::string, question> asked_;
  std::map<std::string, std::weak_ptr<request>> active_;
  outlet_ptr listening_;
  nlohmann::json capabilities_;
  std::string log_level_ = "info";
  uint64_t last_ask_ = 0;
};

using session_ptr = std::shared_ptr<session>;

/// Questions of ours that a client may leave open.
inline constexpr size_t asks_max = 256;

/// The sessions of a door, by id. Thread-safe.
class session_book {
public:
  using clock = std::chrono::steady_clock;

  session_book() = default;
  ~session_book();
  session_book(const session_book&) = delete;
  session_book& operator=(const session_book&) = delete;

  /// Nothing where `sessions_max` are in use. Who has `sessions_per_owner_max`
  /// loses the one that he has not used for longest.
  session_ptr open(const std::string& id, const std::string& owner,
                   clock::time_point now);
  /// Nothing where there is none, or it is of another owner.
  session_ptr find(const std::string& id, const std::string& owner,
                   clock::time_point now);
  bool close(const std::string& id, const std::string& owner);
  void clear();

private:
  struct entry {
    session_ptr what;
    clock::time_point used;
  };

  void make_room(const std::string& owner, clock::time_point now);

  mutable std::mutex mutex_;
  std::map<std::string, entry> all_;
};

/// Beyond it those that were silent for `session_idle_max` make room.
inline constexpr size_t sessions_max = 1'000;
inline constexpr size_t sessions_per_owner_max = 100;
inline constexpr std::chrono::minutes session_idle_max{30};

} // namespace troupe::mcp
