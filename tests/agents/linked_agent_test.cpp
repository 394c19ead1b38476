#include "agents/linked.hpp"

#include <catch2/catch.hpp>

#include <csignal>

// Real processes that speak the protocol well, badly, or not at all.

using namespace troupe;
using namespace troupe::agents::test;
using agents::linked_agent;

namespace {

bool is_given_back(const outcome& x) {
  return x.error.code == errc::restarting;
}

} // namespace

TEST_CASE("one process works on many tasks, in any order", "[agents]")
{
  linked bob{R"(
hello()
tasks = [assigned() for i in range(3)]
for t in reversed(tasks):
    log(t, str(os.getpid()))
    say(method="task/progress",
        params={"task": t["id"], "attempt": 1, "fraction": 0.5, "note": "x"})
    end(t, t["input"])
line()
)"};
  auto a = bob.give("a", "1");
  auto b = bob.give("b", R"({"x":[2]})");
  auto c = bob.give("c");
  CHECK(a->result().output == "1");
  CHECK(b->result().output == R"({"x":[2]})");
  CHECK(c->result().output == "null");
  CHECK(a->logged(0) == c->logged(0));
  CHECK(a->progress_notes()
        == std::vector<services::progress_note>{{0.5, "x"}});
}

TEST_CASE("a process announces what it can do", "[agents]")
{
  linked bob{"hello(capabilities=['cook'])\nline()\n"};
  auto words = bob.announced.get_future();
  REQUIRE(words.wait_for(services::test::patience)
          == std::future_status::ready);
  CHECK(words.get() == std::vector<std::string>{"cook"});
}

TEST_CASE("a process of another protocol is told, and its tasks say why",
          "[agents]")
{
  linked bob{R"(
say(id=1, method="link/hello", params={"protocol": "9"})
line()
hang()
)"};
  CHECK_THAT(words_of(bob.give("a")), Catch::Contains("speaks protocol"));
}

TEST_CASE("a command that is not there fails its tasks with what to do",
          "[agents]")
{
  auto spawner = services::test::open_spawner();
  services::linked_request how;
  how.name = "bob";
  how.program.command = {"troupe-no-such-program"};
  linked_agent agent{*spawner, how};
  auto sink = std::make_shared<recording_sink>();
  agent.perform(agents::test::task_with("1"), reply{sink});
  CHECK(sink->result().error.kind == category::dependency);
}

TEST_CASE("a process that dies fails its tasks with its last words, and the "
          "next one goes on",
          "[agents]")
{
  linked bob{R"(
hello()
t = assigned()
if t["input"] == "die":
    print("the reason", file=sys.stderr, flush=True)
    os._exit(3)
end(t, os.getpid())
line()
)"};
  auto a = bob.give("a", "\"die\"");
  auto b = bob.give("b", "\"die\"");
  CHECK_THAT(words_of(a), Catch::Contains("exited with code 3: the reason"));
  CHECK(a->result().error.kind == category::agent_crash);
  CHECK(b->result().what == verdict::failed);
  CHECK(bob.give("c")->result().what == verdict::done);
}

TEST_CASE("a process that dies at each start fails what waits for it",
          "[agents]")
{
  linked bob{"os._exit(7)"};
  for (int i = 0; i < 3; ++i)
    CHECK_THAT(words_of(bob.give("a", "1", 1u + i)),
               Catch::Contains("exited with code 7"));
}

TEST_CASE("a cancel asks; a process that does not listen is ended, and its "
          "other tasks go back uncounted",
          "[agents]")
{
  linked bob{R"(
hello()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    hang()
a, b = assigned(), assigned()
log(a, "ready")
x = line()
log(a, x["method"])
hang()
)"};
  auto a = bob.give("a");
  auto b = bob.give("b");
  CHECK(a->logged(0) == "ready");
  a->cancel(false);
  CHECK(a->logged(1) == "task/cancel");
  CHECK_FALSE(a->given());
  a->cancel(true);
  CHECK(a->result().error.code == errc::cancelled);
  CHECK(is_given_back(b->result()));
}

