#include "gateway/doorkeeper.hpp"

#include <algorithm>

#include "gateway/loopback.hpp"
#include "gateway/problem_details.hpp"

namespace troupe::gateway {

namespace {

constexpr size_t known_max = 1000;

caller_ptr shared_owner() {
  static const caller_ptr owner =
    std::make_shared<const core::caller>(core::owner());
  return owner;
}

caller_ptr anybody() {
  auto out = core::owner();
  out.principal = "anybody";
  return std::make_shared<const core::caller>(std::move(out));
}

/// Who asks for health is let in and may nothing else; an agent that calls back
/// shows a token of its own, in the path.
caller_ptr nobody() {
  static const caller_ptr out = std::make_shared<const core::caller>();
  return out;
}

bool needs_no_login(const http_request& req) {
  auto path = std::string_view{req.target}.substr(0, req.target.find('?'));
  return path == "/healthz" || path == "/readyz"
         || path.starts_with("/api/v1/agents/callback/");
}

bool token_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// "Bearer TOKEN", as RFC 6750 has it. Empty: it is something else.
std::string token_of(std::string_view header) {
  constexpr std::string_view scheme = "bearer ";
  if (header.size() <= scheme.size()
      || !std::equal(scheme.begin(), scheme.end(), header.begin(),
                     [](char a, char b) { return a == small(b); }))
    return {};
  auto token = header.substr(scheme.size());
  return std::all_of(token.begin(), token.end(), token_digit)
           ? std::string{token}
           : std::string{};
}

// -- replies

http_reply not_let_in(const http_request& req, std::string detail,
                      std::string_view error) {
  auto out = to_reply(complaint{401, "denied",
                                "this node wants to know who "
                                "asks",
                                std::move(detail)},
                      req);
  std::string how = "Bearer realm=\"troupe\"";
  if (!error.empty())
    how += ", error=\"" + std::string{error} + "\"";
  out.headers.emplace_back("WWW-Authenticate", how);
  return out;
}

std::string retry_seconds(core::duration wait) {
  auto whole = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return std::to_string(std::max<int64_t>(1, whole));
}

http_reply too_often(const http_request& req, std::string_view limit,
                     core::duration wait) {
  auto out = to_reply(complaint{429, "overloaded", "too many requests",
                                "more than `" + std::string{limit}
                                  + "` allows; wait as Retry-After says"},
                      req);
  out.headers.emplace_back("Retry-After", retry_seconds(wait));
  return out;
}

http_reply keys_are_fetched(const http_request& req) {
  auto out = to_reply(complaint{503, "restarting",
                                "the keys of this token's "
                                "issuer are being fetched",
                                "the token names a key that is not known yet; "
                                "ask again in a second"},
                      req);
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

} // namespace

doorkeeper::doorkeeper(const gateway_options& opts)
  : rules_(opts.login), fetch_keys_(opts.fetch_keys),
    without_login_(loopback_address(opts.listen) ? shared_owner() : anybody()),
    addresses_(opts.address_requests_per_second),
    principals_(opts.principal_requests_per_second),
    workspaces_(opts.workspace_requests_per_second) {}

void doorkeeper::renew(login_rules_ptr rules) {
  rules_ = std::move(rules);
  known_.clear();
}

std::optional<http_reply> doorkeeper::admit(http_request& req,
                                            const std::string& address,
                                            core::instant now) {
  if (!req.over_tcp) {
    req.who = shared_owner();
    return std::nullopt;
  }
  if (!address.empty())
    if (auto wait = addresses_.take(address, now); wait > core::duration{})
      return too_often(req, "address_requests_per_second", wait);
  if (!rules_ || rules_->issuers.empty()) {
    req.who = without_login_;
    return std::nullopt;
  }
  if (needs_no_login(req)) {
    req.who = nobody();
    return std::nullopt;
  }
  if (auto no = log_in(req, now))
    return no;
  auto wait = principals_.take(req.who->principal, now);
  if (wait > core::duration{})
    return too_often(req, "principal_requests_per_second", wait);
  return std::nullopt;
}

std::optional<http_reply> doorkeeper::log_in(http_request& req,
                                             core::instant now) {
  if (req.authorization.empty())
    return not_let_in(req,
                      "send `Authorization: Bearer TOKEN`; `troupe token make` "
                      "makes tokens, TROUPE_TOKEN or --token-file gives one "
                      "to the command line",
                      {});
  auto token = token_of(req.authorization);
  if (token.empty())
    return not_let_in(req, "the Authorization header is no `Bearer TOKEN`",
                      "invalid_request");
  if (auto pos = known_.find(token); pos != known_.end()) {
    if (now < pos->second.expires) {
      req.who = pos->second.who;
      req.login_ends = pos->second.expires;
      return std::nullopt;
    }
    known_.erase(pos);
  }
  auto found = core::log_in(token, *rules_, now);
  if (auto* no = std::get_if<core::login_refusal>(&found)) {
    if (!no->unknown_key_of.empty() && fetch_keys_
        && fetch_keys_(no->unknown_key_of))
      return keys_are_fetched(req);
    return not_let_in(req, no->what, "invalid_token");
  }
  auto& good = std::get<core::login>(found);
  req.who = std::make_shared<const core::caller>(std::move(good.who));
  req.login_ends = good.expires;
  remember(token, {req.who, good.expires});
  return std::nullopt;
}

void doorkeeper::remember(const std::string& token, known who) {
  // Rare, and then they are checked once more.
  if (known_.size() >= known_max)
    known_.clear();
  known_.emplace(token, std::move(who));
}

std::optional<http_reply> doorkeeper::permit(const http_request& req,
                                             std::string_view op,
                                             std::string_view workspace,
                                             core::instant now) {
  const auto& who = req.who ? *req.who : *nobody();
  if (auto why = core::deny(who, op, workspace)) {
    auto out = to_reply(complaint{403, "denied", "this is not for you to do",
                                  *why
                                    + "; ask an admin for a token that "
                                      "gives it"},
                        req);
    out.headers.emplace_back(
      "WWW-Authenticate",
      "Bearer realm=\"troupe\", error=\"insufficient_scope\"");
    return out;
  }
  if (who.principal == core::local_principal)
    return std::nullopt;
  auto wait = workspaces_.take(workspace, now);
  if (wait > core::duration{})
    return too_often(req, "workspace_requests_per_second", wait);
  return std::nullopt;
}

std::optional<http_reply> doorkeeper::permit(const http_request& req,
                                             const decision& what,
                                             core::instant now) {
  if (const auto* call = std::get_if<forward>(&what))
    // Everybody may ask whether we are ready, and hears nothing else; what an
    // agent may say, the token in its path says.
    return call->form == answer_form::ready || call->call.op == "callback"
             ? std::nullopt
             : permit(req, call->call.op, call->call.workspace, now);
  if (const auto* stream = std::get_if<open_stream>(&what))
    return permit(req, "watch", stream->what.workspace, now);
  if (const auto* socket = std::get_if<open_socket>(&what))
    return permit(req, "watch", socket->each.workspace, now);
  // What is asked in a talk is looked at one by one: guarded_api.
  if (const auto* said = std::get_if<talk>(&what))
    return permit(req, "watch", said->said.from.workspace, now);
  if (std::holds_alternative<http_reply>(what))
    return std::nullopt; // It says what everybody may know, or refuses.
  // Whoever adds a kind says here what it needs; until then, everything.
  return permit(req, {}, {}, now);
}

} // namespace troupe::gateway
