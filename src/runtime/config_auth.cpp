#include "gateway/loopback.hpp"
#include "runtime/config_values.hpp"
#include "runtime/secret_reference.hpp"

// Whose tokens are taken.

namespace troupe::runtime::config_reading {

namespace {

using namespace std::chrono_literals;

constexpr size_t issuers_max = 100;
constexpr int keys_per_issuer_max = 20;

constexpr const char* reference_hint =
  "name where it is: file:PATH, env:NAME or credential:NAME (of systemd); "
  "`troupe token key` makes one";

/// The text is never shown: it may be the secret itself, in the wrong place.
void read_keys(object_reader& in, std::vector<std::string>& to) {
  auto x = in.find("keys");
  if (!x || x->kind() == core::node_kind::null)
    return;
  std::vector<std::string> read;
  if (!x->read(read, keys_per_issuer_max))
    return;
  for (const auto& reference : read)
    if (!is_secret_reference(reference)) {
      x->fail("a key must be a reference", reference_hint);
      return;
    }
  to = std::move(read);
}

void read_jwks(object_reader& in, std::string& to) {
  std::string read;
  if (!in.read("jwks", read))
    return;
  if (read.starts_with("file:") || read.starts_with("https://")
      || is_loopback_url(read))
    to = std::move(read);
  else
    in.find("jwks")->fail("a set of keys is a file or is fetched with https",
                          "write file:PATH or https://HOST/PATH");
}

issuer_config read_issuer(const value& from, std::string name) {
  object_reader in{from};
  issuer_config out;
  out.name = out.issuer = std::move(name);
  in.read("issuer", out.issuer);
  read_keys(in, out.keys);
  read_jwks(in, out.jwks);
  if (!in.has("keys") && !in.has("jwks"))
    in.self().fail_at_key("an issuer needs `keys` or `jwks`", reference_hint);
  finish(in, "auth.issuers.*");
  return out;
}

void read_issuers(const value& from, auth_config& to) {
  if (from.kind() != core::node_kind::object) {
    from.fail_expected("an object of issuers",
                       "e.g. `{team: {keys: [file:/etc/troupe/token.key]}}`");
    return;
  }
  if (from->items.size() > issuers_max)
    from.fail("more than 100 issuers (issuers_max)", "remove some");
  for (size_t i = 0; i < from->items.size(); ++i) {
    auto x = from.item(i);
    check_word(x, x->key, "the name of an issuer");
    auto made = read_issuer(x, x->key);
    for (const auto& other : to.issuers)
      if (other.issuer == made.issuer)
        x.fail_at_key("two issuers are called `" + made.issuer + "`",
                      "give each its own `issuer`, the claim iss of its "
                      "tokens; one may have several `keys`");
    to.issuers.push_back(std::move(made));
  }
}

} // namespace

bool is_loopback_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme))
    return false;
  text.remove_prefix(scheme.size());
  auto host = text.substr(0, text.find('/'));
  return host.find('@') == host.npos && gateway::loopback_host(host);
}

void read_auth(object_reader& in, auth_config& to) {
  in.read("audience", to.audience);
  in.read("leeway", to.leeway, bounds<core::duration>{0s, 10min});
  auto x = in.find("issuers");
  if (x && x->kind() != core::node_kind::null)
    read_issuers(*x, to);
  finish(in, "auth");
}

} // namespace troupe::runtime::config_reading
