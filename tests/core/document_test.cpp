#include <catch2/catch.hpp>

#include "core/document.hpp"

using namespace troupe::core;

namespace {

std::string json_of(const parsed_document& x) {
  return x.problems.empty() ? to_json(x.root)
                            : to_text(x.problems.front(), "f");
}

std::string yaml(std::string_view source) {
  return json_of(read_yaml(source));
}
std::string json(std::string_view source) {
  return json_of(read_json(source));
}

} // namespace

TEST_CASE("plain YAML scalars have the types of YAML 1.2", "[document]")
{
  CHECK(yaml("[~, null, '', \"x\", x y]") == R"([null,null,"","x","x y"])");
  CHECK(yaml("[true, False, yes, on, no]")
        == R"([true,false,"yes","on","no"])");
  CHECK(yaml("[1, -2, +3, 007, 0x1F, 0o17]") == "[1,-2,3,7,31,15]");
  CHECK(yaml("[1.50, .5, 2., 1e3, -0.1]") == "[1.50,0.5,2.0,1e3,-0.1]");
  CHECK(yaml("[1.2.3, 12a, 2026-01-02, '7', ., +, 1e, 0x]")
        == R"(["1.2.3","12a","2026-01-02","7",".","+","1e","0x"])");
  CHECK(yaml("a: !!str 5") == R"({"a":"5"})");
}

TEST_CASE("members are sorted, items are not", "[document]")
{ CHECK(yaml("{b: 1, a: [3, 2]}") == R"({"a":[3,2],"b":1})"); }

TEST_CASE("JSON texts keep their characters", "[document]")
{
  CHECK(json(R"("a\u0041\n\"\\\/\ud83d\ude00 \u0001")")
        == "\"aA\\n\\\"\\\\/\xf0\x9f\x98\x80 \\u0001\"");
  CHECK(json("[-0, 1.5e-3, 12345678901234567890123]")
        == "[-0,1.5e-3,12345678901234567890123]");
}

TEST_CASE("every value knows where it stood", "[document]")
{
  auto check = [](const parsed_document& x) {
    REQUIRE(x.problems.empty());
    const auto& list = x.root.items.at(1);
    CHECK(list.key == "b");
    CHECK(list.key_line == 2);
    CHECK(list.items.at(1).line == 3);
    CHECK(list.items.at(1).column == 5);
  };
  check(read_json("{\"a\": 1,\n \"b\": [1,\n    \"x\"]}"));
  check(read_yaml("a: 1\nb: [1,\n    x]\n"));
}

TEST_CASE("aliases and merge keys unfold", "[document]")
{
  CHECK(yaml("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: *x")
        == R"({"a":{"p":1,"q":2},"b":{"p":1,"q":3},"c":{"p":1,"q":2}})");
  CHECK(yaml("a: {<<: [{p: 1}, {p: 2, q: 2}], r: 3}")
        == R"({"a":{"p":1,"q":2,"r":3}})");
}

TEST_CASE("each limit of a document has its error", "[document]")
{
  document_limits limits;
  auto first = [&](std::string_view source) {
    auto x = read_document(source, limits);
    return x.problems.empty() ? "none" : x.problems.front().what;
  };
  limits.source_bytes_max = 40;
  CHECK(first(std::string(41, ' ')).find("source_bytes_max")
        != std::string::npos);
  limits.depth_max = 3;
  CHECK(first("[[[1]]]") == "none");
  CHECK(first("[[[[1]]]]").find("depth_max") != std::string::npos);
  CHECK(first("a: [[[1]]]").find("depth_max") != std::string::npos);
  CHECK(first("a: &a [1]\nb: [*a]") == "none");
  CHECK(first("a: &a [[1]]\nb: [*a]").find("depth_max") != std::string::npos);
  limits.nodes_max = 10;
  CHECK(first("[1,2,3,4,5,6,7,8,9]") == "none");
  CHECK(first("[1,2,3,4,5,6,7,8,9,0]").find("nodes_max") != std::string::npos);
  limits.nodes_max = 1000;
  limits.unfolded_bytes_max = 12;
  CHECK(first("[\"123456\",\"123456\"]") == "none");
  CHECK(first("[\"123456\",\"1234567\"]").find("unfolded_bytes_max")
        != std::string::npos);
}

TEST_CASE("what begins like JSON is read as JSON", "[document]")
{
  CHECK(json_of(read_document(" {\"a\": 1}")) == R"({"a":1})");
  CHECK(json_of(read_document("{a: 1}")) == R"({"a":1})");
  CHECK(json_of(read_document("{\"a\": 1,}")).find("JSON")
        != std::string::npos);
}

TEST_CASE("a byte order mark and CRLF are no part of the text", "[document]")
{
  CHECK(yaml("\xef\xbb\xbf"
             "a: 1\r\nb: x\r\n")
        == R"({"a":1,"b":"x"})");
  CHECK(json("\xef\xbb\xbf{\"a\":\r\n1}") == R"({"a":1})");
}

TEST_CASE("hostile documents are refused early", "[document]")
{
  CHECK_FALSE(read_yaml("a: " + std::string(1 << 20, '[')).problems.empty());
  CHECK_FALSE(read_json(std::string(1 << 20, '[')).problems.empty());
  std::string keys;
  for (int i = 0; i < 1 << 18; ++i)
    keys += "? ";
  CHECK_FALSE(read_yaml(keys).problems.empty());
  CHECK_FALSE(read_json("\"\xed\xa0\x80\"").problems.empty()); // A surrogate.
  CHECK_FALSE(read_json("\"\xc0\xaf\"").problems.empty());     // Overlong.
  CHECK_FALSE(read_json(std::string_view{"\"\0\"", 3}).problems.empty());
}

TEST_CASE("no text at all is an empty one", "[document]")
{
  CHECK(yaml({}) == yaml(""));
  CHECK(json({}) == json(""));
}
