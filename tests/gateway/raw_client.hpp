#pragma once

#include <memory>
#include <string>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "gateway/byte_reader.hpp"
#include "gateway/http_server.hpp"
#include "gateway/scripted_api.hpp"

namespace troupe::test {

struct raw_reply {
  unsigned status = 0;
  std::string head; // With all header lines.
  std::string body;

  std::string header(const std::string& name) const; // Empty: not there.
  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// A connection that sends exactly what it is told, well-formed or not.
class raw_client : public byte_reader {
public:
  explicit raw_client(uint16_t port);
  explicit raw_client(const std::string& unix_path);

  /// Ignores errors: the server may have hung up in the middle.
  void send(const std::string& bytes);
  /// Reads one reply. `head`: it answers HEAD and has no body.
  raw_reply read(bool head = false);
  void shut_down_sending();

private:
  bool fill() override;

  boost::asio::io_context io_;
  boost::asio::generic::stream_protocol::socket socket_;
};

/// A server on a free port with a scripted layer behind it.
struct served {
  explicit served(gateway::gateway_options opts = {});

  raw_client connect() const { return raw_client{server->port()}; }
  /// One request on a connection of its own.
  raw_reply ask(const std::string& bytes) const;
  raw_reply get(const std::string& target) const;
  raw_reply post(const std::string& target, const std::string& body,
                 const std::string& headers = json_type) const;

  static constexpr const char* json_type = "Content-Type: application/json\r\n";

  std::shared_ptr<scripted_api> api = std::make_shared<scripted_api>();
  std::unique_ptr<gateway::http_server> server;
};

} // namespace troupe::test
