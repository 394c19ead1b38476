#include <catch2/catch.hpp>

#include <future>

#include "core/jwt_keys.hpp"
#include "core/login.hpp"
#include "gateway/raw_client.hpp"
#include "runtime/login_source.hpp"

using namespace troupe;
using namespace troupe::runtime;

namespace {

std::string set_with(const std::string& kid) {
  return R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":")" + kid
         + R"(","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";
}

auth_config elsewhere(const std::string& url) {
  auth_config out;
  out.issuers.push_back({"team", "https://id.example.com", {}, url});
  return out;
}

} // namespace

TEST_CASE(
  "keys of an issuer elsewhere are fetched when one is missing, and not "
  "again so soon",
  "[runtime]")
{
  std::promise<gateway::login_rules_ptr> told;
  std::atomic<int> asked{0};
  login_source source{[&](auto rules) { told.set_value(rules); },
                      [](const std::string& why) { FAIL_CHECK(why); },
                      [&](const std::string& url) {
                        CHECK(url == "https://id.example.com/keys");
                        ++asked;
                        return core::result<std::string>{set_with("2026")};
                      }};
  auto rules = source.read(elsewhere("https://id.example.com/keys"));
  REQUIRE(rules);
  CHECK((*rules)->issuers.at(0).keys.empty());
  CHECK_FALSE(source.want("others"));
  CHECK(source.want("team"));
  auto now = told.get_future().get();
  CHECK(now->issuers.at(0).keys.at(0).kid == "2026");
  CHECK_FALSE(source.want("team"));
  CHECK(asked == 1);
  // A reload keeps what was fetched from where it still points to.
  rules = source.read(elsewhere("https://id.example.com/keys"));
  CHECK((*rules)->issuers.at(0).keys.size() == 1);
  rules = source.read(elsewhere("https://id.example.com/others"));
  CHECK((*rules)->issuers.at(0).keys.empty());
}

TEST_CASE("keys of an issuer that cannot be had are warned of", "[runtime]")
{
  std::promise<std::string> warned;
  login_source source{
    [](auto) { FAIL_CHECK("nothing has changed"); },
    [&](const std::string& why) { warned.set_value(why); },
    [](const std::string&) -> core::result<std::string> {
      return failure{errc::agent_failed, category::network, "it answers 500"};
    }};
  REQUIRE(source.read(elsewhere("https://id.example.com/keys")));
  CHECK(source.want("team"));
  CHECK(warned.get_future().get()
        == "issuer `team`: it answers 500; tokens with keys that are not known "
           "are refused until then");
}

TEST_CASE("what an issuer sends instead of public keys is not taken",
          "[runtime]")
{
  for (const auto* text :
       {"", "<html>", "{}", R"({"keys":[{"kty":"oct","k":"AAAA"}]})"}) {
    INFO(text);
    CHECK_FALSE(core::public_keys_of(text));
  }
}

TEST_CASE("keys come over HTTP from this machine, and errors are told",
          "[runtime]")
{
  test::served at; // Any server will do; what it says are no keys.
  auto url = "http://127.0.0.1:" + std::to_string(at.server->port());
  auto got = fetch_text(url + "/healthz");
  REQUIRE(got);
  CHECK(*got == R"({"status":"ok"})");
  CHECK(fetch_text(url + "/none").error().message.find("answers 404")
        != std::string::npos);
  // TLS is spoken where it is asked for.
  CHECK_FALSE(fetch_text(
    "https://127.0.0.1:" + std::to_string(at.server->port()) + "/healthz"));
  CHECK_FALSE(fetch_text("http://192.0.2.1/keys")); // Beyond this machine.
  at.api->on("status", R"({"x":")" + std::string(300'000, 'y') + R"("})");
  auto large = fetch_text(url + "/api/v1/status");
  INFO((large ? large->substr(0, 100) : large.error().message));
  CHECK_FALSE(large); // Too much.
}
