#include <catch2/catch.hpp>

#include "core/base64url.hpp"
#include "core/jwt_keys.hpp"
#include "core/login.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const instant now = from_us(1'800'000'000'000'000);
const std::string secret(32, 's');
const std::string seed(32, '\7');

json claims() {
  return {{"iss", "https://id.example.com"},
          {"sub", "ann"},
          {"aud", "troupe"},
          {"exp", 1'800'000'600},
          {"workspaces", {{"prod", "operator"}}}};
}

json with(const char* name, const json& value) {
  auto out = claims();
  out[name] = value;
  return out;
}

json without(const char* name) {
  auto out = claims();
  out.erase(name);
  return out;
}

login_rules rules(std::vector<jwt_key> keys = *keys_of(secret)) {
  login_rules out;
  out.issuers.push_back({"team", "https://id.example.com", std::move(keys)});
  return out;
}

std::string made(const json& x) {
  return sign_hs256(x.dump(), secret);
}

/// Empty: it was taken.
std::string refusal(std::string_view token, const login_rules& how = rules(),
                    instant at = now) {
  auto out = log_in(token, how, at);
  auto* why = std::get_if<login_refusal>(&out);
  return why ? why->what : std::string{};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<jwt_key> public_keys() {
  return *keys_of(key_pair_of(seed)->public_pem);
}

} // namespace

TEST_CASE("base64url is strict both ways", "[login]")
{
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
    CHECK(from_base64url(to_base64url(all)) == all);
  }
  CHECK(to_base64url("\xfb\xff") == "-_8");
  for (auto bad :
       {"A", "AB=", "AB==", "A+", "A/AA", "AB ", "AB\n", "-_9", "AAAAA"})
    CHECK_FALSE(from_base64url(bad));
}

TEST_CASE("the signature of RFC 7515's first example is right", "[login]")
{
  auto token = parse_jwt(
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  REQUIRE(token);
  auto keys = keys_of(
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75)"
    R"(aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})");
  REQUIRE(keys);
  CHECK(signed_by(*token, keys->front()));
  token->signed_part.back() ^= 1;
  CHECK_FALSE(signed_by(*token, keys->front()));
}

