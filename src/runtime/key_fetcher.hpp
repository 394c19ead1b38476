#pragma once

#include <string>

#include "core/result.hpp"
#include "outbound/http_client.hpp"

namespace troupe::runtime {

/// Reads the public keys that issuers elsewhere publish. Thread-safe.
class key_fetcher {
public:
  explicit key_fetcher(outbound::client_options with = {});

  /// The text at a URL, https or of this machine. Blocks for ten seconds at
  /// most; nothing beyond 256 KiB is read, and no redirect is followed.
  core::result<std::string> fetch(const std::string& url);

  /// A fetch that is under way fails now, and so does every later one.
  void stop() { client_.stop(); }

private:
  outbound::http_client client_;
};

} // namespace troupe::runtime
