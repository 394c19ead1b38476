#include <catch2/catch.hpp>

#include "mcp/conversation.hpp"
#include "mcp/head.hpp"
#include "mcp/seal.hpp"

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const json* find(const json& list, const std::string& name) {
  for (const auto& x : list)
    if (x["name"] == name)
      return &x;
  return nullptr;
}

unsigned status_of(const recording_outlet& from) {
  REQUIRE(from.answers().size() == 1);
  return from.answers()[0].status;
}

} // namespace

// -- messages

TEST_CASE("what is no message of the protocol is refused and changes nothing",
          "[mcp]")
{
  conversation with;
  for (const auto* body :
       {"", "{", "[]", R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", "7",
        R"({"id":1,"method":"ping"})", R"({"jsonrpc":"2.0","id":1})",
        R"({"jsonrpc":"2.0","id":null,"method":"ping"})",
        R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})",
        R"({"jsonrpc":"2.0","id":1,"method":"x","result":{}})",
        R"({"jsonrpc":"2.0","result":{}})"}) {
    INFO(body);
    auto got = with.say(body);
    CHECK(status_of(*got) == 400);
    CHECK(error_of(*got)["code"] <= -32600);
  }
  CHECK(with.api->calls().empty());
}

TEST_CASE("JSON that nests too deep is refused", "[mcp]")
{
  conversation with;
  auto deep = std::string(200, '[') + std::string(200, ']');
  auto got = with.say(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":)"
                      R"({"x":)"
                      + deep + "}}");
  CHECK(error_of(*got)["code"] == -32700);
}

// -- 2026-07-28

TEST_CASE("a modern request must say its revision and the client's abilities",
          "[mcp]")
{
  conversation with;
  conversation::headers head{{"mcp-protocol-version", "2026-07-28"},
                             {"mcp-method", "tools/list"}};
  auto got = with.say(
    R"({"jsonrpc":"2.0","id":5,"method":"tools/list","params":{}})", head);
  CHECK(error_of(*got)["code"] == -32602);
  CHECK(status_of(*got) == 400);
  CHECK(got->answers()[0].message["id"] == 5);
}

TEST_CASE("headers that say something else than the body are refused", "[mcp]")
{
  conversation with;
  auto meta = std::string{R"("_meta":{"io.modelcontextprotocol/)"}
              + R"(protocolVersion":"2026-07-28","io.modelcontextprotocol/)"
              + R"(clientCapabilities":{}})";
  auto body = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{)"
              R"("name":"status",)"
              + meta + "}}";
  const conversation::headers good{{"mcp-protocol-version", "2026-07-28"},
                                   {"mcp-method", "tools/call"},
                                   {"mcp-name", "status"}};
  CHECK(result_of(*with.say(body, good)).contains("content"));
  for (size_t i = 0; i < good.size(); ++i) {
    auto other = good;
    other[i].second = "plan";
    INFO(good[i].first);
    auto got = with.say(body, other);
    CHECK(error_of(*got)["code"] == -32020);
    CHECK(status_of(*got) == 400);
    other.erase(other.begin() + static_cast<long>(i));
    CHECK(error_of(*with.say(body, other))["code"] == -32020);
  }
  auto wrapped = good;
  wrapped[2].second = "=?base64?c3RhdHVz?=";
  CHECK(result_of(*with.say(body, wrapped)).contains("content"));
}

TEST_CASE("an unknown revision is answered with those that are spoken", "[mcp]")
{
  conversation with;
  auto got = with.say(
    R"({"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":)"
    R"({"io.modelcontextprotocol/protocolVersion":"v9",)"
    R"("io.modelcontextprotocol/clientCapabilities":{}}}})",
    {{"mcp-protocol-version", "v9"}});
  auto error = error_of(*got);
  CHECK(error["code"] == -32022);
  CHECK(error["data"]["supported"] == json::array({"2026-07-28"}));
  CHECK(error["data"]["requested"] == "v9");
}

