#include "services/process_loop.hpp"

#include <catch2/catch.hpp>

#include <sys/epoll.h>

#include <future>

#include "services/stage.hpp"

using namespace troupe::services;
using namespace std::chrono_literals;

namespace {

template <class T>
bool came(std::future<T>& what) {
  return what.wait_for(test::patience) == std::future_status::ready;
}

} // namespace

TEST_CASE("what is posted is called in order, before the end", "[services]")
{
  std::vector<int> seen;
  {
    process_loop loop;
    for (int i = 0; i < 100; ++i)
      loop.post([&seen, &loop, i] {
        seen.push_back(i);
        if (i == 99)
          loop.post([&seen] { seen.push_back(100); });
      });
  }
  REQUIRE(seen.size() == 101);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("timers fire in the order of their times, unless cancelled",
          "[services]")
{
  std::string seen;
  std::promise<void> over;
  auto waited = over.get_future();
  process_loop loop;
  loop.post([&] {
    loop.after(20ms, [&] { over.set_value(); });
    loop.after(10ms, [&] { seen += 'b'; });
    loop.after(0ms, [&] { seen += 'a'; });
    auto never = loop.after(5ms, [&] { seen += 'x'; });
    loop.cancel(never);
    loop.cancel(never);
  });
  REQUIRE(came(waited));
  CHECK(seen == "ab");
}

TEST_CASE("a watch that another one ended is not called", "[services]")
{
  int one[2], two[2];
  REQUIRE(::pipe(one) == 0);
  REQUIRE(::pipe(two) == 0);
  std::promise<void> over;
  auto waited = over.get_future();
  int calls = 0;
  process_loop::token a = 0, b = 0;
  {
    process_loop loop;
    loop.post([&] {
      // Both are ready in one look; the first ends both.
      auto ready = [&](uint32_t) {
        ++calls;
        loop.unwatch(a);
        loop.unwatch(b);
        loop.after(0ms, [&] { over.set_value(); });
      };
      CHECK(::write(one[1], "x", 1) == 1);
      CHECK(::write(two[1], "x", 1) == 1);
      a = loop.watch(one[0], EPOLLIN, ready);
      b = loop.watch(two[0], EPOLLIN, ready);
    });
    REQUIRE(came(waited));
  }
  CHECK(calls == 1);
  for (int fd : {one[0], one[1], two[0], two[1]})
    ::close(fd);
}
