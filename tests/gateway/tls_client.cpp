#include "gateway/tls_client.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <catch2/catch.hpp>

namespace troupe::test {

void openssl(const std::string& words) {
  auto command = "openssl " + words + " >/dev/null 2>&1";
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

test_certificate::test_certificate() {
  char name[] = "/tmp/troupe-tls-XXXXXX";
  REQUIRE(::mkdtemp(name));
  directory = name;
  replace();
}

test_certificate::~test_certificate() {
  std::filesystem::remove_all(directory);
}

void test_certificate::replace() {
  openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
          "-subj /CN=localhost -addext "
          "subjectAltName=DNS:localhost,IP:127.0.0.1 -days 2 -keyout "
          + files().key + " -out " + files().certificate);
}

wire::tls_files test_certificate::files() const {
  return {directory + "/node.pem", directory + "/node.key"};
}

struct tls_client::parts {
  ~parts() {
    BIO_free_all(bio);
    SSL_CTX_free(context);
  }
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  BIO* bio = nullptr;
  SSL* ssl = nullptr;
};

tls_client::tls_client(uint16_t port, const std::string& ca_file)
  : parts_(std::make_shared<parts>()) {
  auto& all = *parts_;
  SSL_CTX_set_verify(all.context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_load_verify_locations(all.context, ca_file.c_str(), nullptr);
  all.bio = BIO_new_ssl_connect(all.context);
  BIO_get_ssl(all.bio, &all.ssl);
  SSL_set1_host(all.ssl, "localhost");
  auto where = "127.0.0.1:" + std::to_string(port);
  BIO_set_conn_hostname(all.bio, where.c_str());
  if (BIO_do_connect(all.bio) != 1)
    throw std::runtime_error{"no TLS with " + where};
}

void tls_client::send(const std::string& bytes) {
  BIO_write(parts_->bio, bytes.data(), static_cast<int>(bytes.size()));
}

bool tls_client::fill() {
  char part[4096];
  auto n = BIO_read(parts_->bio, part, sizeof part);
  if (n > 0)
    buffer_.append(part, static_cast<size_t>(n));
  else
    clean_ = (SSL_get_shutdown(parts_->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
  return n > 0;
}

std::string tls_client::version() const {
  return SSL_get_version(parts_->ssl);
}

} // namespace troupe::test
