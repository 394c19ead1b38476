#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe::test {

/// A request as it came to an `odd_server`.
struct received {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers; // Lower-case names.
  std::string body;
};

/// A connection that somebody has opened to an `odd_server`.
class odd_peer {
public:
  virtual ~odd_peer() = default;
  /// False: the other side has gone.
  virtual bool send(const std::string& bytes) = 0;
  /// Until the other side closes, or the server ends.
  virtual void wait_for_end() = 0;
  /// TLS: its farewell, which says that nothing is missing.
  virtual void say_goodbye() = 0;
  /// Ends the connection as a program that died does.
  virtual void reset() = 0;
};

/// A certificate and its key, made for a test; files in PEM.
struct certificate {
  /// Signs itself, for that host or address.
  certificate(const std::string& directory, const std::string& host);
  std::string file;
  std::string key_file;
};

/// A server on a free loopback port that does whatever it is told, also what no
/// server should do. Each connection has one request and a thread.
class odd_server {
public:
  using script = std::function<void(const received&, odd_peer&)>;

  explicit odd_server(script how, const certificate* tls = nullptr);
  ~odd_server();

  uint16_t port() const { return port_; }
  /// "http://127.0.0.1:PORT" or https.
  std::string address() const;

  std::vector<received> all() const;
  /// Blocks until so many requests have come; the last of them.
  received wait_for(size_t count) const;

private:
  class connection;
  struct sockets;

  void accept();
  void serve(connection& with);

  const script how_;
  const bool secure_;
  uint16_t port_ = 0;
  std::unique_ptr<sockets> sockets_;
  mutable std::mutex mutex_;
  mutable std::condition_variable came_;
  std::vector<received> all_;
  std::thread acceptor_;
};

/// "HTTP/1.1 200 OK" with that body, and the end of the connection.
std::string http_reply(unsigned status, const std::string& body,
                       const std::string& headers = {});

/// A script that answers so each time.
odd_server::script always(unsigned status, const std::string& body,
                          const std::string& headers = {});

} // namespace troupe::test
