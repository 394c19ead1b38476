#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/circuit_breaker.hpp"
#include "core/hmac.hpp"
#include "core/http_contract.hpp"
#include "core/jwt.hpp"
#include "core/sha256.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

constexpr instant t0{784'111'777s}; // Sun, 06 Nov 1994 08:49:37 GMT.
const url home{true, "agent.example", 443, "/api"};

http_verdict started(unsigned status, std::string_view body = {},
                     std::string retry_after = {}, std::string location = {},
                     http_rules how = {}) {
  return judge_start(
    {status, std::move(retry_after), std::move(location), body}, home, how, t0);
}

http_verdict polled(unsigned status, std::string retry_after = {}) {
  return judge_poll({status, std::move(retry_after), {}, "{}"}, home, {}, t0);
}

} // namespace

TEST_CASE("a breaker opens after failures in a row, and lets one try",
          "[breaker]")
{
  circuit_breaker x{{3, 10s, 30s}};
  for (int i = 0; i < 2; ++i)
    x.failed(t0);
  x.succeeded(); // In a row, or they do not count.
  for (int i = 0; i < 2; ++i)
    x.failed(t0);
  CHECK(x.allow(t0));
  x.failed(t0);
  CHECK(x.state(t0) == breaker_state::open);
  CHECK_FALSE(x.allow(t0 + 9s));
  CHECK(x.state(t0 + 10s) == breaker_state::half_open);
  CHECK(x.allow(t0 + 10s));
  CHECK_FALSE(x.allow(t0 + 10s)); // One at a time.
  x.undecided();
  CHECK(x.allow(t0 + 10s));
  x.succeeded();
  CHECK(x.state(t0) == breaker_state::closed);
}

TEST_CASE("a breaker that opens again stays open for longer, up to a limit",
          "[breaker]")
{
  circuit_breaker x{{1, 10s, 30s}};
  x.failed(t0);
  CHECK(x.until() == t0 + 10s);
  x.failed(t0 + 5s); // Of a call that was out already.
  CHECK(x.until() == t0 + 10s);
  REQUIRE(x.allow(t0 + 10s));
  x.failed(t0 + 10s);
  CHECK(x.until() == t0 + 30s);
  REQUIRE(x.allow(t0 + 30s));
  x.failed(t0 + 30s);
  CHECK(x.until() == t0 + 60s);
  REQUIRE(x.allow(t0 + 60s));
  x.succeeded();
  x.failed(t0 + 60s);
  CHECK(x.until() == t0 + 70s);
}

TEST_CASE("a breaker without a limit never opens", "[breaker]")
{
  circuit_breaker x{{0, 10s, 30s}};
  for (int i = 0; i < 100; ++i)
    x.failed(t0);
  CHECK(x.allow(t0));
}

TEST_CASE("an answer of 200 is the output of the task", "[http]")
{
  CHECK(started(200, R"({"a": [1, 2]})").result.output == R"({"a":[1,2]})");
  CHECK(started(204).result.output == "null");
  CHECK(started(200, " \n").result.output == "null");
  auto bad = started(200, "<html>").result;
  CHECK(bad.error.code == errc::invalid_result);
  CHECK(bad.error.kind == category::invalid_result);
}

TEST_CASE("an envelope brings tasks, and nothing by accident", "[http]")
{
  http_rules how;
  how.envelope = true;
  auto got =
    started(200, R"({"output":1,"tasks":[{"type":"a"}]})", {}, {}, how);
  CHECK(got.result.output == "1");
  CHECK(got.result.more == R"([{"type":"a"}])");
  for (auto body : {"", "[]", "1", R"({"output":1,"x":2})", R"({"tasks":1})"})
    CHECK(started(200, body, {}, {}, how).result.error.code
          == errc::invalid_result);
}

TEST_CASE("what may be mended by a retry is told from what may not", "[http]")
{
  auto kind = [](unsigned status) { return started(status).result.error.kind; };
  for (auto status : {500u, 502u, 503u, 504u, 599u}) {
    CHECK(kind(status) == category::network);
    CHECK(started(status).health == http_health::ill);
  }
  CHECK(kind(408) == category::timeout);
  for (auto status : {400u, 404u, 405u, 413u, 415u, 422u, 501u, 301u, 307u}) {
    CHECK(kind(status) == category::validation);
    CHECK(started(status).health == http_health::well);
  }
  CHECK(kind(401) == category::security);
  CHECK(kind(403) == category::security);
  CHECK(kind(409) == category::business);
  CHECK_FALSE(retryable(kind(422)));
  CHECK(retryable(kind(500)));
  auto told = started(422, R"({"error":{"message":"no such topic"}})");
  CHECK(told.result.error.message == "the agent answered 422: no such topic");
  CHECK(started(422, R"({"detail":"x"})").result.error.message
        == "the agent answered 422: x");
}