TEST_CASE("the signature of RFC 8037's example is right", "[login]")
{
  jwt token;
  token.algorithm = jwt_algorithm::eddsa;
  token.signed_part =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  token.signature = *from_base64url(
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7s"
    "VvpAr_MuM0KAg");
  auto keys =
    public_keys_of(R"({"keys":[{"kty":"OKP","crv":"Ed25519",)"
                   R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  REQUIRE(keys);
  CHECK(signed_by(token, keys->front()));
  token.signature[3] ^= 1;
  CHECK_FALSE(signed_by(token, keys->front()));
}

TEST_CASE("a good token says who asks and what he may do", "[login]")
{
  auto x =
    with("workspaces", {{"prod", "operator"}, {"dev", {"viewer", "approver"}}});
  auto out = std::get<login>(log_in(made(x), rules(), now));
  CHECK(out.who.principal == "team/ann");
  CHECK(out.who.is(role::operator_, "prod"));
  CHECK_FALSE(out.who.is(role::approver, "prod"));
  CHECK(out.who.is(role::approver, "dev"));
  CHECK_FALSE(out.who.is(role::viewer, "default"));
  CHECK(out.expires == from_us(1'800'000'630'000'000));
}

TEST_CASE("a token signed with Ed25519 is taken by its public key", "[login]")
{
  auto pair = key_pair_of(seed);
  REQUIRE(pair);
  auto token = sign_jwt(claims().dump(), *signer_of(pair->private_pem));
  CHECK(refusal(token, rules(public_keys())).empty());
  auto other = *keys_of(key_pair_of(std::string(32, 'x'))->public_pem);
  CHECK(has(refusal(token, rules(other)), "signature is not the issuer's"));
}

TEST_CASE("a public key is no secret to sign with", "[login]")
{
  // The known confusion: the server's public key, used as an HMAC's secret.
  for (const auto& text :
       {public_keys()[0].bytes, key_pair_of(seed)->public_pem})
    CHECK_FALSE(
      refusal(sign_hs256(claims().dump(), text), rules(public_keys())).empty());
  CHECK_FALSE(signer_of(key_pair_of(seed)->public_pem));
}

TEST_CASE("claims that do not hold are refused, each with its reason",
          "[login]")
{
  struct {
    json claims;
    const char* why;
  } const table[] = {
    {without("exp"), "says not when it ends"},
    {with("exp", "1800000600"), "says not when it ends"},
    {with("exp", -1), "says not when it ends"},
    {with("exp", 1e300), "says not when it ends"},
    {with("exp", nullptr), "says not when it ends"},
    {with("exp", 1'799'999'970), "expired"},
    {with("nbf", 1'800'000'031), "not valid yet"},
    {with("iat", 1'800'000'031), "not valid yet"},
    {with("nbf", "soon"), "nbf is no time"},
    {with("iat", true), "iat is no time"},
    {without("aud"), "not for this node"},
    {with("aud", "other"), "not for this node"},
    {with("aud", json::array()), "not for this node"},
    {with("aud", {{"troupe", 1}}), "not for this node"},
    {without("iss"), "issuer (iss) is not known"},
    {with("iss", "https://id.example.com/"), "issuer (iss) is not known"},
    {with("iss", {"https://id.example.com"}), "issuer (iss) is not known"},
    {without("sub"), "names nobody"},
    {with("sub", ""), "names nobody"},
    {with("sub", 7), "names nobody"},
    {with("sub", "a\nb"), "names nobody"},
    {with("sub", std::string(300, 'x')), "names nobody"},
    {without("workspaces"), "gives no roles"},
    {with("workspaces", json::object()), "gives no roles"},
    {with("workspaces", "prod"), "gives no roles"},
    {with("workspaces", {{"prod", "root"}}), "is not known"},
    {with("workspaces", {{"prod", "Admin"}}), "is not known"},
    {with("workspaces", {{"prod", json::array()}}), "is not known"},
    {with("workspaces", {{"prod", {{"admin", true}}}}), "is not known"},
    {with("workspaces", {{"", "admin"}}), "is not known"},
    {with("workspaces", {{"a\r\nb", "admin"}}), "is not known"},
    {with("workspaces", {{std::string(65, 'w'), "admin"}}), "is not known"},
    {with("workspaces", {{"a b", "admin"}}), "no workspace is called so"},
  };
  for (const auto& x : table) {
    INFO(x.claims.dump() << '\n' << refusal(made(x.claims)));
    CHECK(has(refusal(made(x.claims)), x.why));
  }
}

TEST_CASE("clocks may differ by the leeway and no more", "[login]")
{
  auto token = made(with("nbf", 1'800'000'000));
  auto end = from_us(1'800'000'600'000'000);
  CHECK(refusal(token, rules(), end + 30s - 1us).empty());
  CHECK(has(refusal(token, rules(), end + 30s), "expired"));
  CHECK(refusal(token, rules(), now - 30s).empty());
  CHECK(has(refusal(token, rules(), now - 31s), "not valid yet"));
}

TEST_CASE("headers that mean something else are refused", "[login]")
{
  struct {
    const char* header;
    const char* why;
  } const table[] = {
    {R"({"alg":"none"})", "signed in a way"},
    {R"({"alg":"None"})", "signed in a way"},
    {R"({"alg":"hs256"})", "signed in a way"},
    {R"({"alg":"HS512"})", "signed in a way"},
    {R"({"alg":"RS256"})", "signed in a way"},
    {R"({"typ":"JWT"})", "signed in a way"},
    {R"({"alg":["HS256"]})", "signed in a way"},
    {R"({"alg":"HS256","typ":"JWE"})", "another kind"},
    {R"({"alg":"HS256","typ":1})", "another kind"},
    {R"({"alg":"HS256","crit":["exp"]})", "extension"},
    {R"({"alg":"HS256","b64":false})", "extension"},
    {R"({"alg":"HS256","zip":"DEF"})", "extension"},
    {R"({"alg":"HS256","jwk":{}})", "key of its own"},
    {R"({"alg":"HS256","jku":"http://x"})", "key of its own"},
    {R"({"alg":"HS256","kid":7})", "kid is no text"},
    {R"({"alg":"HS256","alg":"none"})", "stands twice"},
    {R"(["HS256"])", "no JSON object"},
    {"{\"alg\":\"HS256\xff\"}", "no JSON"},
    {R"({"alg":"HS256",})", "no JSON"},
    {"", "no JSON"},
  };
  auto rest = made(claims());
  rest = rest.substr(rest.find('.'));
  for (const auto& x : table) {
    auto why = refusal(to_base64url(x.header) + rest);
    INFO(x.header << '\n' << why);
    CHECK(has(why, x.why));
  }
}

TEST_CASE("what is not exactly one token is refused", "[login]")
{
  auto good = made(claims());
  auto body = good.substr(0, good.rfind('.') + 1);
  std::string twice = R"({"sub":"ann","sub":"root"})";
  struct {
    std::string token;
    const char* why;
  } const table[] = {
    {"", "three parts"},
    {"..", "no JSON"},
    {"a.b", "three parts"},
    {good + ".x", "three parts"},
    {good + "=", "base64url"},
    {good + " ", "base64url"},
    {" " + good, "base64url"},
    {body, "signature"},
    {body + "AAAA", "signature"},
    {sign_hs256(twice, secret), "stands twice"},
    {sign_hs256("[]", secret), "no JSON object"},
    {sign_hs256("7", secret), "no JSON object"},
    {sign_hs256(std::string(17, '[') + std::string(17, ']'), secret), "deeper"},
    {sign_hs256(std::string(9000, ' '), secret), "longer than 8192"},
    {sign_hs256(claims().dump(), std::string(32, 't')), "signature"},
  };
  for (const auto& x : table) {
    INFO(x.token << '\n' << refusal(x.token));
    CHECK(has(refusal(x.token), x.why));
  }
  CHECK(refusal(good).empty());
}

TEST_CASE("no bit of a token can be turned", "[login]")
{
  auto good = made(claims());
  for (size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] = bad[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(refusal(bad).empty());
  }
}

TEST_CASE("a key is looked for by its name, and all without one are tried",
          "[login]")
{
  jwt_key old{"2025", jwt_algorithm::hs256, std::string(32, 'o')};
  jwt_key now_used{"2026", jwt_algorithm::hs256, secret};
  auto how = rules({old, now_used});
  auto signed_as = [&](const char* kid) {
    return sign_jwt(claims().dump(), {kid, jwt_algorithm::hs256, secret});
  };
  CHECK(refusal(signed_as("2026"), how).empty());
  CHECK(refusal(signed_as(""), how).empty());
  CHECK(has(refusal(signed_as("2025"), how), "signature"));
  auto unknown = std::get<login_refusal>(log_in(signed_as("2027"), how, now));
  CHECK(unknown.unknown_key_of == "team");
  // Anybody may send tokens: not all of many keys are tried for one.
  std::vector<jwt_key> many(8, old);
  many.push_back(now_used);
  how = rules(many);
  CHECK(has(refusal(signed_as(""), how), "(kid)"));
  CHECK(refusal(signed_as("2026"), how).empty());
}

TEST_CASE("one issuer's key does not speak for another", "[login]")
{
  auto how = rules();
  how.issuers.push_back(
    {"guests", "https://guests.example.com", *keys_of(std::string(32, 'g'))});
  auto forged = sign_hs256(claims().dump(), std::string(32, 'g'));
  CHECK(has(refusal(forged, how), "signature"));
  auto guest = with("iss", "https://guests.example.com");
  auto out = log_in(sign_hs256(guest.dump(), std::string(32, 'g')), how, now);
  CHECK(std::get<login>(out).who.principal == "guests/ann");
}

TEST_CASE("keys are read from secrets, PEM, JWK and sets", "[login]")
{
  CHECK(keys_of(secret + "\n")->front().bytes == secret);
  auto pair = *key_pair_of(seed);
  CHECK(keys_of(pair.private_pem)->front().bytes == public_keys()[0].bytes);
  auto x = to_base64url(public_keys()[0].bytes);
  json okp{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", x}, {"kid", "k1"}};
  json oct{{"kty", "oct"}, {"k", to_base64url(secret)}};
  json rsa{{"kty", "RSA"}, {"n", "AQAB"}, {"e", "AQAB"}};
  CHECK(keys_of(okp.dump())->front().kid == "k1");
  auto all = json{{"keys", {rsa, okp, oct, 7}}}.dump();
  CHECK(keys_of(all)->size() == 2);
  // What came over a network holds no secrets.
  CHECK(public_keys_of(all)->size() == 1);
  CHECK_FALSE(public_keys_of(oct.dump()));
  auto own = okp;
  own["d"] = to_base64url(seed);
  CHECK(signer_of(own.dump())->bytes == seed);
  CHECK(signer_of(oct.dump())->bytes == secret);
}

TEST_CASE("keys that are of no use are refused without being shown", "[login]")
{
  std::string guess = "hunter2-hunter2";
  CHECK(has(keys_of(guess).error().message, "shorter than 32 bytes"));
  CHECK_FALSE(has(keys_of(guess).error().message, guess));
  for (auto text :
       {"", "{}", "{", R"({"keys":[]})", R"({"kty":"oct","k":"c2hvcnQ"})",
        "-----BEGIN PUBLIC KEY-----\nxxxx\n-----END PUBLIC KEY-----"}) {
    INFO(text);
    CHECK_FALSE(keys_of(text));
    CHECK_FALSE(signer_of(text));
  }
  CHECK_FALSE(keys_of(std::string(300'000, 'x')));
  CHECK_FALSE(key_pair_of("short"));
}
