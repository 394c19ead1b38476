#include "core/keyed_rates.hpp"

namespace troupe::core {

namespace {

// A sweep looks at all keys: not for each request.
constexpr duration sweep_pause = std::chrono::seconds{1};

} // namespace

duration keyed_rates::take(std::string_view key, instant now) {
  if (per_second_ == 0)
    return {};
  auto& bucket = bucket_of(key, now);
  if (auto at = bucket.next(now); at > now)
    return at - now;
  bucket.take(now);
  return {};
}

token_bucket& keyed_rates::bucket_of(std::string_view key, instant now) {
  auto pos = buckets_.find(key);
  if (pos != buckets_.end())
    return pos->second;
  if (buckets_.size() >= keys_max && now - swept_at_ >= sweep_pause) {
    std::erase_if(buckets_, [&](const auto& x) { return x.second.full(now); });
    swept_at_ = now;
  }
  auto& out = buckets_.size() < keys_max ? buckets_[std::string{key}] : others_;
  out.set(per_second_, 2 * per_second_);
  return out;
}

} // namespace troupe::core