TEST_CASE("discovery tells what the server can and who it is", "[mcp]")
{
  conversation with;
  auto found = result_of(*with.modern("server/discover", json::object()));
  CHECK(found["resultType"] == "complete");
  CHECK(found["capabilities"].contains("tools"));
  CHECK(found["capabilities"]["extensions"].contains(mcp::key::tasks));
  CHECK(found["_meta"][mcp::key::server_info]["name"] == "troupe");
  CHECK(found["ttlMs"] >= 0);
}

TEST_CASE("methods of the other era are not found", "[mcp]")
{
  conversation with;
  for (const auto* method : {"ping", "initialize", "logging/setLevel",
                             "resources/subscribe", "tasks/list", "nonsense"}) {
    INFO(method);
    auto got = with.modern(method, json::object());
    CHECK(error_of(*got)["code"] == -32601);
    CHECK(status_of(*got) == 404);
  }
  with.initialize();
  // In a session any other status would be a broken connection.
  auto got = with.legacy("server/nonsense", json::object());
  CHECK(error_of(*got)["code"] == -32601);
  CHECK(status_of(*got) == 200);
}

// -- 2025-11-25

TEST_CASE("a session is made, served and ended", "[mcp]")
{
  conversation with;
  with.session = "unknown";
  CHECK(status_of(*with.legacy("ping", json::object())) == 404);
  with.initialize();
  CHECK(result_of(*with.legacy("ping", json::object())) == json::object());
  auto note =
    with.say(R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
             {{"mcp-session-id", with.session}});
  CHECK(status_of(*note) == 202);
  CHECK(note->answers()[0].message.is_null());
  mcp::incoming leave;
  leave.from.by.principal = "ann";
  leave.headers = {{"mcp-session-id", with.session}};
  CHECK(with.server->leave(leave).status == 204);
  CHECK(with.server->leave(leave).status == 404);
  CHECK(status_of(*with.legacy("ping", json::object())) == 404);
}

TEST_CASE("a session is of who began it", "[mcp]")
{
  mcp::session_book book;
  mcp::session_book::clock::time_point now{};
  REQUIRE(book.open("s", "ann", now));
  CHECK(book.find("s", "ann", now));
  CHECK(!book.find("s", "bob", now));
  CHECK(!book.close("s", "bob"));
  CHECK(book.close("s", "ann"));
}

TEST_CASE("without a session nothing of 2025-11-25 is served", "[mcp]")
{
  conversation with;
  auto got = with.say(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})",
                      {{"mcp-protocol-version", "2025-11-25"}});
  CHECK(status_of(*got) == 400);
  CHECK(error_of(*got)["code"] == -32600);
}

TEST_CASE("sessions have a limit, and silent ones make room", "[mcp]")
{
  mcp::session_book book;
  mcp::session_book::clock::time_point now{};
  auto owner = [](size_t i) { return "owner " + std::to_string(i / 10); };
  for (size_t i = 0; i < mcp::sessions_max; ++i)
    REQUIRE(book.open(std::to_string(i), owner(i), now));
  CHECK(!book.open("one more", "ann", now));
  auto listening = book.find("9", owner(9), now);
  listening->listen(std::make_shared<recording_outlet>());
  now += mcp::session_idle_max;
  REQUIRE(book.find("7", owner(7), now));
  now += std::chrono::seconds{1};
  REQUIRE(book.open("one more", "ann", now));
  CHECK(book.find("7", owner(7), now));
  CHECK(!book.find("8", owner(8), now));
  CHECK(book.find("9", owner(9), now)); // It listens.
}

TEST_CASE("one owner takes no session from others", "[mcp]")
{
  mcp::session_book book;
  mcp::session_book::clock::time_point now{};
  REQUIRE(book.open("his", "bob", now));
  for (size_t i = 0; i < mcp::sessions_per_owner_max; ++i)
    REQUIRE(book.open(std::to_string(i), "ann", now += 1s));
  REQUIRE(book.find("0", "ann", now += 1s));
  REQUIRE(book.open("one more", "ann", now));
  CHECK(book.find("his", "bob", now));
  CHECK(book.find("0", "ann", now));
  CHECK(!book.find("1", "ann", now)); // Not used for longest.
}

