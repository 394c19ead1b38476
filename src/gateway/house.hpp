#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/api.hpp"
#include "gateway/doorkeeper.hpp"
#include "gateway/loopback.hpp"
#include "gateway/options.hpp"
#include "gateway/request_figures.hpp"
#include "wire/timed_stream.hpp"

namespace troupe::gateway {

using wire::stream_protocol;
using wire::stream_socket;
using wire::timed_stream;

struct mcp_door;

/// A connection, as the house sees it.
class guest {
public:
  virtual ~guest() = default;
  /// The node stops: finish what is in flight, begin nothing new.
  virtual void leave() = 0;
  /// What it was let in with is over.
  virtual void expire() { leave(); }
  /// Time is up.
  virtual void close() = 0;
};

/// What all connections of a server share. Everything but `post` belongs to the
/// one thread that runs `io`, so that nothing here needs a lock.
struct house {
  house(std::shared_ptr<core::api> to, gateway_options with);
  ~house();

  /// Runs `work` on the house's thread. False once the house is closed; then
  /// `work` is dropped. Any thread.
  bool post(std::function<void()> work);

  /// No `post` gets through after this. Any thread.
  void shut();

  std::string next_request_id();

  boost::asio::io_context io{1};
  const std::shared_ptr<core::api> api;
  const gateway_options opts;
  /// What connections over TCP are secured with from now on; null: nothing.
  wire::tls_ptr tls;
  doorkeeper keeper;
  const host_names names;
  std::unique_ptr<mcp_door> mcp;

  request_figures figures; // Thread-safe.
  std::set<guest*> guests;
  std::set<guest*> by_token; // Those that stay no longer than their token.
  size_t requests_in_flight = 0;
  size_t bodies_bytes = 0;
  size_t strangers_bytes = 0; // Of those, from who needs no login here.
  size_t streams = 0;
  bool stopping = false;
  std::function<void()> when_empty; // While stopping.

private:
  // Answers come from threads that outlive us: between the check and the post
  // the house must not close.
  std::mutex gate_;
  bool open_ = true;
  std::string request_prefix_;
  uint64_t last_request_ = 0;
};

using house_ptr = std::shared_ptr<house>;

/// What logins are judged by: tokens have times of day.
core::instant utc_now();

/// Enters a guest in the house's book for as long as it lives.
class guest_entry {
public:
  guest_entry(house_ptr in, guest* who);
  ~guest_entry();
  guest_entry(const guest_entry&) = delete;
  guest_entry& operator=(const guest_entry&) = delete;

  /// From `then` on its guest has expired; `no_instant`: never.
  void expires_at(core::instant then);

  /// Takes it out early; after this the house may be empty.
  void leave();

private:
  house_ptr house_;
  guest* who_;
  std::shared_ptr<boost::asio::steady_timer> expiry_;
};

} // namespace troupe::gateway
