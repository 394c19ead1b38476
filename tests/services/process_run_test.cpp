#include "services/process_run.hpp"

#include <catch2/catch.hpp>

#include <signal.h>

#include <algorithm>
#include <list>

#include "services/stage.hpp"

using namespace troupe::services;
using namespace std::chrono_literals;
using test::run_record;
using test::shell;

namespace {

run_request request(std::string script) {
  run_request made;
  made.program = shell(std::move(script));
  return made;
}

} // namespace

TEST_CASE("a run gives stdin and takes stdout and stderr", "[services]")
{
  auto s = test::open_spawner();
  auto end = test::run(*s, "cat; echo oops >&2; exit 3", "hello");
  CHECK(end.fate == run_fate::exited);
  CHECK(end.code == 3);
  CHECK(end.output == "hello");
  CHECK(end.errors == "oops\n");
  CHECK(end.last_lines == "oops");
}

TEST_CASE("large input and output pass whole", "[services]")
{
  auto s = test::open_spawner();
  std::string big;
  for (int i = 0; big.size() < 3'000'000; ++i)
    big += std::to_string(i);
  auto end = test::run(*s, "cat", big);
  CHECK(end.fate == run_fate::exited);
  CHECK((end.output == big)); // No print of 3 MB.
}

TEST_CASE("a process need not read its input", "[services]")
{
  auto s = test::open_spawner();
  auto end = test::run(*s, "exec <&-; echo fine", std::string(1 << 20, 'x'));
  CHECK(end.fate == run_fate::exited);
  CHECK(end.code == 0);
  CHECK(end.output == "fine\n");
}

TEST_CASE("output over its limit kills the process", "[services]")
{
  auto s = test::open_spawner();
  auto endless = request("yes");
  endless.limits.output_bytes_max = 100'000;
  auto end = test::run(*s, endless);
  CHECK(end.fate == run_fate::output_too_big);
  CHECK(end.output.size() == 100'000);
  auto exact = request("head -c 100000 /dev/zero");
  exact.limits.output_bytes_max = 100'000;
  CHECK(test::run(*s, exact).fate == run_fate::exited);
  auto over = request("head -c 100001 /dev/zero");
  over.limits.output_bytes_max = 100'000;
  CHECK(test::run(*s, over).fate == run_fate::output_too_big);
}

TEST_CASE("stderr without end is bounded and the run goes on", "[services]")
{
  auto s = test::open_spawner();
  run_record record;
  process_run::start(*s, request("seq 1 50000 >&2; echo done"),
                     record.events());
  auto end = record.end();
  CHECK(end.output == "done\n");
  CHECK(end.last_lines.ends_with("\n50000"));
  CHECK(end.errors.size() == error_lines_limits{}.tail_bytes_max);
  CHECK(record.log().size() < 5'000);
  auto log = record.log();
  CHECK(std::any_of(log.begin(), log.end(), [](auto& line) {
    return line.find("lines dropped") != std::string::npos;
  }));
}

TEST_CASE("progress lines are progress", "[services]")
{
  auto s = test::open_spawner();
  run_record record;
  process_run::start(
    *s, request(R"(echo '{"progress":0.5,"note":"half"}' >&2; echo log >&2)"),
    record.events());
  record.end();
  CHECK(record.progress() == std::vector<progress_note>{{0.5, "half"}});
  CHECK(record.log() == std::vector<std::string>{"log"});
}

TEST_CASE("a polite process ends itself when it is cancelled", "[services]")
{
  auto s = test::open_spawner();
  run_record record;
  auto r =
    process_run::start(*s,
                       request("trap 'echo bye; exit 0' TERM; echo ready >&2; "
                               "while :; do sleep 0.01; done"),
                       record.events());
  REQUIRE(record.logged("ready"));
  r->cancel();
  auto end = record.end();
  CHECK(end.fate == run_fate::cancelled);
  CHECK(end.output == "bye\n");
}

TEST_CASE("one that ignores the signal is killed after the grace time",
          "[services]")
{
  auto s = test::open_spawner();
  run_record record;
  auto stubborn = request("trap '' TERM; setsid sleep 1000 & echo $! >&2; "
                          "echo ready >&2; while :; do sleep 1; done");
  stubborn.limits.grace = 50ms;
  auto r = process_run::start(*s, stubborn, record.events());
  REQUIRE(record.logged("ready"));
  test::watch grandchild{std::stoi(record.log().front())};
  r->cancel();
  auto end = record.end();
  CHECK(end.fate == run_fate::cancelled);
  CHECK(end.code == SIGKILL);
  CHECK(!grandchild.alive());
}

TEST_CASE("kill does not wait for the grace time", "[services]")
{
  auto s = test::open_spawner();
  run_record record;
  auto stubborn = request("trap '' TERM; echo ready >&2; "
                          "while :; do sleep 1; done");
  stubborn.limits.grace = 1h;
  auto r = process_run::start(*s, stubborn, record.events());
  REQUIRE(record.logged("ready"));
  r->cancel();
  r->kill();
  CHECK(record.end().fate == run_fate::cancelled);
}

TEST_CASE("the timeout ends a run that takes too long", "[services]")
{
  auto s = test::open_spawner();
  auto slow = request("sleep 1000");
  slow.timeout = 50ms;
  CHECK(test::run(*s, slow).fate == run_fate::timed_out);
}

TEST_CASE("a cancel before the process exists ends it all the same",
          "[services]")
{
  auto s = test::open_spawner();
  run_record record;
  auto r = process_run::start(*s, request("sleep 1000"), record.events());
  r->cancel();
  CHECK(record.end().fate == run_fate::cancelled);
}

TEST_CASE("runs of a dead spawner are lost, and the next ones work",
          "[services]")
{
  auto s = test::open_spawner();
  run_record record;
  process_run::start(*s, request("echo ready >&2; sleep 1000"),
                     record.events());
  REQUIRE(record.logged("ready"));
  test::watch spawner{s->pid()};
  ::kill(s->pid(), SIGKILL);
  CHECK(record.end().fate == run_fate::lost);
  REQUIRE(spawner.ended_within(test::patience));
  CHECK(test::run(*s, "echo again").output == "again\n");
}

TEST_CASE("two hundred runs at once all end right", "[services]")
{
  auto s = test::open_spawner();
  std::list<run_record> records(200);
  int i = 0;
  for (auto& record : records) {
    auto each = request("read go; echo $go");
    each.input = std::to_string(i++);
    process_run::start(*s, each, record.events());
  }
  i = 0;
  for (auto& record : records)
    CHECK(record.end().output == std::to_string(i++) + "\n");
  CHECK(s->running() == 0);
}

TEST_CASE("two hundred crashes leave no descriptor behind", "[services]")
{
  auto s = test::open_spawner();
  test::run(*s, "kill -9 $$");
  auto before = test::open_descriptors();
  for (int i = 0; i < 200; ++i)
    REQUIRE(test::run(*s, "kill -9 $$").fate == run_fate::signalled);
  CHECK(test::open_descriptors() == before);
}

TEST_CASE("the end of the spawner ends every run", "[services]")
{
  run_record record;
  auto s = test::open_spawner();
  process_run::start(*s, request("sleep 1000"), record.events());
  s.reset();
  CHECK(record.ended());
}
