#include "services/spawner.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <signal.h>

#include <fstream>
#include <list>

#include "services/stage.hpp"

using namespace troupe;
using namespace troupe::services;
using namespace std::chrono_literals;
using test::child_record;
using test::shell;

namespace {

// Starts a background process in a session of its own and says its number.
constexpr auto escaped = "setsid sleep 1000 & echo $!; ";

struct process_state {
  char state = '?'; // As in /proc: R, S, T, ...
  pid_t parent = 0;
};

process_state state_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string skipped;
  process_state x;
  file >> skipped >> skipped >> x.state >> x.parent;
  return x;
}

// The system tells nobody but the parent of a stop, so this has to look.
bool stops(pid_t pid) {
  auto end = std::chrono::steady_clock::now() + test::patience;
  while (state_of(pid).state != 'T')
    if (std::chrono::steady_clock::now() > end)
      return false;
  return true;
}

} // namespace

TEST_CASE("a child tells how it exits", "[services]")
{
  auto s = test::open_spawner();
  child_record a, b;
  s->start(shell("exit 7"), a.events());
  s->start(shell("kill -QUIT $$"), b.events());
  CHECK(a.gone() == child_end{end_kind::exited, 7});
  CHECK(b.gone() == child_end{end_kind::signalled, SIGQUIT});
  CHECK(s->running() == 0);
}

TEST_CASE("a program that is not there fails with what to do", "[services]")
{
  auto s = test::open_spawner();
  child_record a, b, c;
  spawn_spec spec;
  spec.command = {"troupe-no-such-program"};
  s->start(spec, a.events());
  CHECK(a.failed().message
        == "cannot start `troupe-no-such-program`: No such file or directory; "
           "check the command, its mode and PATH");
  CHECK(a.failed().kind == category::dependency);
  auto elsewhere = shell("true");
  elsewhere.directory = "/no/such/directory";
  s->start(elsewhere, b.events());
  CHECK(b.failed().message.find("check the directory") != std::string::npos);
  s->start({}, c.events());
  CHECK(c.failed().code == errc::invalid);
  CHECK(s->running() == 0);
}

TEST_CASE("a spawner that is not there is an error", "[services]")
{
  auto made = spawner::open({.program = "/no/such/spawner"});
  REQUIRE(!made);
  CHECK(made.error().message.find("/no/such/spawner") != std::string::npos);
}

TEST_CASE("over children_max a start is refused by name", "[services]")
{
  auto s = test::open_spawner({.children_max = 2});
  child_record a, b, c;
  auto first = s->start(shell("exec sleep 1000"), a.events());
  s->start(shell("exec sleep 1000"), b.events());
  s->start(shell("true"), c.events());
  CHECK(c.failed().code == errc::limit_reached);
  CHECK(c.failed().message.find("children_max") != std::string::npos);
  s->kill(first);
  CHECK(a.gone() == child_end{end_kind::signalled, SIGKILL});
  child_record d;
  s->start(shell("exit 3"), d.events());
  CHECK(d.gone().code == 3);
}

TEST_CASE("kill ends what has left the group", "[services]")
{
  auto s = test::open_spawner();
  child_record a;
  auto id = s->start(shell(std::string{escaped} + "wait"), a.events());
  test::watch grandchild{std::stoi(a.line())};
  CHECK(grandchild.alive());
  s->kill(id);
  CHECK(a.gone().how == end_kind::signalled);
  CHECK(!grandchild.alive());
}

TEST_CASE("kill ends an orphan with a new session and no environment",
          "[services]")
{
  auto s = test::open_spawner();
  child_record a;
  // Two forks, so that its parent is gone; env -i, so that nothing marks it.
  auto id = s->start(shell("(env -i setsid sh -c 'sleep 1000 & echo $!; "
                           "trap \"\" TERM; wait' & ) ; exec sleep 1000"),
                     a.events());
  test::watch orphan{std::stoi(a.line())};
  s->kill(id);
  a.gone();
  CHECK(!orphan.alive());
}

TEST_CASE("what a process leaves behind ends with it", "[services]")
{
  auto s = test::open_spawner();
  child_record a;
  s->start(shell(std::string{escaped} + "read _ < /dev/null; exit 0"),
           a.events());
  // The line may come after the end: then the number names nobody any more.
  auto line = a.line();
  CHECK(a.gone() == child_end{end_kind::exited, 0});
  CHECK(::kill(std::stoi(line), 0) == -1);
}

