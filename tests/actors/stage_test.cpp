#include <catch2/catch.hpp>

#include "actors/stage.hpp"

using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

std::string trace_of(uint64_t seed) {
  stage s;
  s.chaos(seed);
  auto trace = std::make_shared<std::string>();
  for (char c = 'a'; c < 'f'; ++c) {
    auto writer = [trace, c](caf::event_based_actor* self) -> caf::behavior {
      return {[self, trace, c](int32_t left) {
        *trace += c;
        if (left > 0)
          self->send(self, left - 1);
        else
          self->quit();
      }};
    };
    caf::anon_send(s.sys.spawn(writer), int32_t{4});
  }
  s.settle();
  return *trace;
}

/// Re-arms its timer for ever.
caf::behavior ticker(caf::event_based_actor* self, int* ticks) {
  self->delayed_send(self, 10ms, caf::tick_atom_v);
  return {[self, ticks](caf::tick_atom) {
    ++*ticks;
    self->delayed_send(self, 10ms, caf::tick_atom_v);
  }};
}

} // namespace

TEST_CASE("a seed is a schedule", "[actors]")
{
  std::set<std::string> different;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    REQUIRE(trace_of(seed) == trace_of(seed));
    different.insert(trace_of(seed));
  }
  CHECK(different.size() > 45);
}

TEST_CASE("timers fire in their own tick and do not outlast the stage",
          "[actors]")
{
  int ticks = 0;
  {
    stage s;
    auto held = s.sys.spawn(ticker, &ticks);
    s.advance(105ms);
    CHECK(ticks == 10);
  }
  CHECK(ticks == 10);
}

TEST_CASE("a question without an answer does not hang the stage", "[actors]")
{
  stage s;
  auto silent = s.sys.spawn([](caf::event_based_actor* self) -> caf::behavior {
    return {[self, keep = std::make_shared<caf::response_promise>()](int32_t) {
      *keep = self->make_response_promise();
      return *keep;
    }};
  });
  CHECK(s.ask<int32_t>(silent, int32_t{1}).error()
        == caf::sec::request_timeout);
}

TEST_CASE("an actor that is held gets no turn", "[actors]")
{
  stage s;
  auto seen = std::make_shared<int>(0);
  auto who = s.sys.spawn([seen](caf::event_based_actor*) -> caf::behavior {
    return {[seen](int32_t) { ++*seen; }};
  });
  s.settle();
  s.hold(who);
  caf::anon_send(who, int32_t{1});
  s.settle();
  CHECK(*seen == 0);
  s.release(who);
  s.settle();
  CHECK(*seen == 1);
}
