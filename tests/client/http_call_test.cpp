#include <catch2/catch.hpp>

#include "client/event_text.hpp"
#include "client/http_call.hpp"
#include "client/node_address.hpp"
#include "gateway/routes.hpp"

using namespace troupe;
using namespace troupe::remote;

namespace {

http_call made(const std::string& op, const std::string& params) {
  auto out = to_http({op, "default", {}, core::text{params}, {}});
  INFO(op << params);
  REQUIRE(out);
  return *out;
}

using event_list = std::vector<std::pair<std::string, std::string>>;

event_list read_in_pieces(const std::string& text, size_t size) {
  event_list out;
  event_reader reader;
  for (size_t i = 0; i < text.size(); i += size)
    reader.feed(std::string_view{text}.substr(i, size),
                [&](const auto& id, const auto& data) {
                  out.emplace_back(id, data);
                  return true;
                });
  return out;
}

} // namespace

TEST_CASE("an operation becomes the request of its route", "[client]")
{
  CHECK(made("runs", R"({"limit":5,"state":"failed"})").target
        == "/api/v1/runs?limit=5&state=failed");
  CHECK(made("tasks", R"({"run":"r","limit":1})").target
        == "/api/v1/runs/r/tasks?limit=1");
  CHECK(made("tasks", R"({"agent":"a b"})").target
        == "/api/v1/tasks?agent=a%20b");
  auto cancel = made("cancel", R"({"task":"t","reason":"x"})");
  CHECK(cancel.method == "POST");
  CHECK(cancel.target == "/api/v1/tasks/t/cancel");
  CHECK(cancel.body == R"({"reason":"x"})");
  auto submit = made("submit", R"({"name":"w","wait":true})");
  CHECK(submit.waits);
  CHECK(submit.body == R"({"name":"w"})");
  CHECK(!to_http({"nonsense", "default", {}, core::text{"{}"}, {}}));
  CHECK(!to_http({"run", "default", {}, core::text{"{}"}, {}}));
}

TEST_CASE("whatever a door offers can be asked for by its operation",
          "[client]")
{
  for (const auto& route : gateway::routes()) {
    auto own = route.pattern.starts_with("/api/v1/") && !route.op.empty();
    std::string params;
    for (auto rest = route.pattern; rest.find('{') != rest.npos;) {
      rest.remove_prefix(rest.find('{') + 1);
      params += params.empty() ? "\"" : ",\"";
      params += rest.substr(0, rest.find('}'));
      params += "\":\"x\"";
    }
    INFO("a line in src/client/http_call.cpp is missing for "
         << route.op << " with {" << params << '}');
    if (own)
      CHECK(to_http({std::string{route.op},
                     "default",
                     {},
                     core::text{"{" + params + "}"},
                     {}}));
  }
  CHECK(made("diff", R"({"name":"n","from":1})").target
        == "/api/v1/workflows/n/diff?from=1");
  CHECK(made("plan", R"({"run":"r"})").target == "/api/v1/runs/r/plan");
  CHECK(made("plan", R"({"name":"n"})").method == "POST");
}

TEST_CASE("problem details become the failure they came from", "[client]")
{
  auto got = to_answer(422,
                       R"({"code":"invalid","detail":"bad","problems":[
    {"pointer":"/a","what":"w","hint":"h","line":2,"column":3}]})",
                       "7");
  CHECK(got.error.code == errc::invalid);
  CHECK(got.error.message == "bad");
  CHECK(got.problems == core::problems{{"/a", 2, 3, "w", "h"}});
  CHECK(got.retry_after == std::chrono::seconds{7});
  CHECK(to_answer(403, R"({"code":"denied"})", "").error.code
        == errc::rejected);
  CHECK(to_answer(502, "<html>", "x").error.code == errc::internal);
  CHECK(to_answer(500, R"({"code":7})", "").error.code == errc::internal);
  CHECK(!to_answer(201, "{}", "").error);
}

TEST_CASE("event streams read the same in pieces of any size", "[client]")
{
  const std::string text = ": hello\n\nid: 1\ndata: {\"a\":1}\n\n"
                           "data: x\r\ndata: y\r\n\r\nid: 3\n\ndata\n\n";
  const event_list expected{{"1", "{\"a\":1}"}, {"1", "x\ny"}, {"3", ""}};
  for (size_t size : {1, 2, 3, 7, 1000})
    CHECK(read_in_pieces(text, size) == expected);
}

TEST_CASE("addresses of nodes are read, and bad ones refused", "[client]")
{
  CHECK(*parse_node_address("http://127.0.0.1:9000/")
        == node_address{{}, "127.0.0.1", 9000});
  CHECK(*parse_node_address("localhost")
        == node_address{{}, "localhost", 8765});
  CHECK(*parse_node_address("[::1]:1") == node_address{{}, "[::1]", 1});
  CHECK(*parse_node_address("unix:/a b") == node_address{"/a b", {}, 0});
  for (auto bad : {"", "unix:", "http://", "a:", "a:0", "a:65536", "a:1x",
                   "http://a/b", ":80"}) {
    INFO(bad);
    CHECK(!parse_node_address(bad));
  }
  auto longest = "unix:" + std::string(unix_path_bytes_max, 'x');
  CHECK(parse_node_address(longest));
  auto wrong = parse_node_address(longest + "x");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("at most 107 bytes, not 108")
        != std::string::npos);
}

TEST_CASE("an event that has no end is too long", "[client]")
{
  event_reader reader;
  auto take = [](const auto&, const auto&) { return true; };
  std::string line = "data: ";
  line.append(event_reader::event_bytes_max / 2, 'x');
  CHECK(reader.feed(line + "\n", take));
  CHECK_FALSE(reader.too_long());
  CHECK_FALSE(reader.feed(line + "xxxxxxx\n", take));
  CHECK(reader.too_long());
}