// -- tools

TEST_CASE("tools have names, schemas and the same order each time", "[mcp]")
{
  conversation with;
  auto first = result_of(*with.modern("tools/list", json::object()))["tools"];
  auto again = result_of(*with.modern("tools/list", json::object()))["tools"];
  CHECK(first == again);
  for (const auto* name :
       {"plan", "submit", "run", "watch", "approve", "reject", "cancel",
        "retry", "signal", "inspect", "explain"}) {
    INFO(name);
    const auto* tool = find(first, name);
    REQUIRE(tool);
    CHECK((*tool)["inputSchema"]["type"] == "object");
    CHECK(!(*tool)["description"].get<std::string>().empty());
    CHECK((*tool)["annotations"].contains("readOnlyHint"));
  }
  CHECK(!find(first, "test_simple_text"));
}

TEST_CASE("a tool asks the layer behind and hands on what it says", "[mcp]")
{
  conversation with;
  with.api->on("plan", R"({"levels":[["a"]]})");
  auto got = with.call("plan", {{"name", "release"}});
  CHECK(got["structuredContent"]["levels"][0][0] == "a");
  CHECK(json::parse(got["content"][0]["text"].get<std::string>())
        == got["structuredContent"]);
  CHECK(!got.contains("isError"));
  auto asked = with.api->last_call();
  CHECK(asked.op == "plan");
  CHECK(asked.params.view() == R"({"name":"release"})");
  CHECK(asked.by.principal == "ann");
  CHECK(asked.by.door == "mcp");
}

TEST_CASE("what the layer refuses is a result that a model can read", "[mcp]")
{
  conversation with;
  core::api_answer no;
  no.error = {errc::invalid, category::validation, "1 problem"};
  no.problems = {{"/timout", 4, 5, "unknown field `timout`", "say `timeout`"}};
  with.api->fail("plan", no);
  auto got = with.call("plan", {{"workflow", "x"}});
  CHECK(got["isError"] == true);
  CHECK(got["structuredContent"]["problems"][0]["pointer"] == "/timout");
  auto text = got["content"][0]["text"].get<std::string>();
  CHECK(text.find("say `timeout`") != text.npos);
}

TEST_CASE("a key goes beside the params, never among them", "[mcp]")
{
  conversation with;
  with.call("submit", {{"name", "a"}, {"idempotency_key", "k"}});
  CHECK(with.api->last_call().idempotency_key == "k");
  CHECK(with.api->last_call().params.view() == R"({"name":"a"})");
}

TEST_CASE("calls that cannot be meant are refused before anything is done",
          "[mcp]")
{
  conversation with;
  CHECK(error_of(*with.modern("tools/call", {{"name", "nonsense"}}))["code"]
        == -32602);
  CHECK(error_of(*with.modern("tools/call",
                              {{"name", "plan"}, {"arguments", "x"}}))["code"]
        == -32602);
  auto got = with.call("pause", json::object());
  CHECK(got["isError"] == true);
  CHECK(got["content"][0]["text"].get<std::string>().find("`run`")
        != std::string::npos);
  CHECK(with.api->calls().empty());
}

TEST_CASE("inspect looks at a run or at a task", "[mcp]")
{
  conversation with;
  with.call("inspect", {{"run", run}});
  CHECK(with.api->last_call().op == "run");
  with.call("inspect", {{"task", run}});
  CHECK(with.api->last_call().op == "task");
}

// -- resources, prompts, completion

TEST_CASE("runs can be listed and read", "[mcp]")
{
  conversation with;
  with.api->on("runs", R"({"runs":[{"run":")" + run
                         + R"(","name":"release","state":"running"}],)"
                           R"("next":"x"})");
  auto list = result_of(*with.modern("resources/list", json::object()));
  CHECK(list["nextCursor"] == "x");
  CHECK(find(list["resources"], "run-" + run));
  auto more = result_of(*with.modern("resources/list", {{"cursor", "x"}}));
  CHECK(more["resources"].size() == 1);
  with.api->on("history", R"({"facts":[]})");
  auto uri = "troupe://runs/" + run + "/history";
  auto read = result_of(*with.modern("resources/read", {{"uri", uri}}));
  CHECK(read["contents"][0]["text"] == R"({"facts":[]})");
  CHECK(read["contents"][0]["uri"] == uri);
  CHECK(with.api->last_call().params.view() == R"({"run":")" + run + "\"}");
}

