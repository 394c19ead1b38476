#include "outbound/odd_server.hpp"

#include <algorithm>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace troupe::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;

// -- certificates -------------------------------------------------------------

namespace {

void add_extension(X509* to, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
  auto* made = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  X509_add_ext(to, made, -1);
  X509_EXTENSION_free(made);
}

template <class Write>
void write_file(const std::string& path, Write write) {
  auto* file = std::fopen(path.c_str(), "w");
  write(file);
  std::fclose(file);
}

} // namespace

certificate::certificate(const std::string& directory, const std::string& host)
  : file(directory + "/" + host + ".pem"),
    key_file(directory + "/" + host + ".key") {
  auto* key = EVP_EC_gen("P-256");
  auto* made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, key);
  auto* name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(
    name, "CN", MBSTRING_ASC,
    reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, name);
  auto is_address = host.find_first_not_of("0123456789.") == host.npos;
  add_extension(made, NID_subject_alt_name,
                (is_address ? "IP:" : "DNS:") + host);
  add_extension(made, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(made, key, EVP_sha256());
  write_file(file, [&](FILE* to) { PEM_write_X509(to, made); });
  write_file(key_file, [&](FILE* to) {
    PEM_write_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  X509_free(made);
  EVP_PKEY_free(key);
}

// -- connections --------------------------------------------------------------

class odd_server::connection : public odd_peer {
public:
  connection(tcp::socket socket, asio::ssl::context* tls)
    : stream_(std::move(socket), tls ? *tls : plain()), secure_(tls) {}

  bool shake_hands() {
    error_code ec;
    if (secure_)
      stream_.handshake(asio::ssl::stream_base::server, ec);
    return !ec;
  }
  bool send(const std::string& bytes) override {
    error_code ec;
    if (secure_)
      asio::write(stream_, asio::buffer(bytes), ec);
    else
      asio::write(stream_.next_layer(), asio::buffer(bytes), ec);
    return !ec;
  }
  void wait_for_end() override {
    std::string ignored;
    while (more(ignored))
      ignored.clear();
  }
  void say_goodbye() override {
    error_code ignored;
    stream_.shutdown(ignored);
  }
  void reset() override {
    error_code ignored;
    stream_.next_layer().set_option(asio::socket_base::linger(true, 0),
                                    ignored);
    stream_.next_layer().close(ignored);
  }
  bool more(std::string& to) {
    char part[4096];
    error_code ec;
    auto n = secure_ ? stream_.read_some(asio::buffer(part), ec)
                     : stream_.next_layer().read_some(asio::buffer(part), ec);
    to.append(part, n);
    return !ec;
  }
  /// From another thread: what waits for the other side, ends.
  void break_off() { ::shutdown(stream_.next_layer().native_handle(), 2); }

  std::thread thread;

private:
  static asio::ssl::context& plain() {
    static asio::ssl::context unused{asio::ssl::context::tls_server};
    return unused;
  }

  asio::ssl::stream<tcp::socket> stream_;
  const bool secure_;
};

struct odd_server::sockets {
  asio::io_context io;
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  asio::ssl::context tls{asio::ssl::context::tls_server};
  std::list<connection> all; // With the server's mutex.
  bool closed = false;
};

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

received read_head(const std::string& head) {
  received out;
  auto line_end = head.find("\r\n");
  auto line = head.substr(0, line_end);
  auto space = line.find(' ');
  out.method = line.substr(0, space);
  out.target = line.substr(space + 1, line.rfind(' ') - space - 1);
  for (auto from = line_end + 2; from < head.size();) {
    auto end = head.find("\r\n", from);
    auto colon = head.find(": ", from);
    if (end == head.npos || colon == head.npos || colon > end)
      break;
    out.headers[lower(head.substr(from, colon - from))] =
      head.substr(colon + 2, end - colon - 2);
    from = end + 2;
  }
  return out;
}

} // namespace

// -- the server ---------------------------------------------------------------

odd_server::odd_server(script how, const certificate* tls)
  : how_(std::move(how)), secure_(tls), sockets_(std::make_unique<sockets>()) {
  port_ = sockets_->acceptor.local_endpoint().port();
  if (tls) {
    sockets_->tls.use_certificate_chain_file(tls->file);
    sockets_->tls.use_private_key_file(tls->key_file, asio::ssl::context::pem);
  }
  acceptor_ = std::thread{[this] { accept(); }};
}

odd_server::~odd_server() {
  {
    std::lock_guard guard{mutex_};
    sockets_->closed = true;
    for (auto& x : sockets_->all)
      x.break_off();
  }
  ::shutdown(sockets_->acceptor.native_handle(), 2); // Wakes `accept`.
  acceptor_.join();
  for (auto& x : sockets_->all)
    x.thread.join();
}

std::string odd_server::address() const {
  return (secure_ ? "https://127.0.0.1:" : "http://127.0.0.1:")
         + std::to_string(port_);
}

void odd_server::accept() {
  for (;;) {
    error_code ec;
    auto socket = sockets_->acceptor.accept(ec);
    std::lock_guard guard{mutex_};
    if (ec || sockets_->closed)
      return;
    auto& with = sockets_->all.emplace_back(std::move(socket),
                                            secure_ ? &sockets_->tls : nullptr);
    with.thread = std::thread{[this, &with] { serve(with); }};
  }
}

void odd_server::serve(connection& with) {
  std::string text;
  if (with.shake_hands()) {
    while (text.find("\r\n\r\n") == text.npos)
      if (!with.more(text))
        return with.break_off();
    auto head_end = text.find("\r\n\r\n") + 4;
    auto what = read_head(text.substr(0, head_end));
    auto length = what.headers.count("content-length")
                    ? std::stoul(what.headers["content-length"])
                    : 0;
    while (text.size() < head_end + length)
      if (!with.more(text))
        return with.break_off();
    what.body = text.substr(head_end);
    {
      std::lock_guard guard{mutex_};
      all_.push_back(what);
      came_.notify_all();
    }
    how_(what, with);
  }
  with.break_off();
}

std::vector<received> odd_server::all() const {
  std::lock_guard guard{mutex_};
  return all_;
}

received odd_server::wait_for(size_t count) const {
  std::unique_lock guard{mutex_};
  came_.wait(guard, [&] { return all_.size() >= count; });
  return all_[count - 1];
}

std::string http_reply(unsigned status, const std::string& body,
                       const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

odd_server::script always(unsigned status, const std::string& body,
                          const std::string& headers) {
  return [=](const received&, odd_peer& to) {
    to.send(http_reply(status, body, headers));
  };
}

} // namespace troupe::test
