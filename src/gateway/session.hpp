#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "gateway/exchange.hpp"
#include "gateway/house.hpp"

namespace troupe::gateway {

/// 429: that limit is reached for the moment.
http_reply busy_reply(const std::string& limit, const http_request& about);

/// One connection: reads a request, has it decided, answers, and so on. One
/// request at a time, so pipelined ones are answered in order. All on the
/// house's thread.
class session : public guest, public std::enable_shared_from_this<session> {
public:
  session(house_ptr in, stream_socket socket, bool over_tcp);

  void start();
  void leave() override;
  void close() override;

private:
  using parser =
    boost::beast::http::request_parser<boost::beast::http::string_body>;
  using response =
    boost::beast::http::response<boost::beast::http::string_body>;
  using error_code = boost::beast::error_code;

  // -- reading
  void shake_hands();
  void on_hands_shaken(error_code ec);
  void read_first();
  /// The read that begins now must be over by then.
  void expect_within(std::chrono::milliseconds time);
  void has_come();
  void read_header();
  void on_header(error_code ec);
  void on_broken(error_code ec);
  void on_late();
  void take_head();
  std::optional<http_reply> refuse_head_or_sender();
  std::optional<http_reply> refuse_room();
  void invite_body();
  void read_body();
  void on_body(error_code ec);

  // -- deciding
  void act();
  void ask(const forward& what);
  void later(const forward& what,
             std::function<void(session&, core::api_answer)> then);
  void answer_within(std::chrono::milliseconds time, answer_form form);
  /// Closes the question, if it is still open: it is answered once.
  bool close_question(uint64_t number);
  void open(open_stream what);
  void begin_stream(core::watch_request what);
  void carry(talk what); // session_talk.cpp
  void begin_socket(core::watch_request each);

  // -- answering
  void answer(http_reply what);
  /// Answers although not all of the request was read; closes afterwards.
  void refuse(http_reply what);
  void on_written(error_code ec);
  /// Lets the peer read our last words: closing with unread input would reset
  /// the connection and could take them away.
  void linger();
  void drain();
  void release_room();

  const house_ptr house_;
  guest_entry entry_;
  timed_stream stream_;
  /// Of reads and questions. The stream's own timeout closes the socket, and
  /// then nobody can be told.
  boost::asio::steady_timer deadline_;
  const bool over_tcp_;
  std::string address_; // Of the peer; empty: it is on this machine.
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  http_request request_;
  response response_;
  size_t strangers_room_ = 0;  // Taken of `house::strangers_bytes`.
  size_t body_room_ = 0;       // Taken of `house::bodies_bytes`.
  bool in_flight_ = false;     // Counted in `house::requests_in_flight`.
  bool reading_ = false;       // Between two requests, or within one.
  bool greeting_ = false;      // TLS is being agreed on.
  bool awaits_ = false;        // A read that `deadline_` is for.
  bool late_ = false;          // It was broken off.
  uint64_t questions_ = 0;     // To the layer behind, so far.
  uint64_t open_question_ = 0; // Not answered yet; 0: none.
  bool keep_ = true;
  std::chrono::steady_clock::time_point asked_at_; // The newest head came.
  size_t drained_ = 0;
  std::string scrap_;
};

} // namespace troupe::gateway
