#include <catch2/catch.hpp>

#include "runtime/hostile_requests.hpp"

// Each gets the right refusal, and afterwards everything is as it was.

using namespace troupe::test;

TEST_CASE("two hundred hostile requests get the right refusal and change "
          "nothing",
          "[runtime][hostile]")
{
  opened_door at;
  auto blue = at.state_of("blue");
  auto red = at.state_of("red");
  auto all = hostile_requests{at}.all;
  CHECK(all.size() >= 200);
  for (const auto& x : all) {
    auto got = at.say(x.bytes);
    INFO(x.what << '\n'
                << x.bytes.substr(0, 400) << '\n'
                << got.head.substr(0, 400) << got.body.substr(0, 400));
    CHECK(got.status == x.status);
    CHECK_FALSE(got.head.find(opened_door::mark) != std::string::npos);
    CHECK_FALSE(got.body.find(opened_door::mark) != std::string::npos);
    CHECK_FALSE(got.body.find(opened_door::secret) != std::string::npos);
  }
  CHECK(at.state_of("blue") == blue);
  CHECK(at.state_of("red") == red);
  auto honest = at.say("GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n"
                       "Troupe-Workspace: red\r\nAuthorization: Bearer "
                       + opened_door::token("red", "viewer") + "\r\n\r\n");
  CHECK(honest.status == 200);
}