TEST_CASE("who is busy is asked later, and no retry is used up", "[http]")
{
  auto busy = started(429, {}, "7");
  CHECK(busy.result.what == verdict::snooze);
  CHECK(busy.result.delay == 7s);
  CHECK(busy.health == http_health::busy);
  CHECK(started(429).result.delay == 5s);
  CHECK(started(503, {}, "2").result.delay == 2s);
  CHECK(started(429, {}, "999999999").result.delay == 24h);
  CHECK(started(429, {}, "0").result.delay == 100ms);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", t0) == 30s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", t0) == 0s);
  for (auto text : {"", "-1", "1.5", "soon", "Sun, 06 Foo 1994 08:49:37 GMT",
                    "Sun, 99 Nov 1994 99:99:99 GMT"})
    CHECK_FALSE(parse_retry_after(text, t0));
}

TEST_CASE("long work is asked for where it is, or calls back", "[http]")
{
  auto work = started(202, R"({"progress":0.25,"note":"reads"})", "3", "/w/1");
  CHECK(work.what == http_next::poll);
  CHECK(to_string(work.at) == "https://agent.example/w/1");
  CHECK(work.wait == 3s);
  CHECK(work.progress == 0.25);
  CHECK(work.note == "reads");
  CHECK(started(202, "", "", "/w").wait == 2s);
  CHECK(started(202).result.error.kind == category::validation);
  http_rules called;
  called.callbacks = true;
  CHECK(started(202, {}, {}, {}, called).what == http_next::hear);
  // A token is not shown to others.
  for (auto where : {"https://evil.example/w", "http://agent.example/w",
                     "https://agent.example:444/w"}) {
    auto no = started(202, "", "", where);
    CHECK(no.what == http_next::end);
    CHECK(no.result.error.kind == category::security);
  }
}

TEST_CASE("while it is asked for, an answer may be late or lost", "[http]")
{
  CHECK(polled(202, "9").what == http_next::poll);
  CHECK(polled(202, "9").wait == 9s);
  CHECK(polled(202).at == home);
  CHECK(polled(429, "4").wait == 4s);
  CHECK(polled(429, "4").what == http_next::poll);
  CHECK(polled(200).result.output == "{}");
  CHECK(polled(404).result.error.kind == category::agent_crash);
  CHECK(polled(500).health == http_health::ill);
}

TEST_CASE("a callback is an output, tasks, or an error", "[http]")
{
  CHECK(judge_callback(R"({"output":{"a":1}})")->output == R"({"a":1})");
  CHECK(judge_callback("{}")->output == "null");
  auto failed = judge_callback(R"({"error":{"message":"no","category":)"
                               R"("business","retry_after_ms":1500}})");
  REQUIRE(failed);
  CHECK(failed->error.message == "no");
  CHECK(failed->error.kind == category::business);
  CHECK(failed->delay == 1500ms);
  for (auto body : {"", "1", "[]", R"({"error":1})", R"({"error":{}})",
                    R"({"result":1})", R"({"tasks":{}})"})
    CHECK_FALSE(judge_callback(body));
}

TEST_CASE("a task is posted with its input as it is", "[http]")
{
  task t;
  t.id = "id";
  t.name = "write";
  t.input = R"({"topic":"tea", "n": 1.50})";
  auto body = nlohmann::json::parse(http_task_body(t, "https://here/x"));
  CHECK(body["task_id"] == "id");
  CHECK(body["description"] == "write");
  CHECK(body["input"]["n"] == 1.5);
  CHECK(body["callback_url"] == "https://here/x");
  t.input = R"({"description":"Write about tea"})";
  body = nlohmann::json::parse(http_task_body(t, ""));
  CHECK(body["description"] == "Write about tea");
  CHECK(body["input"]["description"] == "Write about tea");
  CHECK_FALSE(body.contains("callback_url"));
}

TEST_CASE("a task of the queue is posted with its own input", "[http]")
{
  task t;
  t.input = R"({"description":"Write copy","input":{"strategy_id":"s"}})";
  auto body = nlohmann::json::parse(http_task_body(t, ""));
  CHECK(body["description"] == "Write copy");
  CHECK(body["input"] == nlohmann::json{{"strategy_id", "s"}});
  t.input = R"({"description":"Write copy","input":{"a":1},"tone":"dry"})";
  body = nlohmann::json::parse(http_task_body(t, ""));
  CHECK(body["input"]["input"]["a"] == 1);
}

TEST_CASE("a token says for whom, for what and until when", "[http]")
{
  task t;
  t.id = "task-1";
  t.run = "run-1";
  t.workspace = "blue";
  t.attempt = 3;
  auto claims = nlohmann::json::parse(http_claims(t, "writer", t0, 90s));
  CHECK(claims["aud"] == "writer");
  CHECK(claims["task"] == "task-1");
  CHECK(claims["attempt"] == 3);
  CHECK(claims["workspace"] == "blue");
  CHECK(claims["exp"].get<int64_t>() - claims["iat"].get<int64_t>() == 90);
}

TEST_CASE("a known text has its known signature", "[http]")
{
  // RFC 4231, case 2, and the token of jwt.io.
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?"))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(sign_hs256(R"({"sub":"1234567890","name":"John Doe","iat":1516239022})",
                   "your-256-bit-secret")
        == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
           "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2Mj"
           "M5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c");
}
