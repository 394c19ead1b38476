#pragma once

#include <memory>
#include <string>

#include <boost/system/error_code.hpp>

#include "core/result.hpp"

namespace boost::asio::ssl {
class context;
}

namespace troupe::wire {

/// Who a server is, by path: PEM, the key unencrypted.
struct tls_files {
  std::string certificate; // With what stands between it and its root.
  std::string key;

  bool empty() const { return certificate.empty() && key.empty(); }
  bool operator==(const tls_files&) const = default;
};

/// What connections are secured with. One may serve any number of them, and
/// those that it serves keep it.
using tls_ptr = std::shared_ptr<boost::asio::ssl::context>;

/// TLS 1.2 or newer. The error says which file is wrong and why.
core::result<tls_ptr> tls_for_server(const tls_files& from);

/// Trusts what this file (PEM) names; empty: what this machine trusts.
core::result<tls_ptr> tls_for_client(const std::string& ca_file);

/// What went wrong is TLS, not the way to the other side.
bool is_tls_error(boost::system::error_code ec);

/// The other side began to speak HTTP without TLS.
bool spoke_plain_http(boost::system::error_code ec);

} // namespace troupe::wire