TEST_CASE("garbage, strangers' results and repeats hurt no task", "[agents]")
{
  linked bob{R"(
hello()
a = assigned()
b = assigned()
print("this is no frame", flush=True)
print("\xff\xfe", flush=True)
end({"id": "nobody", "attempt": 1}, 1)
end({"id": "a", "attempt": 9}, 1)
end(a, "right")
end(a, "wrong")
say(id=5, result={})
end(b, "right, too")
line()
hang()
)"};
  auto a = bob.give("a");
  auto b = bob.give("b");
  CHECK(a->result().output == "\"right\"");
  CHECK(b->result().output == "\"right, too\"");
}

TEST_CASE("a process that closes its pipes is ended and replaced", "[agents]")
{
  auto which = GENERATE(as<std::string>{}, "0", "1");
  linked bob{R"(
hello()
a = assigned()
if a["input"] == 1:
    os.close()"
             + which + R"()
    for i in range(10):
        try: log(a, "x" * 100000)
        except Exception: pass
        select.select([], [], [], 0.2)
    hang()
end(a, 1)
line()
)"};
  auto a = bob.give("a", "1");
  if (which == "0")
    for (int i = 0; !a->given() && i < 3; ++i)
      bob.give("x" + std::to_string(i), "1"); // Somebody has to write.
  CHECK_THAT(words_of(a), Catch::Contains("closed its std"));
  CHECK(bob.give("b", "2")->result().what == verdict::done);
}

TEST_CASE("a process that is silent is ended and replaced", "[agents]")
{
  services::linked_request how;
  how.limits.heartbeat = 20ms;
  how.limits.lease = 300ms;
  how.limits.handshake_max = 20s;
  linked bob{R"(
hello()
assigned()
hang()
)",
             how};
  CHECK_THAT(words_of(bob.give("a")), Catch::Contains("(lease)"));
}

TEST_CASE("a process that says no hello is ended", "[agents]")
{
  services::linked_request how;
  how.limits.handshake_max = 100ms;
  linked bob{"hang()", how};
  CHECK_THAT(words_of(bob.give("a")), Catch::Contains("handshake_max"));
}

TEST_CASE(
  "an agent that is destroyed ends its process and gives back its tasks",
  "[agents]")
{
  linked bob{R"(
hello()
a = assigned()
log(a, str(os.getpid()))
hang()
)"};
  auto a = bob.give("a");
  services::test::watch process{std::stoi(a->logged(0))};
  bob.agent.reset();
  CHECK(is_given_back(a->result()));
  CHECK(process.ended_within(services::test::patience));
}

TEST_CASE("an idle process hears goodbye and may end by itself", "[agents]")
{
  // By that word, or because nothing more comes.
  auto last = GENERATE(as<std::string>{},
                       "while line().get('method') != 'link/bye': pass",
                       "while sys.stdin.readline(): pass");
  linked bob{"hello()\na = assigned()\nend(a, os.getpid())\n" + last + "\n",
             {},
             10min}; // Nobody ends it.
  auto pid = std::stoi(bob.give("a")->result().output);
  services::test::watch process{pid};
  bob.agent.reset();
  CHECK(process.ended_within(services::test::patience));
}

TEST_CASE("the death of the spawner fails the tasks, and the agent goes on",
          "[agents]")
{
  linked bob{R"(
hello()
a = assigned()
log(a, "ready")
if a["input"] == 1: hang()
end(a, 1)
line()
)"};
  auto a = bob.give("a", "1");
  a->logged(0);
  ::kill(bob.spawner->pid(), SIGKILL);
  CHECK(a->result().error.kind == category::agent_crash);
  CHECK(bob.give("b", "2")->result().what == verdict::done);
}
