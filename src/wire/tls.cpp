#include "wire/tls.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>

namespace troupe::wire {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

failure wrong(std::string what) {
  return {errc::invalid, category::validation, std::move(what)};
}

tls_ptr make_context(ssl::context::method how) {
  auto out = std::make_shared<ssl::context>(how);
  auto* raw = out->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  // Who asks for new keys over and over costs us more than it costs him.
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION);
  return out;
}

// Browsers offer HTTP/2 first; we speak HTTP/1.1 only.
int choose_http_1_1(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned int in_size, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  auto found = SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1,
                                     in, in_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK
                                         : SSL_TLSEXT_ERR_NOACK;
}

} // namespace

core::result<tls_ptr> tls_for_server(const tls_files& from) {
  auto out = make_context(ssl::context::tls_server);
  error_code ec;
  out->use_certificate_chain_file(from.certificate, ec);
  if (ec)
    return wrong("the certificate " + from.certificate + " cannot be used: "
                 + ec.message() + "; name a readable PEM file");
  out->use_private_key_file(from.key, ssl::context::pem, ec);
  auto* raw = out->native_handle();
  if (ec || SSL_CTX_check_private_key(raw) != 1)
    return wrong("the key " + from.key + " does not fit the certificate "
                 + from.certificate + (ec ? ": " + ec.message() : "")
                 + "; name a readable PEM file without a passphrase");
  SSL_CTX_set_alpn_select_cb(raw, choose_http_1_1, nullptr);
  return out;
}

core::result<tls_ptr> tls_for_client(const std::string& ca_file) {
  auto out = make_context(ssl::context::tls_client);
  out->set_verify_mode(ssl::verify_peer);
  error_code ec;
  if (ca_file.empty())
    out->set_default_verify_paths(ec);
  else
    out->load_verify_file(ca_file, ec);
  if (ec)
    return wrong("the certificates "
                 + (ca_file.empty() ? "of this machine" : "in " + ca_file)
                 + " cannot be used: " + ec.message()
                 + "; name a readable PEM file");
  return out;
}

bool is_tls_error(error_code ec) {
  return ec.category() == boost::asio::error::get_ssl_category()
         || ec.category() == ssl::error::get_stream_category();
}

bool spoke_plain_http(error_code ec) {
  return is_tls_error(ec)
         && ERR_GET_REASON(static_cast<unsigned long>(ec.value()))
              == SSL_R_HTTP_REQUEST;
}

} // namespace troupe::wire
