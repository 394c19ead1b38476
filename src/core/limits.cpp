#include "core/limits.hpp"

#include <algorithm>
#include <charconv>

#include "core/mutant.hpp"

namespace troupe::core {

namespace {

/// Amounts are sums of decimal fractions; this much may go missing.
constexpr double rounding = 1e-9;

std::string key_name(const permit_request& what) {
  return "key:" + std::string{what.workspace} + '/'
         + std::string{what.concurrency_key};
}

std::string rate_name(const permit_request& what) {
  return "rate:" + std::string{what.workspace} + '/' + what.need.rate_key;
}

std::string resource_name(const std::string& name) {
  return "resource:" + name;
}

bool has_rate(const permit_request& what) {
  return what.need.rate_per_second > 0;
}

uint32_t limit_of(const permit_request& what) {
  return what.need.exclusive ? 1 : std::max(what.need.concurrency_limit, 1u);
}

/// "2", "0.5": the shortest form.
std::string shown(double amount) {
  char digits[32];
  auto end = std::to_chars(digits, digits + sizeof digits, amount).ptr;
  return {digits, end};
}

std::optional<permit_refusal> too_much(const std::string& name, double amount,
                                       double total) {
  if (amount <= total + rounding)
    return std::nullopt;
  return permit_refusal{resource_name(name),
                        "it asks for " + shown(amount) + ", but this node has "
                          + shown(total)
                          + " in all; raise `resources` in the config",
                        no_instant};
}

} // namespace

limits::limits(limits_options opts) : opts_(std::move(opts)) {
  for (const auto& [name, total] : opts_.resources)
    resources_[name].total = total;
}

std::optional<permit_refusal> limits::take(id task, const permit_request& what,
                                           instant now) {
  if (held_.count(task) > 0)
    return std::nullopt;
  if (auto why = blocked_by(what, now))
    return why;
  if (auto why = full_refusal(what, now))
    return why;
  if (has_rate(what)) {
    auto& bucket = rates_[rate_name(what)];
    bucket.set(what.need.rate_per_second, what.need.rate_burst);
    bucket.take(now);
  }
  hold(task, what);
  return std::nullopt;
}

std::optional<permit_refusal> limits::never(const permit_request& what) const {
  for (const auto& [name, amount] : what.need.resources) {
    auto pos = resources_.find(name);
    auto total = pos == resources_.end() ? 0 : pos->second.total;
    if (auto why = too_much(name, amount, total))
      return why;
  }
  return std::nullopt;
}

void limits::restore(id task, const permit_request& what) {
  // Its token of a rate was spent in an earlier life.
  if (held_.count(task) == 0)
    hold(task, what);
}

void limits::hold(id task, const permit_request& what) {
  holding mine;
  if (!what.concurrency_key.empty()) {
    mine.key = key_name(what);
    auto& key = keys_[mine.key];
    ++key.used;
    key.limit = limit_of(what);
    key.exclusive = key.exclusive || what.need.exclusive;
  }
  for (const auto& [name, amount] : what.need.resources) {
    auto& resource = resources_[name];
    resource.used += amount;
    ++resource.holders;
  }
  mine.resources = what.need.resources;
  if (!mine.key.empty() || !mine.resources.empty())
    held_.emplace(task, std::move(mine));
}

std::vector<std::string> limits::release(id task) {
  std::vector<std::string> freed;
  auto pos = held_.find(task);
  if (pos == held_.end() || mutated(mutant::limit_leak))
    return freed;
  auto mine = std::move(pos->second);
  held_.erase(pos);
  if (auto key = keys_.find(mine.key); key != keys_.end()) {
    if (--key->second.used == 0)
      keys_.erase(key);
    freed.push_back(mine.key);
  }
  for (const auto& [name, amount] : mine.resources) {
    auto& resource = resources_[name];
    resource.used -= amount;
    if (--resource.holders == 0)
      resource.used = 0; // What rounding left.
    freed.push_back(resource_name(name));
  }
  return freed;
}

std::optional<permit_refusal> limits::blocked_by(const permit_request& what,
                                                 instant now) const {
  if (auto why = key_refusal(what))
    return why;
  if (auto why = resource_refusal(what))
    return why;
  // Last, so that a wait for a release is told before a wait for time.
  return rate_refusal(what, now);
}

std::optional<permit_refusal>
limits::key_refusal(const permit_request& what) const {
  if (what.concurrency_key.empty())
    return std::nullopt;
  auto name = key_name(what);
  auto pos = keys_.find(name);
  if (pos == keys_.end())
    return std::nullopt;
  const auto& key = pos->second;
  if (key.exclusive)
    return permit_refusal{name, "one task has it exclusively", no_instant};
  if (what.need.exclusive)
    return permit_refusal{
      name, "wanted exclusively, but " + std::to_string(key.used) + " in use",
      no_instant};
  if (key.used < limit_of(what))
    return std::nullopt;
  return permit_refusal{name,
                        std::to_string(key.used) + " of "
                          + std::to_string(limit_of(what)) + " in use",
                        no_instant};
}

std::optional<permit_refusal> limits::rate_refusal(const permit_request& what,
                                                   instant now) const {
  if (!has_rate(what))
    return std::nullopt;
  auto name = rate_name(what);
  auto pos = rates_.find(name);
  if (pos == rates_.end())
    return std::nullopt;
  auto bucket = pos->second;
  bucket.set(what.need.rate_per_second, what.need.rate_burst);
  auto at = bucket.next(now);
  if (at <= now)
    return std::nullopt;
  return permit_refusal{
    name, shown(what.need.rate_per_second) + " per second are used up", at};
}

std::optional<permit_refusal>
limits::resource_refusal(const permit_request& what) const {
  for (const auto& [name, amount] : what.need.resources) {
    auto pos = resources_.find(name);
    auto have = pos == resources_.end() ? resource_state{} : pos->second;
    if (have.used + amount <= have.total + rounding)
      continue;
    if (auto why = too_much(name, amount, have.total))
      return why;
    return permit_refusal{resource_name(name),
                          shown(have.used) + " of " + shown(have.total)
                            + " in use, it asks for " + shown(amount),
                          no_instant};
  }
  return std::nullopt;
}

std::optional<permit_refusal> limits::full_refusal(const permit_request& what,
                                                   instant now) {
  size_t more = 0;
  if (!what.concurrency_key.empty() && keys_.count(key_name(what)) == 0)
    ++more;
  if (has_rate(what) && rates_.count(rate_name(what)) == 0)
    ++more;
  if (more == 0 || room_for_key(more))
    return std::nullopt;
  forget_full_buckets(now);
  if (room_for_key(more))
    return std::nullopt;
  return permit_refusal{"keys_max",
                        "all " + std::to_string(opts_.keys_max)
                          + " keys of this node are in use (keys_max)",
                        now + opts_.full_retry};
}

bool limits::room_for_key(size_t more) {
  return keys_.size() + rates_.size() + more <= opts_.keys_max;
}

void limits::forget_full_buckets(instant now) {
  std::erase_if(rates_, [now](const auto& x) { return x.second.full(now); });
}

std::vector<limit_use> limits::in_use() const {
  std::vector<limit_use> out;
  for (const auto& [name, key] : keys_)
    out.push_back(
      {name, static_cast<double>(key.used), static_cast<double>(key.limit)});
  for (const auto& [name, x] : resources_)
    if (x.used > 0)
      out.push_back({resource_name(name), x.used, x.total});
  return out;
}

} // namespace troupe::core
