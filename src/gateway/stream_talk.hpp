#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/api.hpp"
#include "gateway/outbox.hpp"
#include "gateway/problem_details.hpp"

// What is said over a WebSocket: JSON messages, in docs/streams.md. Apart from
// sockets.

namespace troupe::gateway {

struct subscribe_message {
  std::string id;
  core::watch_request what;
  bool events = true;   // Of runs, tasks, decisions, logs.
  bool metrics = false; // Figures of the node, from time to time.
};

struct unsubscribe_message {
  std::string id;
};

struct ping_message {};

struct bad_message {
  std::string id; // Empty: it names none.
  complaint why;
};

using stream_message = std::variant<subscribe_message, unsubscribe_message,
                                    ping_message, bad_message>;

/// Reads what a client says. `about`: what every subscription of it has in
/// common, that is its workspace and origin.
stream_message read_message(std::string_view text,
                            const core::watch_request& about);

// -- what the node says

std::string subscribed_text(const std::string& id);
std::string unsubscribed_text(const std::string& id, const std::string& cursor);
std::string pong_text();
/// `body` is a problem document.
std::string error_text(const std::string& id, const std::string& body);
/// The node ends the connection; cursors say where to go on.
std::string goodbye_text(std::string_view type, const std::string& why);
/// `events`: JSON texts with commas between them.
std::string events_text(const std::string& id, const std::string& cursor,
                        std::string_view events);

/// Adds an event to what waits for a subscription.
void write_message_event(outbox::parcel& to, const core::watch_event& event);

} // namespace troupe::gateway
