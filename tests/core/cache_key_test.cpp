#include "core/cache_key.hpp"
#include "core/workflow_cast.hpp"

using namespace troupe::core;

namespace {

std::string key(const std::string& fields, std::string_view input = "1",
                uint32_t round = 0) {
  return cache_key(one(fields)->steps[0], input, round);
}

} // namespace

TEST_CASE("steps that ask the same have the same key", "[core][cache]")
{
  auto plain = key("type: t, agent: bob");
  CHECK(plain.size() == 64);
  for (const auto* other :
       {"cache: 1h", "retries: 7", "timeout: 1h", "priority: 9", "deadline: 1d",
        "not_before: \"2030-01-01T00:00:00Z\"", "pure: true", "concurrency: k",
        "milestone: m", "labels: {a: b}", "fallback: eve"}) {
    INFO(other);
    CHECK(key(std::string{"type: t, agent: bob, "} + other) == plain);
  }
}

TEST_CASE("what an agent is told, and who it is, makes another key",
          "[core][cache]")
{
  auto plain = key("type: t, agent: bob");
  for (const auto* other : {"type: u, agent: bob", "type: t, agent: eve",
                            "type: t, agent: {capabilities: [bob]}",
                            "type: t, agent: bob, description: d",
                            "type: t, agent: bob, expect: output.ok",
                            "type: t, agent: bob, expect: {type: object}",
                            "type: t, agent: bob, risk: {impact: 3}"}) {
    INFO(other);
    CHECK(key(other) != plain);
  }
  CHECK(key("type: t, agent: bob", "2") != plain);
  CHECK(key("type: t, agent: bob", "1", 1) != plain);
  // Parts cannot run into each other.
  CHECK(key("agent: {capabilities: [a, b]}")
        != key("agent: {capabilities: [ab]}"));
}
