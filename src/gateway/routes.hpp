#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/body.hpp"
#include "gateway/exchange.hpp"
#include "gateway/loopback.hpp"

namespace troupe::gateway {

enum class route_kind : uint8_t {
  call,       // One operation of core::api.
  run_made,   // `call`, and its answer names a new run.
  made,       // `call`, and something was registered.
  queue_pass, // `call`, and it takes as long as it takes.
  answer,     // An operation by the body's `answer`: POST decisions/{task}.
  events,     // A live stream.
  socket,     // Many of them over a WebSocket.
  schema,
  openapi,
  alive,
  ready,
  mcp,
  figures, // `metrics` as text.
};

/// A line of docs/api.md.
struct route {
  std::string_view method;
  std::string_view pattern; // "{run}" and "{task}" stand for ids.
  route_kind kind = route_kind::call;
  std::string_view op;
  body_rule body;
  std::string_view query; // Fields it takes, separated by spaces.
};

/// All of them, for the door and for the tests that hold the docs to it.
std::span<const route> routes();

/// Everything that can be refused before the body is read.
std::optional<http_reply> refuse_head(const http_request& req,
                                      size_t url_bytes_max,
                                      const host_names& names = {});

/// REQUIRES: `refuse_head` found nothing.
decision decide(const http_request& req);

/// The reply to an answer of the semantic layer.
http_reply reply_to(const forward& asked, const core::api_answer& got,
                    const http_request& about);

/// The reply where no answer came in time, though one may come still.
http_reply unanswered(answer_form form, const http_request& about);

} // namespace troupe::gateway
