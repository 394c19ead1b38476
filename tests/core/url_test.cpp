#include <catch2/catch.hpp>

#include "core/url.hpp"

using namespace troupe::core;

TEST_CASE("an address is read as it goes over the wire", "[url]")
{
  auto x = parse_url("https://Example.com/a/b?c=d");
  REQUIRE(x);
  CHECK(*x == url{true, "example.com", 443, "/a/b?c=d"});
  CHECK(host_text(*x) == "example.com");
  CHECK(to_string(*x) == "https://example.com/a/b?c=d");
  CHECK(*parse_url("http://h") == url{false, "h", 80, "/"});
  CHECK(*parse_url("http://h?x=1") == url{false, "h", 80, "/?x=1"});
  auto v6 = parse_url("http://[::1]:8080/x");
  REQUIRE(v6);
  CHECK(*v6 == url{false, "::1", 8080, "/x"});
  CHECK(host_text(*v6) == "[::1]:8080");
}

TEST_CASE("what is no address is refused with a reason", "[url]")
{
  for (auto text :
       {"", "h", "ftp://h", "http://", "http:///x", "http://h:0", "http://h:x",
        "http://h:70000", "http://h:80x/", "http://ann:secret@h/",
        "http://a b/", "http://h/a b", "http://h/#top", "http://h/\r\nX: y",
        "http://[::1", "http://h\x01/", "https://[example.com]/",
        "http://h:80:80/"}) {
    INFO(text);
    CHECK_FALSE(parse_url(text));
  }
  auto hidden = parse_url("http://ann:secret@h/").error().message;
  CHECK(hidden.find("secret") == std::string::npos);
  CHECK_FALSE(parse_url("http://h/" + std::string(9000, 'x')));
}

TEST_CASE("a location is another address, or another path", "[url]")
{
  auto from = *parse_url("https://h:1/a?b");
  CHECK(to_string(*resolve(from, "/c?d")) == "https://h:1/c?d");
  CHECK(to_string(*resolve(from, "http://k/")) == "http://k/");
  for (auto text : {"", "c", "//evil/", "/a b", "ftp://h/", "/a\r\nX: y"})
    CHECK_FALSE(resolve(from, text));
}
