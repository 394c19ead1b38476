#include <catch2/catch.hpp>

#include <malloc.h>

#include <fstream>
#include <thread>

#include "agents/linked_agent.hpp"
#include "agents/process_agent.hpp"
#include "agents/recording_sink.hpp"

// What agents' processes do to a node, in both forms: `once`, a process for
// each task, and `jsonrpc`, one for many.

using namespace troupe;
using namespace std::chrono_literals;
using agents::test::recording_sink;

// Where the address sanitizer is, it keeps what was freed for a while: only it
// knows what is in use.
extern "C" size_t __sanitizer_get_current_allocated_bytes()
  __attribute__((weak));

namespace {

constexpr int cycles = 1000;
constexpr int first_cycles = 100; // Until caches and tables have their size.

size_t bytes_in_use() {
  if (__sanitizer_get_current_allocated_bytes != nullptr)
    return __sanitizer_get_current_allocated_bytes();
  return ::mallinfo2().uordblks;
}

/// What a spawner and its keepers have below them.
size_t descendants(pid_t of) {
  auto name = std::to_string(of);
  std::ifstream in{"/proc/" + name + "/task/" + name + "/children"};
  size_t all = 0;
  for (pid_t child = 0; in >> child;)
    all += 1 + descendants(child);
  return all;
}

/// Waits for nobody; answers how many there are if that does not come.
size_t left_in_the_end(const services::spawner& all) {
  auto left = descendants(all.pid());
  for (int i = 0; i < 100'000 && left + all.running() > 0; ++i) {
    std::this_thread::yield();
    left = descendants(all.pid());
  }
  return left + all.running();
}

struct what_there_is {
  size_t descriptors = services::test::open_descriptors();
  size_t bytes = bytes_in_use();
};

/// Agents of either form that run a shell script.
struct cruel {
  explicit cruel(bool long_lived, const std::string& script,
                 services::spawn_limits of_system = {}) {
    auto program = services::test::shell(script);
    program.limits = of_system;
    if (long_lived) {
      services::linked_request how;
      how.name = "bob";
      how.program = program;
      how.limits.grace = 100ms;
      how.limits.handshake_max = 20s;
      how.restarts.min = how.restarts.max = 1ms;
      agent = std::make_unique<agents::linked_agent>(*spawner, std::move(how));
    } else {
      services::run_limits limits;
      limits.grace = 100ms;
      agent = std::make_unique<agents::process_agent>(
        *spawner, agents::command_kind(program, limits));
    }
  }

  std::shared_ptr<recording_sink> give(const std::string& id = "a") {
    auto sink = std::make_shared<recording_sink>();
    auto t = agents::test::task_with("1");
    t.id = id;
    agent->perform(t, reply{sink});
    return sink;
  }

  std::unique_ptr<services::spawner> spawner = services::test::open_spawner();
  std::unique_ptr<reactive_agent> agent;
};

/// Says hello and takes the first task, as far as a script must; then the deed.
std::string linked_script(const std::string& deed) {
  return R"(
echo '{"jsonrpc":"2.0","id":1,"method":"link/hello","params":{"protocol":"1"}}'
read -r hello
read -r assign
echo '{"jsonrpc":"2.0","id":1,"result":{"accepted":true}}'
)" + deed;
}

cruel doing(bool long_lived, const std::string& deed,
            services::spawn_limits of_system = {}) {
  return cruel{long_lived, long_lived ? linked_script(deed) : deed, of_system};
}

} // namespace

TEST_CASE("agents that hold on to everything end when they must", "[agents]")
{
  auto long_lived = GENERATE(false, true);
  auto deed = GENERATE(as<std::string>{},
                       // Ignores what is polite, and so do its descendants.
                       "trap '' TERM HUP INT; echo ready >&2; "
                       "setsid sh -c \"trap '' TERM; sleep 1000\" & "
                       "while :; do sleep 1; done",
                       // Leaves a tree of sessions behind.
                       "for i in 1 2 3; do setsid setsid sleep 1000 & done; "
                       "echo ready >&2; sleep 1000",
                       // Stops itself, where no signal but one gets through.
                       "echo ready >&2; kill -STOP $$; sleep 1000",
                       // Closes what it has.
                       "echo ready >&2; exec <&- >&- 2>&-; sleep 1000");
  INFO(long_lived << ' ' << deed);
  auto bob = doing(long_lived, deed);
  auto a = bob.give();
  CHECK(a->logged(0) == "ready");
  a->cancel(false);
  a->cancel(true);
  CHECK(a->result().what == verdict::failed);
  // Without its agent the long-lived one does not come again.
  bob.agent.reset();
  CHECK(left_in_the_end(*bob.spawner) == 0);
}

TEST_CASE("an agent that eats memory is ended by its limit, and fails",
          "[agents]")
{
  auto long_lived = GENERATE(false, true);
  services::spawn_limits limits;
  limits.memory_bytes_max = 256 * 1024 * 1024;
  auto bob = doing(long_lived, "x=x; while :; do x=$x$x; done", limits);
  auto a = bob.give();
  CHECK(a->result().what == verdict::failed);
  CHECK_FALSE(a->result().error.message.empty());
}

TEST_CASE("a thousand agents that die at once leave nothing behind", "[agents]")
{
  auto long_lived = GENERATE(false, true);
  auto script = GENERATE(as<std::string>{}, "exit 7", "kill -9 $$");
  cruel bob{long_lived, script};
  auto cycle = [&bob](int i) {
    auto sink = bob.give(std::to_string(i));
    return sink->result().what == verdict::failed;
  };
  auto died = 0;
  for (int i = 0; i < first_cycles; ++i)
    died += cycle(i);
  what_there_is before;
  for (int i = first_cycles; i < cycles; ++i)
    died += cycle(i);
  what_there_is after;
  CHECK(died == cycles);
  // One of them may be there just now.
  CHECK(after.descriptors <= before.descriptors + 8);
  CHECK(after.bytes <= before.bytes + 64 * 1024);
  bob.agent.reset();
  CHECK(left_in_the_end(*bob.spawner) == 0);
}
