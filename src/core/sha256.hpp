#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;
struct evp_md_st;

namespace troupe::core {

/// SHA-256, with its context kept: fetching one costs more than hashing 1 KiB.
class sha256 {
public:
  sha256();
  ~sha256();
  sha256(const sha256&) = delete;
  sha256& operator=(const sha256&) = delete;

  sha256& add(std::string_view bytes);
  sha256& add(uint64_t number); // Big-endian.
  /// 32 bytes; starts again.
  std::string finish();

private:
  void start();

  struct freer {
    void operator()(evp_md_ctx_st* x) const;
    void operator()(evp_md_st* x) const;
  };
  std::unique_ptr<evp_md_st, freer> kind_;
  std::unique_ptr<evp_md_ctx_st, freer> state_;
};

/// Lower case.
std::string to_hex(std::string_view bytes);

/// 64 hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

} // namespace troupe::core
