#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/keyed_rates.hpp"
#include "core/login.hpp"
#include "gateway/exchange.hpp"
#include "gateway/options.hpp"

namespace troupe::gateway {

/// Who is let in, what he may do, and how often. docs/security.md. Of the
/// house's thread.
class doorkeeper {
public:
  explicit doorkeeper(const gateway_options& opts);

  /// Others are known from now on.
  void renew(login_rules_ptr rules);

  /// Finds out who asks, and sets `req.who`; or the reply to somebody who is
  /// not let in. `address` is where he is; empty: on this machine.
  std::optional<http_reply> admit(http_request& req, const std::string& address,
                                  core::instant now);

  /// Before anything is done or shown: the reply where he may not. Operations
  /// are those of core::api, and `watch`.
  std::optional<http_reply> permit(const http_request& req, std::string_view op,
                                   std::string_view workspace,
                                   core::instant now);

  /// The same for what was decided.
  std::optional<http_reply> permit(const http_request& req,
                                   const decision& what, core::instant now);

private:
  struct known {
    caller_ptr who;
    core::instant expires;
  };

  std::optional<http_reply> log_in(http_request& req, core::instant now);
  void remember(const std::string& token, known who);

  login_rules_ptr rules_;
  const std::function<bool(const std::string&)> fetch_keys_;
  caller_ptr without_login_; // Who does not have to say who he is.
  // Checking a signature costs more than most requests.
  std::unordered_map<std::string, known> known_;
  core::keyed_rates addresses_;
  core::keyed_rates principals_;
  core::keyed_rates workspaces_;
};

} // namespace troupe::gateway
