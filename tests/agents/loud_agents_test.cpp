#include "agents/linked.hpp"

#include <catch2/catch.hpp>

// Processes that say more than anybody asked them.

using namespace troupe;
using namespace troupe::agents::test;

TEST_CASE("a process that writes nothing but garbage is ended", "[agents]")
{
  linked bob{R"(
hello()
assigned()
while True: print("garbage " * 1000)
)"};
  CHECK_THAT(words_of(bob.give("a")), Catch::Contains("faults_max"));
}

TEST_CASE("a line without an end is dropped and the task goes on", "[agents]")
{
  services::linked_request how;
  how.limits.frame_bytes_max = 64 * 1024;
  linked bob{R"(
hello()
a = assigned()
end(a, "x" * 1000000)
end(a, line()["error"]["code"])
line()
)",
             how};
  CHECK(bob.give("a")->result().output == "1006");
}

TEST_CASE("a flood of frames is read slowly, and other agents go on",
          "[agents]")
{
  services::linked_request how;
  how.limits.frames_per_second = 1000;
  how.limits.frames_burst = 1000;
  linked bob{R"(
hello()
a = assigned()
for i in range(3000): log(a, "x")
end(a, "said all")
line()
)",
             how};
  auto a = bob.give("a");
  linked eve{"hello()\nend(assigned(), 1)\nline()"};
  CHECK(eve.give("b")->result().output == "1");
  CHECK(a->result().output == "\"said all\"");
}

TEST_CASE("a process says no more at once than its burst", "[agents]")
{
  services::linked_request how;
  how.limits.frames_per_second = 1;
  how.limits.frames_burst = 1;
  // Far more than a pipe holds: it waits in its write for most of a minute.
  linked bob{R"(
hello()
a = assigned()
for i in range(50): log(a, "x" * 20000)
end(a, "said all")
line()
)",
             how};
  auto a = bob.give("a");
  a->logged(0);
  // Another one works for a while, and is heard.
  linked eve{R"(
hello()
b = assigned()
select.select([], [], [], 1)
end(b, 1)
line()
)"};
  CHECK(eve.give("b")->result().output == "1");
  CHECK_FALSE(a->given());
}

TEST_CASE("what a process says last counts, also where it is read slowly",
          "[agents]")
{
  services::linked_request how;
  how.limits.frames_per_second = 2;
  how.limits.frames_burst = 1;
  // More than is read at once; the rest is in its pipe when it has gone.
  linked bob{R"(
hello()
a = assigned()
for i in range(10): log(a, "x" * 10000)
end(a, "my last words")
)",
             how};
  CHECK(bob.give("a")->result().output == "\"my last words\"");
}

TEST_CASE("a process that asks and does not read the answers is not a burden",
          "[agents]")
{
  services::linked_request how;
  how.limits.lease = 2s;
  linked bob{R"(
hello()
a = assigned()
while True: say(id="x" * 10000, method="no/such", params={})
)",
             how};
  CHECK(bob.give("a")->result().error.kind == category::agent_crash);
}
