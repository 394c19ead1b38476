#pragma once

#include <array>
#include <memory>
#include <optional>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "outbound/http_client.hpp"
#include "outbound/wire.hpp"

namespace troupe::outbound {

/// One call from its beginning to its end, on the client's thread.
class exchange : public std::enable_shared_from_this<exchange> {
public:
  using clock = std::chrono::steady_clock;

  exchange(boost::asio::io_context& io, std::unique_ptr<wire> over,
           http_call what, http_callback then);

  /// Ends by `until` at the latest, and never within this call.
  void start(lookup& names, clock::time_point until);
  /// Fails, but not within this call: who is told may begin the next one.
  void end_soon(failure why);
  /// Ends it, if it has not ended.
  void end(core::result<http_answer> how);

private:
  using error_code = wire::error_code;
  using parser =
    boost::beast::http::response_parser<boost::beast::http::string_body>;

  void connect(const endpoints& to);
  void write();
  void read();
  void on_read(error_code ec, size_t bytes);
  void await_answer();
  /// Gives what came to the parser; false: it ended.
  bool parse();
  void answer();
  void broken(error_code ec, const char* when);

  boost::asio::steady_timer deadline_;
  std::unique_ptr<wire> wire_;
  const http_call what_;
  http_callback then_; // Empty once it has ended.
  std::string request_;
  std::optional<parser> parser_; // Of the answer that comes.
  std::string left_; // Came, and the parser wants more of it at a time.
  std::array<char, 16 * 1024> chunk_;
};

/// What happened where no answer was there in time.
failure too_late(const http_call& what);

/// The request as bytes. Fails where a part of it has a control character: a
/// line break in a header would begin a header, or a request, of its own.
core::result<std::string> request_text(const http_call& what);

} // namespace troupe::outbound
