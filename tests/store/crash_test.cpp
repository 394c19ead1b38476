#include <catch2/catch.hpp>

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include "store/samples.hpp"

// Real processes that die at any moment.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// In the child: appends for ever and tells the number of each commit that was
/// acknowledged.
[[noreturn]] void append_for_ever(core::store& of, int to) {
  session owner{of};
  for (uint32_t i = 1;; ++i) {
    auto b = sample_batch(i % shards, i, 10);
    if (owner.append(b).what != commit::done
        || ::write(to, &i, sizeof i) != sizeof i)
      ::_exit(1);
    owner.writer->maintain(t0 + i * 1ms);
  }
}

struct child {
  pid_t pid = -1;
  int from = -1;

  explicit child(core::store& of) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      ::close(ends[0]);
      append_for_ever(of, ends[1]);
    }
    ::close(ends[1]);
    from = ends[0];
  }

  /// The next number it acknowledges; 0 at its end.
  uint32_t next() {
    uint32_t i = 0;
    return ::read(from, &i, sizeof i) == sizeof i ? i : 0;
  }

  void kill() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

  ~child() { ::close(from); }
};

} // namespace

TEST_CASE("what was acknowledged survives a kill at any moment",
          "[store][crash]")
{
  scratch place;
  auto options = place.options();
  options.wal_checkpoint_bytes = 64 * 1024; // Kills meet checkpoints as well.
  auto made = troupe::store::make_sqlite_store(options);
  for (uint32_t after : {1u, 7u, 40u}) {
    std::filesystem::remove_all(place.path());
    child victim{*made};
    while (victim.next() < after)
      ;
    victim.kill();
    uint32_t last = after;
    while (auto more = victim.next())
      last = more;
    session again{*made};
    CHECK_FALSE(again.state.clean);
    auto reader = made->reader();
    CHECK(*reader->check(true) == std::vector<std::string>{});
    for (uint32_t i = 1; i <= last; ++i)
      CHECK(reader->load_run(sample_run(i % shards, i).key)->tasks.size()
            == 10);
  }
}

TEST_CASE("a second process is refused and told who holds the store",
          "[store][crash]")
{
  scratch place;
  auto made = troupe::store::make_sqlite_store(place.options());
  child holder{*made};
  REQUIRE(holder.next() == 1);
  auto second = made->writer()->open(shards, t0);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::store_locked);
  CHECK(second.error().message.find(std::to_string(holder.pid))
        != std::string::npos);
  // But it may read.
  CHECK(*made->reader()->find_run(sample_run(1, 1).key));
  holder.kill();
  CHECK(made->writer()->open(shards, t0));
}
