#include "core/link_talk.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace troupe::core::test;

// How a process, and what it has, comes to an end.

TEST_CASE("a cancel asks, and force ends the process but no other task",
          "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  t.work("b");
  t.take(t.link.cancel({"a", 1}, false, t.now));
  REQUIRE(t.said.size() == 1);
  CHECK(t.said[0]["method"] == "task/cancel");
  CHECK(t.said[0]["params"]["task"] == "a");
  SECTION("it does as it is asked")
  {
    t.asks("task/error",
           {{"task", "a"}, {"attempt", 1}, {"class", "cancelled"}});
    CHECK(t.end("a").error.code == errc::cancelled);
    CHECK(t.open("b"));
    CHECK(t.last.process == fate::none);
  }
  SECTION("it was faster")
  {
    t.result("a", 1);
    CHECK(t.end("a").what == verdict::done);
  }
  SECTION("it does not")
  {
    t.take(t.link.cancel({"a", 1}, true, t.now));
    CHECK(t.last.process == fate::kill);
    CHECK(t.open("a")); // Until nothing of it is alive.
    t.take(t.link.assign(task_of("c"), t.now));
    CHECK(t.open("c"));
    t.take(t.link.gone(died()));
    CHECK(t.end("a").error.code == errc::cancelled);
    CHECK(is_given_back(t.end("b")));
    CHECK(t.open("c")); // For the next process.
    t.greet();
    CHECK(t.said[1]["params"]["id"] == "c");
  }
  SECTION("a result that was under way when it was ended counts")
  {
    t.take(t.link.cancel({"a", 1}, true, t.now));
    t.result("b", 7);
    t.take(t.link.gone(died()));
    CHECK(t.end("b").output == "7");
  }
}

TEST_CASE("what waits for a process is cancelled at once", "[core]")
{
  talk t;
  t.take(t.link.assign(task_of("a"), t.now));
  t.take(t.link.cancel({"a", 1}, false, t.now));
  CHECK(t.end("a").error.code == errc::cancelled);
}

TEST_CASE("an attempt over limits.time is asked to end, then ended", "[core]")
{
  auto limits = small();
  limits.task_time_max = 2s;
  talk t{limits};
  t.greet();
  t.work("a");
  t.work("b");
  t.tick(1s);
  t.result("b", 1);
  t.tick(1s);
  REQUIRE(t.said.size() == 1);
  CHECK(t.said[0]["params"]["reason"] == "limits.time");
  SECTION("it ends in time")
  {
    t.asks("task/error",
           {{"task", "a"}, {"attempt", 1}, {"class", "cancelled"}});
    CHECK(t.last.process == fate::none);
  }
  SECTION("it does not")
  {
    t.tick(5s);
    CHECK(t.last.process == fate::kill);
    t.take(t.link.gone(died()));
  }
  CHECK(t.end("a").error.code == errc::timed_out);
}

TEST_CASE("a process that dies fails what it works on, not what waits",
          "[core]")
{
  auto limits = small();
  talk t{limits};
  t.greet();
  t.work("a");
  t.take(t.link.gone(died()));
  CHECK(t.end("a").error.message == "it died");
  t.take(t.link.assign(task_of("b"), t.now));
  CHECK(t.open("b"));
  // But a start that fails is one for all that wait for it.
  t.take(t.link.born(t.now));
  t.take(t.link.gone(died()));
  CHECK(t.end("b").error.message == "it died");
  // What came while a process was being ended waits for the next one.
  t.greet();
  t.work("c");
  t.take(t.link.broken("is broken"));
  t.take(t.link.assign(task_of("d"), t.now));
  t.take(t.link.gone(died()));
  CHECK_THAT(t.end("c").error.message, Catch::Contains("is broken"));
  CHECK(t.open("d"));
}

TEST_CASE("a silent agent gets nothing new, then it is replaced", "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  for (int i = 0; i < 3; ++i)
    t.tick(5s);
  CHECK(t.said[0]["method"] == "link/heartbeat");
  REQUIRE(t.last.signals.size() == 1); // Its task's watchers hear of it.
  t.take(t.link.assign(task_of("b"), t.now));
  CHECK(t.end("b").what == verdict::snooze);
  SECTION("it comes back")
  {
    t.notes("link/heartbeat");
    t.tick(15s - 1ms);
    CHECK(t.last.process == fate::none);
    t.notes("link/heartbeat");
    t.work("c");
  }
  SECTION("it does not")
  {
    t.tick(15s - 1ms);
    CHECK(t.last.process == fate::none);
    t.tick(1ms);
    CHECK(t.last.process == fate::kill);
    t.take(t.link.gone(died()));
    CHECK_THAT(t.end("a").error.message, Catch::Contains("(lease)"));
  }
}

