#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "core/url.hpp"
#include "troupe/agent.hpp"

// What the node and an agent behind HTTP say to each other, without sockets
// (docs/agents.md, "An agent behind HTTP").

namespace troupe::core {

struct http_rules {
  bool envelope = false;  // The answer is {"output", "tasks"?}.
  bool callbacks = false; // Long work may end by a call of ours.
  duration poll_every{std::chrono::seconds{2}}; // Where nobody says when.
};

/// An answer, as far as it matters.
struct http_seen {
  unsigned status = 0;
  std::string retry_after;
  std::string location;
  std::string_view body;
};

enum class http_next : uint8_t {
  end,  // `result` is the attempt's.
  poll, // Ask `at` after `wait`.
  hear, // Wait for the callback.
};

/// What an answer says of whoever gave it: for the circuit breaker.
enum class http_health : uint8_t { well, ill, busy };

struct http_verdict {
  http_next what = http_next::end;
  outcome result;
  url at;
  duration wait{};
  double progress = -1; // As the body says; negative: nothing.
  std::string note;
  http_health health = http_health::well;
};

/// Of the POST that begins an attempt, to `to`.
http_verdict judge_start(const http_seen& got, const url& to,
                         const http_rules& how, instant now);

/// Of a GET of `from`, the Location of a 202.
http_verdict judge_poll(const http_seen& got, const url& from,
                        const http_rules& how, instant now);

/// Of a call that had no answer.
http_verdict judge_silence(const failure& why);

/// Of a callback: {"output", "tasks"?}, or {"error": {"message", "category"?,
/// "retry_after_ms"?}}. A failure: it means nothing, and the attempt goes on.
result<outcome> judge_callback(std::string_view body);

/// "120", or a date of HTTP.
std::optional<duration> parse_retry_after(std::string_view text, instant now);

/// What is posted: {"task_id", "description", "input", "attempt", "run",
/// "workspace", "name", "type", "idempotency_key", "timeout_ms",
/// "callback_url"?}. The description is that of the input, else the step's
/// name; an input that is nothing but {"description", "input"}, as that of the
/// queue's tasks, is not sent in another one.
std::string http_task_body(const task& t, std::string_view callback_url);

/// The claims of a token for one attempt: who (`iss` troupe, `sub` the task),
/// for whom (`aud`), until when (`exp`), and which `task`, `attempt`, `run` and
/// `workspace`.
std::string http_claims(const task& t, std::string_view audience, instant now,
                        duration lives);

} // namespace troupe::core
