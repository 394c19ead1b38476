#include <catch2/catch.hpp>

#include <array>
#include <chrono>

#include "core/reader.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

enum class mode : uint8_t { fast, safe };
constexpr std::array<std::pair<std::string_view, mode>, 2> mode_words{
  {{"fast", mode::fast}, {"safe", mode::safe}}};

struct settings {
  std::string listen = "127.0.0.1";
  uint16_t port = 80;
  duration drain = 10s;
  std::optional<duration> limit;
  double share = 0.5;
  bool loud = false;
  mode how = mode::safe;
  std::vector<std::string> names{"x"};
};

problems read(std::string_view source, settings& to) {
  auto document = read_yaml(source);
  REQUIRE(document.problems.empty());
  object_reader in{value{document.root, document.problems}};
  in.read("listen", to.listen);
  in.read("port", to.port, bounds<int64_t>{1, 65535});
  in.read("drain", to.drain, bounds<duration>{1ms, 1h});
  in.read("limit", to.limit, bounds<duration>{1ms, 1h});
  in.read("share", to.share, bounds<double>{0, 1});
  in.read("loud", to.loud);
  in.read("how", to.how, mode_words);
  in.object("inner",
            [&](object_reader& inner) { inner.read("names", to.names); });
  in.finish();
  return document.problems;
}

} // namespace

TEST_CASE("an absent field leaves its default", "[reader]")
{
  settings x;
  CHECK(read("{}", x).empty());
  CHECK(x.port == 80);
  CHECK(x.names == std::vector<std::string>{"x"});
}

TEST_CASE("fields are read by their type", "[reader]")
{
  settings x;
  CHECK(read("{listen: all, port: 8080, drain: 1m, limit: 2s, share: 1,"
             " loud: true, how: fast, inner: {names: [a, b]}}",
             x)
          .empty());
  CHECK(x.listen == "all");
  CHECK(x.port == 8080);
  CHECK(x.drain == 1min);
  CHECK(x.limit == 2s);
  CHECK(x.share == 1);
  CHECK(x.loud);
  CHECK(x.how == mode::fast);
  CHECK(x.names == std::vector<std::string>{"a", "b"});
}

TEST_CASE("all problems are found, and wrong fields change nothing", "[reader]")
{
  settings x;
  auto found = read("listen: 7\nport: 70000\ndrain: 2h\nshare: x\nloud: 1\n"
                    "how: saef\ninner:\n  names: [a, {}]\n  nmaes: b\n",
                    x);
  REQUIRE(found.size() == 8);
  CHECK(to_text(found[0], "f")
        == "f:1:9: expected a text, found the number 7 (at /listen); put it in "
           "quotes");
  CHECK(to_text(found[1], "f")
        == "f:2:7: 70000 is out of range (at /port); allowed are 1 to 65535");
  CHECK(found[5].hint == "did you mean `safe`?");
  CHECK(found[6].where == "/inner/names/1");
  CHECK(found[7].what == "unknown field `nmaes`");
  CHECK(found[7].hint == "did you mean `names`?");
  CHECK(x.port == 80);
  CHECK(x.drain == 10s);
  CHECK(x.how == mode::safe);
  CHECK(x.names == std::vector<std::string>{"x"});
}

TEST_CASE("suggestions are near, or there are none", "[reader]")
{
  std::array<std::string_view, 4> known{"timeout", "retries", "when", "a"};
  CHECK(nearest("timout", known) == "timeout");
  CHECK(nearest("tiemout", known) == "timeout");
  CHECK(nearest("WHEN", known) == "when");
  CHECK(nearest("then", known) == "when");
  CHECK(nearest("else", known).empty());
  CHECK(nearest("b", known).empty());
  CHECK(nearest("", known).empty());
}

TEST_CASE("words that begin alike and words of other tools are suggested",
          "[reader]")
{
  std::array<std::string_view, 8> known{"retries",  "depends_on",  "when",
                                        "input",    "description", "labels",
                                        "max_load", "max_parallel"};
  CHECK(nearest("desc", known) == "description");
  CHECK(nearest("retry", known) == "retries");
  CHECK(nearest("max", known).empty()); // Which?
  CHECK(nearest("in", known).empty());
  CHECK(did_you_mean("needs", known) == "did you mean `depends_on`?");
  CHECK(did_you_mean("if", known) == "did you mean `when`?");
  CHECK(did_you_mean("cmd", known) == "did you mean `input: {command: ...}`?");
  std::array<std::string_view, 1> other{"port"};
  CHECK(did_you_mean("needs", other).empty());
}

TEST_CASE("pointers escape what RFC 6901 says", "[reader]")
{
  auto document = read_yaml("a/b: {c~d: [1]}");
  value root{document.root, document.problems};
  auto first = root.item(0), second = first.item(0);
  CHECK(second.item(0).pointer() == "/a~1b/c~0d/0");
}

TEST_CASE("the list of problems is bounded", "[reader]")
{
  std::string source = "{";
  for (int i = 0; i < 500; ++i)
    source += "x" + std::to_string(i) + ": 1, ";
  settings x;
  auto found = read(source + "}", x);
  CHECK(found.size() == problems_max + 1);
  CHECK(found.back().what.find("problems_max") != std::string::npos);
}
