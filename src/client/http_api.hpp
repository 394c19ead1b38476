#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "client/http_call.hpp"
#include "client/node_address.hpp"
#include "core/api.hpp"

namespace troupe::remote {

/// A node's semantic layer, reached over HTTP. Answers on a thread of its own;
/// callbacks must not block it. Ends what is under way when destroyed: every
/// call is answered, every stream ends.
class http_api : public core::api {
public:
  struct limits {
    std::chrono::milliseconds connect_timeout{2'000};
    /// Of one call; one that waits for a run's end has none.
    std::chrono::milliseconds call_timeout{60'000};
    /// Of a stream without a byte; 0: as long as it likes.
    std::chrono::milliseconds stream_silence_max{0};
    size_t body_bytes_max = 256 * 1024 * 1024;
    size_t idle_connections_max = 16;
  };

  explicit http_api(node_address where);
  http_api(node_address where, node_login as);
  http_api(node_address where, limits with, node_login as = {});
  ~http_api() override;

  /// Why nothing could come of calls: a file of certificates that cannot be
  /// used.
  failure problem() const;

  /// Whether anybody listens there. Blocks for `connect_timeout` at most.
  bool reachable() const;

  void call(core::api_request what,
            std::function<void(core::api_answer)> then) override;
  void watch(core::watch_request what,
             std::function<bool(const core::watch_event&)> sink) override;

  /// A request of any kind; of `as`, all but operation and params.
  void send(http_call what, core::api_request as,
            std::function<void(core::api_answer)> then);

  /// A stream on the caller's thread, until it has ended or broken, `sink` has
  /// had enough, or it is told to stop. Answers what the node says where it
  /// refuses the stream.
  core::api_answer
  watch_here(const stream_query& what, const std::string& workspace,
             const std::function<bool(const core::watch_event&)>& sink,
             std::stop_token stop);

private:
  struct parts;
  std::shared_ptr<parts> parts_;
};

/// What a call answers where nobody does: category network.
failure no_node(const node_address& where);

} // namespace troupe::remote
