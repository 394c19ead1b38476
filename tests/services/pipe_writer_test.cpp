#include "services/pipe_writer.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>

#include <csignal>
#include <future>
#include <optional>

#include "services/stage.hpp"

using namespace troupe::services;

namespace {

/// A pipe whose one end a writer has, on a loop of its own.
struct written_pipe {
  written_pipe() {
    // As in the spawner's node: a pipe without a reader is an error, no end.
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    out = descriptor{ends[0]};
    on_loop([&] {
      writer.emplace(loop, [this] {
        if (auto state = writer->write(); state != write_state::waiting)
          later.set_value(state);
      });
      writer->open(descriptor{ends[1]});
    });
  }
  ~written_pipe() {
    on_loop([this] { writer.reset(); });
  }

  template <class F>
  void on_loop(F what) {
    std::promise<void> over;
    loop.post([&] {
      what();
      over.set_value();
    });
    over.get_future().get();
  }

  write_state write(std::string bytes) {
    write_state state{};
    on_loop([&] {
      writer->add(std::move(bytes));
      state = writer->write();
    });
    return state;
  }

  std::string read(size_t size) {
    std::string all(size, ' ');
    size_t have = 0;
    while (have < size) {
      auto got = ::read(out.get(), all.data() + have, size - have);
      if (got <= 0)
        break;
      have += static_cast<size_t>(got);
    }
    return all.substr(0, have);
  }

  process_loop loop;
  descriptor out;
  std::optional<pipe_writer> writer;
  std::promise<write_state> later;
};

std::string numbered(size_t bytes) {
  std::string out;
  for (size_t i = 0; out.size() < bytes; ++i)
    out += std::to_string(i) + ' ';
  return out;
}

} // namespace

TEST_CASE("a pipe that is full gets the rest when it is read", "[services]")
{
  written_pipe pipe;
  auto first = numbered(1'000'000);
  REQUIRE(pipe.write(first) == write_state::waiting);
  pipe.on_loop([&] { CHECK(pipe.writer->bytes_left() > 0); });
  CHECK(pipe.write("and more") == write_state::waiting);
  CHECK(pipe.read(first.size() + 8) == first + "and more");
  auto done = pipe.later.get_future();
  REQUIRE(done.wait_for(test::patience) == std::future_status::ready);
  CHECK(done.get() == write_state::written);
  pipe.on_loop([&] { CHECK(pipe.writer->bytes_left() == 0); });
  CHECK(pipe.write("again") == write_state::written);
  CHECK(pipe.read(5) == "again");
}

TEST_CASE("a pipe that nobody reads is closed once, and forgets what is left",
          "[services]")
{
  written_pipe pipe;
  pipe.out.close();
  CHECK(pipe.write("anybody?") == write_state::broken);
  pipe.on_loop([&] { CHECK(pipe.writer->bytes_left() == 0); });
  CHECK(pipe.write("anybody?") == write_state::closed);
  pipe.on_loop([&] { CHECK(pipe.writer->bytes_left() == 0); });
}

TEST_CASE("closing forgets what a full pipe has not taken", "[services]")
{
  written_pipe pipe;
  auto all = numbered(1'000'000);
  REQUIRE(pipe.write(all) == write_state::waiting);
  pipe.on_loop([&] { pipe.writer->close(); });
  auto came = pipe.read(all.size());
  CHECK(came.size() < all.size());
  CHECK(came == all.substr(0, came.size()));
  CHECK(pipe.write("more") == write_state::closed);
}
