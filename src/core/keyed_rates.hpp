#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/token_bucket.hpp"

namespace troupe::core {

/// So many a second for each key, and those of two seconds at once after a
/// pause. Keys beyond `keys_max` share one bucket, so that who makes up names
/// gains nothing.
class keyed_rates {
public:
  static constexpr size_t keys_max = 10'000;

  /// 0: without a limit.
  explicit keyed_rates(uint32_t per_second) : per_second_(per_second) {}

  /// Counts one; or how long to wait, and then it is not counted.
  duration take(std::string_view key, instant now);

  size_t keys() const { return buckets_.size(); }

private:
  token_bucket& bucket_of(std::string_view key, instant now);

  const uint32_t per_second_;
  std::map<std::string, token_bucket, std::less<>> buckets_;
  token_bucket others_;
  instant swept_at_;
};

} // namespace troupe::core
