#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/jwt.hpp"
#include "gateway/options.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

/// Keeps the rules of logging in as they are configured, with the keys that
/// issuers elsewhere publish. A thread of its own fetches those; others never
/// wait for it. Thread-safe.
class login_source {
public:
  using fetcher = std::function<core::result<std::string>(const std::string&)>;
  using publisher = std::function<void(gateway::login_rules_ptr)>;
  using warner = std::function<void(const std::string&)>;

  /// Not sooner is an issuer asked again, whatever tokens name.
  static constexpr std::chrono::seconds pause{30};
  /// Then keys are fetched anew: one may be called back.
  static constexpr std::chrono::hours keys_kept{1};

  /// `publish` gets rules that have changed, in order: it is called with a lock
  /// held, so it must be quick and not call back. `warn` gets why keys could
  /// not be had, on the thread that fetches. `stop`: then a `fetch` that is
  /// under way ends.
  login_source(publisher publish, warner warn, fetcher fetch,
               std::function<void()> stop = {});
  ~login_source();

  login_source(const login_source&) = delete;
  login_source& operator=(const login_source&) = delete;

  /// What a configuration would make of the rules; nothing has changed yet.
  struct proposal {
    gateway::login_rules_ptr rules; // With the keys that are known already.
    gateway::login_rules_ptr configured;
    std::map<std::string, std::string> urls; // Of issuers elsewhere.
  };
  core::result<proposal> propose(const auth_config& from);

  /// From now on it is so; `publish` is told.
  void use(proposal x);

  /// The first time, where nobody needs to be told: on an error all stays as it
  /// was.
  core::result<gateway::login_rules_ptr> read(const auth_config& from);

  /// Somebody showed a key of this issuer that is not known. True: it is being
  /// fetched.
  bool want(const std::string& issuer);

private:
  using clock = std::chrono::steady_clock;
  struct remote {
    std::string url;
    std::vector<core::jwt_key> keys;
    clock::time_point not_before{};
    bool wanted = false;
    clock::time_point fetched_at{};
  };

  void fetch_wanted();
  using remotes = std::map<std::string, remote>;

  void fetch_one(std::unique_lock<std::mutex>& held, const std::string& name);
  /// Keys stay, where they still come from the same place.
  remotes remotes_of(const std::map<std::string, std::string>& urls) const;
  static gateway::login_rules_ptr
  with_fetched(const gateway::login_rules_ptr& rules, const remotes& from);

  std::mutex mutex_;
  std::condition_variable changed_;
  gateway::login_rules_ptr configured_;
  remotes remotes_;
  const publisher publish_;
  const warner warn_;
  const fetcher fetch_;
  const std::function<void()> stop_;
  bool ending_ = false;
  std::thread thread_; // The last: it uses all of the above.
};

} // namespace troupe::runtime