TEST_CASE("an agent takes as many tasks as its credit", "[core]")
{
  talk t;
  t.greet();
  t.notes("link/credit", {{"n", 1}});
  t.work("a");
  t.take(t.link.assign(task_of("b"), t.now));
  CHECK(t.end("b").what == verdict::snooze);
  t.notes("link/credit", {{"n", 1e9}});
  t.work("c");
  t.work("d");
  t.take(t.link.assign(task_of("e"), t.now));
  CHECK(t.end("e").what == verdict::snooze); // Never over its slots.
}

TEST_CASE("an agent that drains ends what it has and is let go", "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  t.notes("link/drain");
  CHECK(t.last.process == fate::none);
  t.take(t.link.assign(task_of("b"), t.now));
  CHECK(t.end("b").what == verdict::snooze);
  t.result("a", 1);
  CHECK(t.last.process == fate::finish);
  CHECK(t.said[0]["method"] == "link/bye");
}

TEST_CASE("wrong lines are answered, and too many of them end the process",
          "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  for (int i = 0; i < 4; ++i) {
    t.take(t.link.receive("garbage\n", t.now));
    CHECK(t.code() == -32700);
    CHECK(t.last.process == fate::none);
  }
  SECTION("slowly they are no harm")
  {
    t.now += 61s;
    t.take(t.link.receive("garbage\n", t.now));
    CHECK(t.last.process == fate::none);
  }
  SECTION("at once they are")
  {
    t.take(t.link.receive(std::string(5000, 'x') + "\n", t.now));
    CHECK(t.code() == 1006);
    CHECK(t.last.process == fate::kill);
    t.result("a", 1); // Nothing it says counts any more.
    CHECK(t.open("a"));
    t.take(t.link.gone(died()));
    CHECK_THAT(t.end("a").error.message, Catch::Contains("faults_max"));
  }
}

TEST_CASE("an agent that says too much is read more slowly", "[core]")
{
  auto limits = small();
  limits.frames_per_second = 10;
  limits.frames_burst = 10;
  talk t{limits};
  t.greet();
  for (int i = 0; i < 9; ++i)
    t.notes("link/heartbeat");
  CHECK(t.link.resume_reading_at() <= t.now);
  for (int i = 0; i < 5; ++i)
    t.notes("link/heartbeat");
  CHECK(t.link.resume_reading_at() == t.now + 500ms);
}

TEST_CASE("a link that is closed gives back what it has", "[core]")
{
  talk t;
  SECTION("while it works")
  {
    t.greet();
    t.work("a");
    t.take(t.link.close());
    CHECK(t.last.process == fate::kill);
    t.take(t.link.gone(died()));
    CHECK(is_given_back(t.end("a")));
  }
  SECTION("while it idles")
  {
    t.greet();
    t.take(t.link.close());
    CHECK(t.last.process == fate::finish);
    CHECK(t.said[0]["method"] == "link/bye");
  }
  SECTION("while its process is being ended")
  {
    t.greet();
    t.work("a");
    t.take(t.link.broken("is broken"));
    t.take(t.link.assign(task_of("b"), t.now));
    t.take(t.link.close());
    t.take(t.link.gone(died()));
    CHECK(is_given_back(t.end("b")));
  }
  SECTION("while there is no process")
  {
    t.take(t.link.assign(task_of("a"), t.now));
    t.take(t.link.close());
    CHECK(is_given_back(t.end("a")));
  }
  t.take(t.link.assign(task_of("z"), t.now));
  CHECK(is_given_back(t.end("z")));
}

TEST_CASE("the same attempt is not given twice", "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  auto again = t.link.assign(task_of("a"), t.now);
  REQUIRE(again.ends.size() == 1);
  CHECK(again.ends[0].what.error.code == errc::invalid_state);
  t.result("a", 1);
  CHECK(t.end("a").what == verdict::done);
}
