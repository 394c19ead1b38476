#include <catch2/catch.hpp>

#include <filesystem>
#include <future>

#include <sys/stat.h>

#include "cli/console.hpp"
#include "client/http_api.hpp"
#include "core/jwt_keys.hpp"
#include "core/login.hpp"
#include "gateway/tls_client.hpp"
#include "runtime/directory.hpp"

using namespace troupe;
using namespace troupe::cli;
using namespace troupe::test;

namespace {

core::instant utc_now() {
  return std::chrono::time_point_cast<core::duration>(
    std::chrono::system_clock::now());
}

std::string held_by(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

unsigned mode_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777u : 0;
}

/// What a node that knows the key makes of a token.
std::variant<core::login, core::login_refusal>
log_in(const std::string& token, const std::string& key_text) {
  core::login_rules rules;
  rules.issuers.push_back({"team", "troupe", *core::keys_of(key_text)});
  return core::log_in(token, rules, utc_now());
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

core::api_answer ask(core::api& api) {
  std::promise<core::api_answer> answer;
  api.call({"status", "default", {}, {}, {}},
           [&](core::api_answer got) { answer.set_value(std::move(got)); });
  return answer.get_future().get();
}

} // namespace

TEST_CASE("keys are made for their owner only, and never over a file",
          "[cli][token]")
{
  directory dir;
  console at;
  for (std::string kind : {"hs256", "eddsa"}) {
    auto out = dir / (kind + ".key");
    REQUIRE(at.run({"token", "key", "--kind", kind, "--out", out}) == exit_ok);
    CHECK(at.out.str().empty());
    CHECK(mode_of(out) == 0600);
    CHECK(core::signer_of(held_by(out)));
    auto before = held_by(out);
    CHECK(at.run({"token", "key", "--kind", kind, "--out", out})
          == exit_conflict);
    CHECK(held_by(out) == before);
    // No two are alike.
    CHECK(at.run({"token", "key", "--kind", kind}) == exit_ok);
    CHECK(at.out.str() != before);
  }
  CHECK(core::keys_of(held_by(dir / "eddsa.key.pub")));
  CHECK_FALSE(core::signer_of(held_by(dir / "eddsa.key.pub")));
}

TEST_CASE("a token that was made is one that a node takes", "[cli][token]")
{
  directory dir;
  console at;
  for (std::string kind : {"hs256", "eddsa"}) {
    auto key = dir / kind;
    REQUIRE(at.run({"token", "key", "--kind", kind, "--out", key}) == exit_ok);
    REQUIRE(at.run({"token", "make", "--key", key, "--name", "ann", "--role",
                    "prod=operator", "--role", "prod=approver", "--role",
                    "dev=viewer", "--expires", "30m"})
            == exit_ok);
    auto token = first_line(at.out.str());
    auto seen = log_in(token, held_by(kind == "eddsa" ? key + ".pub" : key));
    REQUIRE(std::holds_alternative<core::login>(seen));
    const auto& x = std::get<core::login>(seen);
    CHECK(x.who.principal == "team/ann");
    CHECK(x.who.is(core::role::approver, "prod"));
    CHECK(x.who.is(core::role::operator_, "prod"));
    CHECK_FALSE(x.who.is(core::role::operator_, "dev"));
    CHECK(x.expires < utc_now() + std::chrono::minutes{31});
    CHECK(at.run({"token", "show", "--key", key, token}) == exit_ok);
    CHECK(at.said("signature    good"));
    CHECK(at.said("who          \"ann\""));
    auto other = dir / (kind + "-other");
    REQUIRE(at.run({"token", "key", "--kind", kind, "--out", other})
            == exit_ok);
    CHECK(at.run({"token", "show", "--key", other, token}) == exit_denied);
    CHECK(at.run({"token", "show", "--json", token}) == exit_ok);
    CHECK(nlohmann::json::parse(at.out.str())["claims"]["sub"] == "ann");
  }
}

TEST_CASE("a token that opens nothing, or for whom nobody knows, is not made",
          "[cli][token]")
{
  directory dir;
  file weak{"hunter2"};
  console at;
  auto key = dir / "key";
  REQUIRE(at.run({"token", "key", "--out", key}) == exit_ok);
  using words = std::vector<std::string>;
  for (const auto& more :
       {words{"--name", "ann"}, words{"--role", "a=viewer"},
        words{"--name", "ann", "--role", "viewer"},
        words{"--name", "ann", "--role", "=viewer"},
        words{"--name", "ann", "--role", "a=root"},
        words{"--name", "ann", "--role", "a=admin", "--expires", "soon"},
        words{"--name", "ann", "--role", "a=admin", "--key", weak.path}}) {
    words all{"token", "make"};
    if (std::find(more.begin(), more.end(), "--key") == more.end())
      all.insert(all.end(), {"--key", key});
    all.insert(all.end(), more.begin(), more.end());
    CHECK(at.run(all) == exit_usage);
    CHECK(at.out.str().empty());
    CHECK(at.complained("hint:"));
    CHECK_FALSE(at.complained("hunter2"));
  }
  CHECK(at.run({"token", "make"}) == exit_usage);
  CHECK(at.run({"token", "burn"}) == exit_usage);
  CHECK(at.run({"token", "show", "a.b.c"}) == exit_usage);
}

TEST_CASE("the token goes with each question, but not where all could read it",
          "[cli][token]")
{
  console at;
  at.environment["TROUPE_TOKEN"] = "a.b.c\n";
  at.run({"status", "--node", "127.0.0.1:1"});
  CHECK(at.login.token == "a.b.c");
  file token{"d.e.f\n", ".token"};
  at.run({"status", "--node", "https://troupe.example.com", "--token-file",
          token.path, "--ca-file", "own.pem"});
  CHECK(at.login.token == "d.e.f");
  CHECK(at.login.ca_file == "own.pem");
  CHECK(at.tried.back() == "https://troupe.example.com:8765");
  auto tried = at.tried.size();
  CHECK(at.run({"status", "--node", "http://troupe.example.com"})
        == exit_usage);
  CHECK(at.complained("for all to read"));
  CHECK_FALSE(at.complained("a.b.c"));
  CHECK(at.tried.size() == tried);
  at.run({"status", "--node", "unix:/tmp/none"});
  CHECK(at.login.token.empty());
  at.environment["TROUPE_TOKEN"] = "a b\r\nX: y";
  CHECK(at.run({"status", "--node", "127.0.0.1:1"}) == exit_usage);
}

TEST_CASE("a node is asked with TLS, and only the one that is trusted",
          "[cli][token]")
{
  test_certificate own;
  test_certificate other;
  gateway::gateway_options opts;
  opts.tls = own.files();
  served at{opts};
  node_address where{{}, "localhost", at.server->port(), true};
  remote::http_api trusts{where, node_login{{}, own.files().certificate}};
  CHECK(trusts.reachable());
  for (int i = 0; i < 3; ++i)
    CHECK(!ask(trusts).error);
  remote::http_api wary{where, node_login{"a.b.c", other.files().certificate}};
  auto got = ask(wary);
  CHECK(got.error.code == errc::rejected);
  CHECK(got.error.message.find("--ca-file") != std::string::npos);
  CHECK(at.api->calls().size() == 3);
  CHECK(remote::http_api(where, node_login{{}, "/nowhere.pem"}).problem());
}

TEST_CASE("a node that wants a token gets it, and its refusal is denied (4)",
          "[cli][token]")
{
  gateway::gateway_options opts;
  auto rules = std::make_shared<core::login_rules>();
  const std::string secret(32, 's');
  rules->issuers.push_back({"team", "troupe", *core::keys_of(secret)});
  opts.login = rules;
  served at{opts};
  node_address where{{}, "localhost", at.server->port()};
  auto end = core::to_us(utc_now()) / 1'000'000 + 60;
  nlohmann::json claims{{"iss", "troupe"},
                        {"aud", "troupe"},
                        {"sub", "ann"},
                        {"exp", end},
                        {"workspaces", {{"default", "viewer"}}}};
  remote::http_api ann{where,
                       node_login{core::sign_hs256(claims.dump(), secret), {}}};
  CHECK(!ask(ann).error);
  CHECK(at.api->last_call().by.principal == "team/ann");
  remote::http_api nobody{where};
  auto got = ask(nobody);
  CHECK(exit_code_of(got.error) == exit_denied);
  CHECK(got.error.message.find("TROUPE_TOKEN") != std::string::npos);
}
