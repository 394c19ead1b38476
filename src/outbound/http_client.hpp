#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/url.hpp"

namespace troupe::outbound {

/// What is asked of somebody else.
struct http_call {
  std::string method = "GET";
  core::url to;
  /// Beside Host, Content-Length, User-Agent and Connection, which the client
  /// sets.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// For all of it, from `send` to the last byte: also while it waits for a
  /// connection.
  std::chrono::milliseconds deadline{30'000};
  size_t reply_bytes_max = 1024 * 1024; // Of the body.
  /// Goes before those that wait and are not: it is short, or ends what others
  /// hold.
  bool urgent = false;
};

struct http_answer {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers; // Lower-case names.
  std::string body;

  /// Empty: there is none.
  std::string header(std::string_view lower_case_name) const;
};

/// Whatever the other side answers is an answer, also 500 and a redirect, which
/// is not followed. A failure is that there was none: `timed_out`, `stopping`,
/// `cancelled`, `limit_reached`, or `agent_failed` with the category `network`
/// or, where a certificate is not to be trusted, `security`.
using http_callback = std::function<void(core::result<http_answer>)>;

struct client_options {
  /// Calls at a time; the others wait.
  size_t connections_max = 50;
  /// Calls that may wait; beyond it `limit_reached`.
  size_t waiting_max = 10'000;
  /// Certificates that are trusted beside the system's, as a PEM file.
  std::string ca_file;
};

/// Why calls with these options cannot go well; nothing: they may.
failure check_options(const client_options& opts);

/// Speaks HTTP/1.1 to others on a thread of its own, one connection for each
/// call. Thread-safe.
class http_client {
public:
  explicit http_client(client_options opts = {});
  ~http_client(); // What is not over ends with `stopping`, before this returns.

  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// What is not over ends with `stopping`, and so does whatever comes later.
  /// Does not wait for it.
  void stop();

  /// Calls back once, on the client's thread: be quick. Answers a number.
  uint64_t send(http_call what, http_callback then);

  /// It ends with `cancelled`, if it has not ended yet.
  void cancel(uint64_t number);

  /// Calls back after that time on the client's thread; never, if the client
  /// ends before. A number for `cancel`, after which it is dropped.
  uint64_t after(std::chrono::milliseconds time, std::function<void()> then);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe::outbound
