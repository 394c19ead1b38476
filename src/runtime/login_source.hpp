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

/// The text at a URL, https or of this machine. Blocks for ten seconds at most;
/// nothing beyond 256 KiB is read, and no redirect is followed.
core::result<std::string> fetch_text(const std::string& url);

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

  /// On the thread that fetches `publish` gets rules that have changed, `warn`
  /// why keys could not be had.
  login_source(publisher publish, warner warn, fetcher fetch = fetch_text);
  ~login_source();

  login_source(const login_source&) = delete;
  login_source& operator=(const login_source&) = delete;

  /// Reads configuration and keys anew; on an error all stays as it was.
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
  void fetch_one(std::unique_lock<std::mutex>& held, const std::string& name);
  gateway::login_rules_ptr with_fetched() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  gateway::login_rules_ptr configured_;
  std::map<std::string, remote> remotes_;
  const publisher publish_;
  const warner warn_;
  const fetcher fetch_;
  bool ending_ = false;
  std::thread thread_; // The last: it uses all of the above.
};

} // namespace troupe::runtime
