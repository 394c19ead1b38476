#include "runtime/login_source.hpp"

#include <algorithm>

#include "core/jwt_keys.hpp"
#include "core/login.hpp"
#include "runtime/login_keys.hpp"

namespace troupe::runtime {

namespace {

bool is_remote(const std::string& jwks) {
  return jwks.starts_with("https://") || jwks.starts_with("http://");
}

} // namespace

login_source::login_source(publisher publish, warner warn, fetcher fetch)
  : publish_(std::move(publish)), warn_(std::move(warn)),
    fetch_(std::move(fetch)) {}

login_source::~login_source() {
  {
    std::lock_guard guard{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

core::result<gateway::login_rules_ptr>
login_source::read(const auth_config& from) {
  auto rules = login_rules_of(from);
  if (!rules)
    return rules.error();
  std::lock_guard guard{mutex_};
  std::map<std::string, remote> now;
  for (const auto& x : from.issuers) {
    if (!is_remote(x.jwks))
      continue;
    auto before = remotes_.find(x.name);
    auto same = before != remotes_.end() && before->second.url == x.jwks;
    now[x.name] = same ? before->second : remote{x.jwks, {}, {}, false, {}};
  }
  remotes_ = std::move(now);
  configured_ = *rules;
  return with_fetched();
}

bool login_source::want(const std::string& issuer) {
  std::lock_guard guard{mutex_};
  auto pos = remotes_.find(issuer);
  if (pos == remotes_.end())
    return false;
  auto& x = pos->second;
  if (x.wanted)
    return true;
  if (clock::now() < x.not_before)
    return false;
  x.wanted = true;
  if (!thread_.joinable()) // Most nodes never need one.
    thread_ = std::thread{[this] { fetch_wanted(); }};
  changed_.notify_all();
  return true;
}

gateway::login_rules_ptr login_source::with_fetched() const {
  if (!configured_ || remotes_.empty())
    return configured_;
  auto out = std::make_shared<core::login_rules>(*configured_);
  for (auto& issuer : out->issuers)
    if (auto pos = remotes_.find(issuer.name); pos != remotes_.end())
      issuer.keys.insert(issuer.keys.end(), pos->second.keys.begin(),
                         pos->second.keys.end());
  return out;
}

// -- on the thread that fetches

void login_source::fetch_wanted() {
  std::unique_lock held{mutex_};
  while (!ending_) {
    auto now = clock::now();
    auto next = now + keys_kept;
    std::string due;
    for (const auto& [name, x] : remotes_) {
      auto old = !x.keys.empty() && now >= x.fetched_at + keys_kept
                 && now >= x.not_before;
      if (x.wanted || old)
        due = name;
      else if (!x.keys.empty())
        next = std::min(next, std::max(x.fetched_at + keys_kept, x.not_before));
    }
    if (due.empty())
      changed_.wait_until(held, next);
    else
      fetch_one(held, due);
  }
}

void login_source::fetch_one(std::unique_lock<std::mutex>& held,
                             const std::string& name) {
  auto url = remotes_[name].url;
  held.unlock();
  auto text = fetch_(url);
  auto keys = text ? core::public_keys_of(*text)
                   : core::result<std::vector<core::jwt_key>>{text.error()};
  held.lock();
  auto pos = remotes_.find(name);
  if (pos == remotes_.end() || pos->second.url != url)
    return; // Others are configured meanwhile.
  auto& x = pos->second;
  x.wanted = false;
  x.not_before = clock::now() + pause;
  if (!keys) {
    // Those that are known stay: the issuer may be down for a moment.
    held.unlock();
    warn_("issuer `" + name + "`: " + keys.error().message
          + "; tokens with keys that are not known are refused until then");
    held.lock();
    return;
  }
  x.keys = std::move(*keys);
  x.fetched_at = clock::now();
  auto rules = with_fetched();
  held.unlock();
  publish_(std::move(rules));
  held.lock();
}

} // namespace troupe::runtime
