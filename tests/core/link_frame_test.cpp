#include "core/link_frame.hpp"

#include <catch2/catch.hpp>

using namespace troupe::core;
using kind = link_frame::kind;

namespace {

link_frame good(std::string_view line) {
  link_frame frame;
  link_fault fault;
  INFO(line);
  REQUIRE(read_frame(line, frame, fault));
  return frame;
}

link_fault bad(std::string_view line) {
  link_frame frame;
  link_fault fault;
  INFO(line);
  REQUIRE_FALSE(read_frame(line, frame, fault));
  return fault;
}

struct cut {
  std::vector<std::string> lines;
  int too_long = 0;
};

cut take(line_cutter& cutter, std::string_view bytes) {
  cut out;
  cutter.take(
    bytes,
    [&](std::string_view line) {
      out.lines.emplace_back(line);
      return true;
    },
    [&] {
      ++out.too_long;
      return true;
    });
  return out;
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("a frame is a request, a notification, an answer or a refusal",
          "[core]")
{
  auto request =
    good(R"({"jsonrpc":"2.0","id":"a","method":"m","params":{"x":1}})");
  CHECK(request.what == kind::request);
  CHECK(request.id == "a");
  CHECK(request.params["x"] == 1);
  CHECK(good(R"({"jsonrpc":"2.0","method":"m"})").what == kind::notification);
  auto answer = good(R"({"jsonrpc":"2.0","id":7,"result":null})");
  CHECK(answer.what == kind::answer);
  CHECK(answer.id == 7);
  auto refusal =
    good(R"({"jsonrpc":"2.0","id":7,"error":{"code":1001,"message":"full",)"
         R"("data":{"retry_after_ms":5}}})");
  CHECK(refusal.what == kind::refusal);
  CHECK(refusal.code == 1001);
  CHECK(refusal.message == "full");
  CHECK(refusal.params["retry_after_ms"] == 5);
}

TEST_CASE("a line that is no frame says why, with its id where it has one",
          "[core]")
{
  CHECK(bad("hello").code == link_code::no_json);
  CHECK(bad(std::string(200, '[') + std::string(200, ']')).code
        == link_code::no_json);
  CHECK(bad("[]").code == link_code::no_request);
  CHECK(bad(R"({"method":"m"})").code == link_code::no_request);
  CHECK(bad(R"({"jsonrpc":"1.0","method":"m"})").code == link_code::no_request);
  CHECK(bad(R"({"jsonrpc":"2.0","method":1})").code == link_code::no_request);
  CHECK(bad(R"({"jsonrpc":"2.0","id":1})").code == link_code::no_request);
  CHECK(bad(R"({"jsonrpc":"2.0","id":1,"error":"no"})").code
        == link_code::no_request);
  CHECK(bad(R"({"jsonrpc":"2.0","id":[1],"method":"m"})").id == nullptr);
  auto wrong = bad(R"({"jsonrpc":"2.0","id":3,"method":"m","params":[1]})");
  CHECK(wrong.code == link_code::wrong_params);
  CHECK(wrong.id == 3);
}

TEST_CASE("what the node writes can be read", "[core]")
{
  auto whole = [](std::string line) {
    REQUIRE(line.back() == '\n');
    line.pop_back();
    CHECK(line.find('\n') == std::string::npos);
    return good(line);
  };
  auto request = whole(link_request(5, "task/assign", R"({"a":1})"));
  CHECK(request.what == kind::request);
  CHECK(request.id == 5);
  CHECK(request.params["a"] == 1);
  CHECK(whole(link_notification("link/bye", nlohmann::json::object())).method
        == "link/bye");
  CHECK(whole(link_answer("x", {{"ok", true}})).result["ok"] == true);
  auto refusal =
    whole(link_error({link_code::unknown_task, nullptr, "who?\n"}));
  CHECK(refusal.code == 1005);
  CHECK(refusal.message == "who?\n");
}

TEST_CASE("lines are cut out of bytes however these come", "[core]")
{
  line_cutter whole{100};
  CHECK(take(whole, "a\r\n\n  \nb\nc").lines == lines{"a", "b"});
  CHECK(take(whole, "d\n").lines == lines{"cd"});
}

TEST_CASE("a line that is too long is dropped, and only that", "[core]")
{
  line_cutter small{4};
  auto first = take(small, "1234\n12345");
  CHECK(first.lines == lines{"1234"});
  CHECK(first.too_long == 1);
  auto more = take(small, std::string(1000, 'x'));
  CHECK(more.lines.empty());
  CHECK(more.too_long == 0);
  CHECK(take(small, "x\nok\n").lines == lines{"ok"});
}