TEST_CASE("a resource that is not there is told with its address", "[mcp]")
{
  conversation with;
  core::api_answer no;
  no.error = {errc::not_found, category::unknown, "no run"};
  with.api->fail("run", no);
  for (const std::string uri : {"troupe://nonsense", "troupe://runs/",
                                "troupe://runs/a/b", "x", "troupe://runs/a"}) {
    INFO(uri);
    auto error = error_of(*with.modern("resources/read", {{"uri", uri}}));
    CHECK(error["code"] == -32602);
    CHECK(error["data"]["uri"] == uri);
  }
}

TEST_CASE("templates of addresses are taken apart", "[mcp]")
{
  using parts = std::vector<std::string>;
  CHECK(mcp::parts_of("a://{x}/b", "a://1/b") == parts{"1"});
  CHECK(mcp::parts_of("a://{x}", "a://1") == parts{"1"});
  CHECK(!mcp::parts_of("a://{x}", "a://1/b"));
  CHECK(!mcp::parts_of("a://{x}/b", "a:///b"));
  CHECK(!mcp::parts_of("a://{x}/b", "a://1/bc"));
  CHECK(mcp::parts_of("a", "a") == parts{});
}

TEST_CASE("prompts need what they say they need", "[mcp]")
{
  conversation with;
  auto list = result_of(*with.modern("prompts/list", json::object()));
  CHECK(find(list["prompts"], "mend_run"));
  CHECK(error_of(*with.modern("prompts/get", {{"name", "mend_run"}}))["code"]
        == -32602);
  auto got = result_of(*with.modern(
    "prompts/get", {{"name", "mend_run"}, {"arguments", {{"run", "R-1"}}}}));
  auto text = got["messages"][0]["content"]["text"].get<std::string>();
  CHECK(text.find("R-1") != text.npos);
}

TEST_CASE("ids of runs are completed", "[mcp]")
{
  conversation with;
  with.api->on("runs", R"({"runs":[{"run":"01aa"},{"run":"01ab"},)"
                       R"({"run":"02"}]})");
  json params{{"ref", {{"type", "ref/prompt"}, {"name", "mend_run"}}},
              {"argument", {{"name", "run"}, {"value", "01"}}}};
  auto found = result_of(*with.modern("completion/complete", params));
  CHECK(found["completion"]["values"] == json::array({"01aa", "01ab"}));
}

// -- what clients keep for us

TEST_CASE("a seal holds for its text and its purpose only", "[mcp]")
{
  auto sealed = mcp::seal("secret", "for a", "text");
  CHECK(mcp::unseal("secret", "for a", sealed) == "text");
  CHECK(!mcp::unseal("secret", "for b", sealed));
  CHECK(!mcp::unseal("other", "for a", sealed));
  CHECK(!mcp::unseal("secret", "for a", sealed + "A"));
  CHECK(
    !mcp::unseal("secret", "for a", mcp::seal("secret", "for a", "") + sealed));
  CHECK(!mcp::unseal("secret", "for a", ""));
}

TEST_CASE("base64 is read strictly", "[mcp]")
{
  CHECK(mcp::from_base64("") == "");
  CHECK(mcp::from_base64("YQ==") == "a");
  CHECK(mcp::from_base64("YWI=") == "ab");
  CHECK(mcp::from_base64("YWJj") == "abc");
  for (const auto* bad : {"Y", "YQ", "YQ=", "Y===", "====", " YWI",
                          "YW\n=", "Y!==", "YQ==YQ=="}) {
    INFO(bad);
    CHECK(!mcp::from_base64(bad));
  }
}
