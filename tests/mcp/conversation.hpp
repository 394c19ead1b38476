#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "gateway/scripted_api.hpp"
#include "mcp/server.hpp"

// A client of the MCP server, without a transport.

namespace troupe::test {

/// Keeps what was said. Thread-safe.
class recording_outlet : public mcp::outlet {
public:
  bool send(const nlohmann::json& message) override {
    std::lock_guard guard{mutex_};
    if (open_)
      said_.push_back(message);
    return open_;
  }
  void finish(const mcp::reply& last) override {
    std::lock_guard guard{mutex_};
    last_.push_back(last);
  }
  bool open() const override {
    std::lock_guard guard{mutex_};
    return open_;
  }
  /// The client goes away.
  void close() {
    std::lock_guard guard{mutex_};
    open_ = false;
  }

  std::vector<nlohmann::json> said() const {
    std::lock_guard guard{mutex_};
    return said_;
  }
  std::vector<mcp::reply> answers() const {
    std::lock_guard guard{mutex_};
    return last_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<nlohmann::json> said_;
  std::vector<mcp::reply> last_;
  bool open_ = true;
};

/// A server with a scripted layer behind it, and alarms that ring when told.
struct conversation {
  using headers = std::vector<std::pair<std::string, std::string>>;

  explicit conversation(bool fixtures = false);

  /// Of 2026-07-28, with headers that fit.
  std::shared_ptr<recording_outlet>
  modern(const std::string& method, nlohmann::json params,
         nlohmann::json capabilities = nlohmann::json::object());
  /// Of 2025-11-25, in the session that `initialize` made.
  std::shared_ptr<recording_outlet> legacy(const std::string& method,
                                           nlohmann::json params);
  void initialize(nlohmann::json capabilities = nlohmann::json::object());
  /// Anything.
  std::shared_ptr<recording_outlet> say(const std::string& body,
                                        headers with = {});
  /// A tool's result; the request must have been answered.
  nlohmann::json call(const std::string& tool, nlohmann::json arguments);

  /// All alarms that are set now.
  void ring();

  std::shared_ptr<scripted_api> api = std::make_shared<scripted_api>();
  std::vector<std::function<void()>> alarms;
  std::unique_ptr<mcp::server> server;
  std::string session;
  int last_id = 0;
};

// -- a run to talk about

inline const std::string run = "0190a1b2-0000-7000-8000-000000000000";
inline const std::string task = "0190a1b2-0000-7000-8000-000000000001";
inline const nlohmann::json can_ask{{"elicitation", nlohmann::json::object()}};
inline const nlohmann::json can_tasks{
  {"extensions", {{mcp::key::tasks, nlohmann::json::object()}}}};

/// What the layer says of it.
std::string run_json(const std::string& state, int percent,
                     const nlohmann::json& counts = nlohmann::json::object());
/// Its task waits for a person.
void has_open_decision(conversation& with);
/// Params of a call of `watch`.
nlohmann::json watch_call(int timeout_s = 50);
/// How often the layer was asked for it.
size_t times_asked(conversation& with, const std::string& op);

/// The only answer's result; fails the test where it is none.
nlohmann::json result_of(const recording_outlet& from);
nlohmann::json error_of(const recording_outlet& from);
/// All that was said by that method.
std::vector<nlohmann::json> said_by(const recording_outlet& from,
                                    const std::string& method);

} // namespace troupe::test