TEST_CASE("terminate is for the group, and a stopped process hears it",
          "[services]")
{
  auto s = test::open_spawner();
  child_record a;
  auto id = s->start(shell("trap 'exit 5' TERM; echo ready; kill -STOP $$; "
                           "while :; do read _ < /dev/null; done"),
                     a.events());
  CHECK(a.line() == "ready");
  REQUIRE(stops(a.started()));
  s->terminate(id);
  CHECK(a.gone() == child_end{end_kind::exited, 5});
}

TEST_CASE("a dead spawner takes its children along and is replaced",
          "[services]")
{
  auto s = test::open_spawner();
  child_record a, b;
  s->start(shell(std::string{escaped} + "wait"), a.events());
  test::watch child{a.started()}, grandchild{std::stoi(a.line())};
  auto first = s->pid();
  test::watch spawner{first};
  ::kill(first, SIGKILL);
  CHECK(a.gone().how == end_kind::lost);
  REQUIRE(spawner.ended_within(test::patience));
  CHECK(!child.alive());
  CHECK(!grandchild.alive());
  s->start(shell("exit 4"), b.events());
  CHECK(b.gone() == child_end{end_kind::exited, 4});
  CHECK(s->pid() != first);
}

TEST_CASE("a spawner that keeps dying is given up for a while", "[services]")
{
  auto s = test::open_spawner({.restarts_max = 1});
  child_record a, b;
  s->start(shell("exec sleep 1000"), a.events());
  a.started();
  test::watch first{s->pid()};
  ::kill(s->pid(), SIGKILL);
  REQUIRE(first.ended_within(test::patience));
  s->start(shell("true"), b.events());
  CHECK(b.failed().code == errc::escalated);
  CHECK(b.failed().message.find("restarts_max") != std::string::npos);
}

TEST_CASE("a dead keeper loses its child, and only that", "[services]")
{
  auto s = test::open_spawner();
  child_record a, b;
  auto other = s->start(shell("exec sleep 1000"), b.events());
  s->start(shell(std::string{escaped} + "wait"), a.events());
  test::watch grandchild{std::stoi(a.line())};
  ::kill(state_of(a.started()).parent, SIGKILL);
  CHECK(a.gone().how == end_kind::lost);
  CHECK(!grandchild.alive());
  CHECK(test::watch{b.started()}.alive());
  s->kill(other);
  CHECK(b.gone().how == end_kind::signalled);
}

TEST_CASE("the end of the spawner is the end of all children", "[services]")
{
  std::list<child_record> children(5);
  std::list<test::watch> watches;
  auto s = test::open_spawner();
  for (auto& c : children)
    s->start(shell(std::string{escaped} + "trap '' TERM; wait"), c.events());
  for (auto& c : children) {
    watches.emplace_back(c.started());
    watches.emplace_back(std::stoi(c.line()));
  }
  s.reset();
  for (auto& w : watches)
    CHECK(!w.alive());
  for (auto& c : children)
    CHECK(c.gone().how == end_kind::signalled);
}

TEST_CASE("a child inherits no descriptor", "[services]")
{
  // One that does not close on exec, as a host program may have.
  descriptor leaky{::open("/dev/null", O_RDONLY)};
  REQUIRE(::dup2(leaky.get(), 200) == 200);
  auto s = test::open_spawner();
  child_record a;
  // 3 is the folder while the shell reads it.
  s->start(shell("cd /proc/$$/fd; echo *"), a.events());
  auto line = a.line();
  CHECK((line == "0 1 2" || line == "0 1 2 3"));
  ::close(200);
}

TEST_CASE("a child has the limits, directory and environment it was given",
          "[services]")
{
  auto s = test::open_spawner();
  child_record a, b;
  auto spec = shell("echo $(pwd) $(ulimit -n) $(ulimit -v) $(ulimit -t) "
                    "$(ulimit -c) $COLOUR ${HOME:-none}");
  spec.directory = "/usr";
  spec.environment = {{"COLOUR", "blue"}};
  spec.clean = true;
  spec.limits = {.memory_bytes_max = 1 << 30,
                 .cpu_seconds_max = 17,
                 .open_files_max = 77,
                 .file_bytes_max = 0};
  s->start(spec, a.events());
  CHECK(a.line() == "/usr 77 1048576 17 0 blue none");
  s->start(shell("grep -E 'SigBlk|NoNewPrivs' /proc/self/status "
                 "| tr -d '\\n\\t'; kill -PIPE $$"),
           b.events());
  CHECK(b.line() == "SigBlk:0000000000000000NoNewPrivs:1");
  // An ignored signal would stay ignored.
  CHECK(b.gone() == child_end{end_kind::signalled, SIGPIPE});
}
