#include "runtime/login_keys.hpp"

#include "core/jwt_keys.hpp"
#include "core/login.hpp"
#include "runtime/secret_reference.hpp"

namespace troupe::runtime {

namespace {

failure add_keys(const std::string& reference, core::token_issuer& to) {
  auto text = read_secret(reference);
  if (!text)
    return text.error();
  auto keys = core::keys_of(*text);
  if (!keys)
    return {errc::invalid, category::validation,
            "the key " + reference + " of the issuer `" + to.name
              + "` cannot be used: " + keys.error().message};
  to.keys.insert(to.keys.end(), keys->begin(), keys->end());
  return {};
}

} // namespace

core::result<gateway::login_rules_ptr> login_rules_of(const auth_config& from) {
  if (from.issuers.empty())
    return gateway::login_rules_ptr{};
  core::login_rules out;
  out.audience = from.audience;
  out.leeway = from.leeway;
  for (const auto& x : from.issuers) {
    core::token_issuer issuer{x.name, x.issuer, {}};
    for (const auto& reference : x.keys)
      if (auto why = add_keys(reference, issuer))
        return why;
    if (x.jwks.starts_with("file:"))
      if (auto why = add_keys(x.jwks, issuer))
        return why;
    out.issuers.push_back(std::move(issuer));
  }
  return std::make_shared<const core::login_rules>(std::move(out));
}

} // namespace troupe::runtime
