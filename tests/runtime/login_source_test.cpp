#include <catch2/catch.hpp>

#include <future>

#include "core/jwt_keys.hpp"
#include "core/login.hpp"
#include "gateway/raw_client.hpp"
#include "outbound/odd_server.hpp"
#include "runtime/directory.hpp"
#include "runtime/key_fetcher.hpp"
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
           "are refused, and the next of them has it asked again, after 30 s");
}

TEST_CASE("what is proposed holds only when it is used, and is published then",
          "[runtime]")
{
  std::vector<gateway::login_rules_ptr> told;
  login_source source{[&](auto rules) { told.push_back(rules); },
                      [](const std::string&) {},
                      [](const std::string&) { return set_with("1"); }};
  REQUIRE(source.read(elsewhere("https://id.example.com/keys")));
  auto proposed = source.propose({});
  REQUIRE(proposed);
  CHECK_FALSE(proposed->rules);
  CHECK(told.empty());
  proposed = source.propose(elsewhere("https://id.example.com/others"));
  REQUIRE(proposed);
  source.use(*proposed);
  REQUIRE(told.size() == 1);
  CHECK(told[0]->issuers.at(0).name == "team");
  source.use(*source.propose({}));
  CHECK_FALSE(told.back());
  CHECK_FALSE(source.want("team"));
}

TEST_CASE("an issuer that does not answer keeps nobody from the end",
          "[runtime]")
{
  std::promise<void> asked, ended;
  {
    login_source source{
      [](auto) { FAIL_CHECK("nothing has changed"); },
      [](const std::string& why) { FAIL_CHECK(why); },
      [&](const std::string&) -> core::result<std::string> {
        asked.set_value();
        ended.get_future().wait();
        return failure{errc::stopping, category::unknown, "the node stops"};
      },
      [&] { ended.set_value(); }};
    REQUIRE(source.read(elsewhere("https://id.example.com/keys")));
    CHECK(source.want("team"));
    asked.get_future().wait();
  }
}

TEST_CASE("keys come from whom the node's authorities have signed, and a fetch "
          "can be ended",
          "[runtime]")
{
  test::directory where;
  test::certificate own{where / ".", "127.0.0.1"};
  test::odd_server server{test::always(200, set_with("1")), &own};
  auto url = server.address() + "/keys";
  outbound::client_options trusting;
  trusting.ca_file = own.file;
  CHECK(key_fetcher{trusting}.fetch(url));
  auto refused = key_fetcher{}.fetch(url);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("outbound.ca_file") != std::string::npos);
  test::odd_server silent{
    [](const auto&, test::odd_peer& to) { to.wait_for_end(); }};
  key_fetcher stopped;
  auto fetched = std::async(std::launch::async, [&] {
    return stopped.fetch(silent.address() + "/keys");
  });
  silent.wait_for(1);
  stopped.stop();
  CHECK(fetched.get().error().message.find("the node stops")
        != std::string::npos);
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
  key_fetcher fetcher;
  auto fetch_text = [&](const std::string& x) { return fetcher.fetch(x); };
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
