#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "mcp/fixtures.hpp"
#include "mcp/prompt.hpp"
#include "mcp/request.hpp"
#include "mcp/resource.hpp"
#include "mcp/session.hpp"
#include "mcp/subscriptions.hpp"
#include "mcp/tool.hpp"

namespace troupe::mcp {

/// A server of the Model Context Protocol, revisions 2026-07-28 and 2025-11-25,
/// over core::api. Knows no socket and no pipe: doors hand it what a client
/// said, and an outlet for what goes back. Thread-safe.
class server {
public:
  explicit server(surroundings around);

  /// One message of a client; answers through `to`, now or later.
  void take(incoming what, const outlet_ptr& to);

  /// For pipes: everything belongs to one conversation.
  void take(incoming what, const outlet_ptr& to, const session_ptr& pipe);
  session_ptr open_pipe();

  /// A stream for what a session is told unasked; otherwise why not. 2025-11-25
  /// over HTTP.
  std::optional<reply> listen(const incoming& what, outlet_ptr to);

  /// The client goes: 2025-11-25 over HTTP.
  reply leave(const incoming& what);

  /// Lets go of all clients: what they hold may hold this.
  void close();

private:
  void take_modern(incoming what, nlohmann::json message, const outlet_ptr& to,
                   const session_ptr& pipe);
  void take_legacy(incoming what, nlohmann::json message, const outlet_ptr& to,
                   const session_ptr& pipe);
  session_ptr session_of(const incoming& what);
  static void take_notification(const nlohmann::json& message,
                                const session_ptr& in);
  void dispatch(const request_ptr& r);

  // server_legacy.cpp
  void initialize(const caller& from, const nlohmann::json& message,
                  const outlet_ptr& to, const session_ptr& pipe);
  void ping(const request_ptr& r);
  void set_level(const request_ptr& r);
  bool is_resource(const std::string& uri) const;
  void subscribe(const request_ptr& r);
  void unsubscribe(const request_ptr& r);
  // server_modern.cpp
  void discover(const request_ptr& r);
  void listen_to(const request_ptr& r);
  // server_lists.cpp
  nlohmann::json capabilities(era of) const;
  void list_tools(const request_ptr& r);
  void call_tool(const request_ptr& r);
  void list_resources(const request_ptr& r);
  void list_templates(const request_ptr& r);
  void read(const request_ptr& r);
  void list_prompts(const request_ptr& r);
  void get_prompt(const request_ptr& r);
  void complete(const request_ptr& r);

  const std::shared_ptr<const surroundings> around_;
  const std::shared_ptr<subscriptions> subscriptions_;
  tools tools_;
  resources resources_;
  prompts prompts_;
  session_book book_;
  fixtures::task_book_ptr fixture_tasks_; // Null without fixtures.
};

} // namespace troupe::mcp
