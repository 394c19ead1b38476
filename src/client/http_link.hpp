#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "client/event_text.hpp"
#include "client/http_api.hpp"
#include "client/http_call.hpp"
#include "wire/timed_stream.hpp"

// What http_api is made of. All but `http_api` itself runs on one thread.

namespace troupe::remote {

using client_request =
  boost::beast::http::request<boost::beast::http::string_body>;

/// A connection that can be used again.
struct connection {
  explicit connection(boost::asio::io_context& io) : stream(io) {}
  wire::timed_stream stream;
  boost::beast::flat_buffer buffer;
};
using connection_ptr = std::unique_ptr<connection>;

/// Something under way that can be broken off.
class errand {
public:
  virtual ~errand() = default;
  virtual void give_up() = 0;
};

struct switchboard {
  boost::asio::io_context io{1};
  node_address where;
  wire::tls_ptr tls; // Of https.
  std::string token;
  http_api::limits limits;
  std::deque<connection_ptr> idle;
  std::set<std::shared_ptr<errand>> errands;
};

/// As far as TCP, or a Unix socket.
void connect_plainly(switchboard& at, connection& to,
                     std::function<void(boost::beast::error_code)> then);

/// Connects, with TLS where that is asked for; `then` gets an error or a stream
/// that is.
void connect(switchboard& at, connection& to,
             std::function<void(boost::beast::error_code)> then);

client_request request_of(const switchboard& at, const http_call& what,
                          const std::string& workspace, const core::origin& by);

/// One call: sends, reads, answers.
class call_errand : public errand,
                    public std::enable_shared_from_this<call_errand> {
public:
  call_errand(switchboard& at, http_call what, const core::api_request& asked,
              std::function<void(core::api_answer)> then);
  void start();
  void give_up() override;

private:
  using error_code = boost::beast::error_code;
  void connect_anew();
  void send();
  void on_sent(error_code ec);
  void on_answer(error_code ec);
  void broken(error_code ec);
  failure why_broken(error_code ec) const;
  void finish(core::api_answer with);

  switchboard& at_;
  const http_call what_;
  client_request request_;
  std::function<void(core::api_answer)> then_;
  connection_ptr line_;
  bool reused_ = false;
  bool sent_ = false; // All of it.
  boost::beast::http::response_parser<boost::beast::http::string_body> parser_;
};

/// One live stream.
class watch_errand : public errand,
                     public std::enable_shared_from_this<watch_errand> {
public:
  using sink = std::function<bool(const core::watch_event&)>;
  /// Gets what the node says in place of a stream.
  using refusal = std::function<void(core::api_answer)>;

  watch_errand(switchboard& at, const std::string& target,
               const std::string& workspace, const core::origin& by, sink to,
               refusal refused = {});
  void start();
  void give_up() override;

private:
  using error_code = boost::beast::error_code;
  void send();
  void on_head(error_code ec);
  void read_more();
  void on_piece(error_code ec);
  void read_refusal();
  void refuse();
  bool take(const std::string& cursor, const std::string& data);
  void lost(const std::string& why);
  void finish();

  switchboard& at_;
  sink sink_;
  refusal refused_;
  connection line_;
  client_request request_;
  boost::beast::http::response_parser<boost::beast::http::string_body> parser_;
  event_reader reader_;
};

} // namespace troupe::remote
