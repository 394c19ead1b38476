#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/raw_client.hpp"

namespace troupe::test {

/// A certificate of its own signing for localhost and 127.0.0.1, and its key,
/// in files of a directory of their own.
class test_certificate {
public:
  test_certificate();
  ~test_certificate();
  test_certificate(const test_certificate&) = delete;
  test_certificate& operator=(const test_certificate&) = delete;

  /// Others at the same paths.
  void replace();

  wire::tls_files files() const;
  std::string directory;
};

/// A client that trusts one certificate only.
class tls_client : public byte_reader {
public:
  /// Throws std::runtime_error where the server's is another one.
  tls_client(uint16_t port, const std::string& ca_file);

  void send(const std::string& bytes);
  /// The server has said that it ends here.
  bool ended_cleanly() const { return clean_; }
  /// "TLSv1.3"
  std::string version() const;

private:
  struct parts;
  bool fill() override;
  std::shared_ptr<parts> parts_;
  bool clean_ = false;
};

/// Runs `openssl` with these words; its output is dropped.
void openssl(const std::string& words);

} // namespace troupe::test
