#include "core/login.hpp"

#include <algorithm>
#include <cmath>

#include "core/workspace_name.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

constexpr size_t name_bytes_max = 256;
/// Anybody may send a token: what it costs to refuse one is bounded.
constexpr size_t keys_tried_max = 8;
constexpr size_t workspaces_max = 1000;
// Year 9999: what is beyond is no time.
constexpr double seconds_max = 253402300799.0;

bool printable(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max
         && std::all_of(text.begin(), text.end(), [](char c) {
              return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
            });
}

/// Nothing: it is no time.
std::optional<instant> time_in(const json& claims, const char* name) {
  auto pos = claims.find(name);
  if (pos == claims.end() || !pos->is_number())
    return std::nullopt;
  auto seconds = pos->get<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > seconds_max)
    return std::nullopt;
  return from_us(static_cast<int64_t>(seconds * 1e6));
}

std::string check_times(const json& claims, const login_rules& rules,
                        instant now, instant& expires) {
  auto end = time_in(claims, "exp");
  if (!end)
    return "the token says not when it ends (exp); tokens without an end are "
           "not taken";
  if (now >= *end + rules.leeway)
    return "the token has expired; get a new one";
  for (auto name : {"nbf", "iat"}) {
    auto from = time_in(claims, name);
    if (claims.contains(name) && !from)
      return std::string{"the token's "} + name + " is no time";
    if (from && now + rules.leeway < *from)
      return "the token is not valid yet; compare the clocks";
  }
  expires = *end + rules.leeway;
  return {};
}

bool is_for(const json& claims, const std::string& audience) {
  auto pos = claims.find("aud");
  if (pos == claims.end())
    return false;
  if (pos->is_array())
    return std::find(pos->begin(), pos->end(), json(audience)) != pos->end();
  return *pos == audience;
}

bool add_roles(const json& words, role_set& to) {
  auto add = [&](const json& word) {
    auto found = word.is_string()
                   ? role_from(word.get_ref<const std::string&>())
                   : std::nullopt;
    if (found)
      to.add(*found);
    return found.has_value();
  };
  if (!words.is_array())
    return add(words);
  return !words.empty() && std::all_of(words.begin(), words.end(), add);
}

std::string check_workspaces(const json& claims, caller& out) {
  auto pos = claims.find("workspaces");
  if (pos == claims.end() || !pos->is_object() || pos->empty()
      || pos->size() > workspaces_max)
    return "the token gives no roles; `workspaces` must be an object of "
           "workspaces and roles, at most "
           + std::to_string(workspaces_max);
  for (const auto& [name, words] : pos->items())
    if (!is_workspace_name(name) || !add_roles(words, out.workspaces[name]))
      return "a role in the token's `workspaces` is not known, or no "
             "workspace is called so; there are viewer, operator, approver and "
             "admin";
  return {};
}

bool may_be(const jwt_key& key, const jwt& token) {
  return key.algorithm == token.algorithm
         && (key.kid.empty() || token.kid.empty() || key.kid == token.kid);
}

const token_issuer* issuer_of(const jwt& token, const login_rules& rules) {
  auto pos = token.claims.find("iss");
  if (pos == token.claims.end())
    return nullptr;
  for (const auto& x : rules.issuers)
    if (*pos == x.issuer)
      return &x;
  return nullptr;
}

/// What a token with a good signature says.
std::variant<login, login_refusal> taken(const json& claims,
                                         const token_issuer& from,
                                         const login_rules& rules,
                                         instant now) {
  login out;
  if (auto why = check_times(claims, rules, now, out.expires); !why.empty())
    return login_refusal{why};
  if (!is_for(claims, rules.audience))
    return login_refusal{"the token is not for this node (aud)"};
  auto sub = claims.find("sub");
  if (sub == claims.end() || !sub->is_string()
      || !printable(sub->get_ref<const std::string&>()))
    return login_refusal{"the token names nobody (sub)"};
  out.who.principal = from.name + "/" + sub->get<std::string>();
  if (auto why = check_workspaces(claims, out.who); !why.empty())
    return login_refusal{why};
  return out;
}

} // namespace

std::variant<login, login_refusal>
log_in(std::string_view text, const login_rules& rules, instant now) {
  auto token = parse_jwt(text);
  if (!token)
    return login_refusal{token.error().message};
  const auto* from = issuer_of(*token, rules);
  if (from == nullptr)
    return login_refusal{"the token's issuer (iss) is not known here"};
  size_t tried = 0;
  for (const auto& key : from->keys) {
    if (!may_be(key, *token))
      continue;
    if (++tried > keys_tried_max)
      return login_refusal{"the token names none of its issuer's keys (kid), "
                           "and it is none of the first eight"};
    if (signed_by(*token, key))
      return taken(token->claims, *from, rules, now);
  }
  login_refusal out{"the token's signature is not the issuer's"};
  if (tried == 0)
    out.unknown_key_of = from->name;
  return out;
}

} // namespace troupe::core
