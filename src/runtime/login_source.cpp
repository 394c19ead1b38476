#include "runtime/login_source.hpp"

#include <algorithm>
#include <system_error>

#include "core/jwt_keys.hpp"
#include "core/login.hpp"
#include "runtime/login_keys.hpp"

namespace troupe::runtime {

namespace {

bool is_remote(const std::string& jwks) {
  return jwks.starts_with("https://") || jwks.starts_with("http://");
}

} // namespace

login_source::login_source(publisher publish, warner warn, fetcher fetch,
                           std::function<void()> stop)
  : publish_(std::move(publish)), warn_(std::move(warn)),
    fetch_(std::move(fetch)), stop_(std::move(stop)) {}

login_source::~login_source() {
  {
    std::lock_guard guard{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  if (stop_)
    stop_();
  if (thread_.joinable())
    thread_.join();
}

login_source::remotes
login_source::remotes_of(const std::map<std::string, std::string>& urls) const {
  remotes out;
  for (const auto& [name, url] : urls) {
    auto before = remotes_.find(name);
    auto same = before != remotes_.end() && before->second.url == url;
    out[name] = same ? before->second : remote{url, {}, {}, false, {}};
  }
  return out;
}

core::result<login_source::proposal>
login_source::propose(const auth_config& from) {
  auto rules = login_rules_of(from);
  if (!rules)
    return rules.error();
  proposal out{{}, *rules, {}};
  for (const auto& x : from.issuers)
    if (is_remote(x.jwks))
      out.urls[x.name] = x.jwks;
  std::lock_guard guard{mutex_};
  out.rules = with_fetched(out.configured, remotes_of(out.urls));
  return out;
}

void login_source::use(proposal x) {
  std::lock_guard guard{mutex_};
  remotes_ = remotes_of(x.urls);
  configured_ = std::move(x.configured);
  // With the lock: else keys of an issuer that is configured no more, which are
  // being published now, would come after this.
  publish_(with_fetched(configured_, remotes_));
}

core::result<gateway::login_rules_ptr>
login_source::read(const auth_config& from) {
  auto x = propose(from);
  if (!x)
    return x.error();
  std::lock_guard guard{mutex_};
  remotes_ = remotes_of(x->urls);
  configured_ = x->configured;
  return x->rules;
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
  if (!thread_.joinable()) { // Most nodes never need one.
    try {
      thread_ = std::thread{[this] { fetch_wanted(); }};
    } catch (const std::system_error&) {
      return false; // The next token tries again.
    }
  }
  x.wanted = true;
  changed_.notify_all();
  return true;
}

gateway::login_rules_ptr
login_source::with_fetched(const gateway::login_rules_ptr& rules,
                           const remotes& from) {
  if (!rules || from.empty())
    return rules;
  auto out = std::make_shared<core::login_rules>(*rules);
  for (auto& issuer : out->issuers)
    if (auto pos = from.find(issuer.name); pos != from.end())
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
  if (ending_ || pos == remotes_.end() || pos->second.url != url)
    return; // Others are configured meanwhile.
  auto& x = pos->second;
  x.wanted = false;
  x.not_before = clock::now() + pause;
  if (!keys) {
    // Those that are known stay: the issuer may be down for a moment.
    held.unlock();
    warn_("issuer `" + name + "`: " + keys.error().message
          + "; tokens with keys that are not known are refused, and the next "
            "of them has it asked again, after "
          + std::to_string(pause.count()) + " s");
    held.lock();
    return;
  }
  x.keys = std::move(*keys);
  x.fetched_at = clock::now();
  publish_(with_fetched(configured_, remotes_));
}

} // namespace troupe::runtime
