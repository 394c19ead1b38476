#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/access.hpp"
#include "core/api.hpp"
#include "mcp/surroundings.hpp"

// What a request and its answer are, apart from sockets: everything about HTTP
// that is decided, is decided on these.

namespace troupe::gateway {

using caller_ptr = std::shared_ptr<const core::caller>;

struct http_request {
  std::string method;
  std::string target; // As it came: path, "?", query.
  /// Came over TCP: Host and Origin must name this machine.
  bool over_tcp = true;
  bool secure = false;                         // Over TLS.
  caller_ptr who;                              // Null: nobody is let in yet.
  core::instant login_ends = core::no_instant; // Else it has no end.
  // Header fields that mean something to us; empty where absent.
  std::string host;
  std::string origin;
  std::string authorization;
  std::string content_type;
  std::string prefer;
  std::optional<std::string> idempotency_key; // Nothing is not the same.
  std::string request_id;                     // Checked or made by the session.
  std::string traceparent;
  std::string workspace;
  std::string last_event_id;
  /// Of the MCP: those that begin with "mcp-", names in lower case.
  std::vector<std::pair<std::string, std::string>> mcp_headers = {};
  std::string if_none_match;
  std::string accept_encoding;
  bool upgrades = false; // To a WebSocket, with these.
  std::string web_socket_key;
  std::string web_socket_version;
  /// Pattern of its route once that is found; what figures are counted under.
  mutable std::string_view route;
  bool has_body = false;
  std::string body;
};

struct http_reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// How an answer of the semantic layer becomes a reply.
enum class answer_form : uint8_t {
  plain,    // 200 and the body.
  run_made, // 201 with Location; 200 for a repeated or a waited one.
  made,     // 201.
  started,  // 202: it goes on after the answer.
  ready,    // 200 or 503 by its field `ready`, and nothing else of it.
  figures,  // The text in it, for Prometheus.
};

struct forward {
  core::api_request call;
  answer_form form = answer_form::plain;
  bool waits = false; // Prefer: wait was taken.
  bool lasts = false; // `answer_timeout` is not for it.
};

struct open_stream {
  core::watch_request what;
};

/// Something for the MCP server: a message, a stream for what it has to say,
/// the end of a session.
struct talk {
  std::string_view method; // "POST", "GET", "DELETE".
  mcp::incoming said;
};

/// Many streams over one WebSocket.
struct open_socket {
  core::watch_request each; // What all of them have in common.
};

/// What to do with a request: answer at once, ask the semantic layer, stream,
/// talk.
using decision =
  std::variant<http_reply, forward, open_stream, open_socket, talk>;

} // namespace troupe::gateway
