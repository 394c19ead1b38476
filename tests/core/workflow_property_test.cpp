#include <set>

#include <rapidcheck.h>

#include "core/workflow_cast.hpp"

using namespace troupe::core;

namespace {

template <class T>
T pick(std::initializer_list<T> from) {
  return *rc::gen::elementOf(std::vector<T>(from));
}

/// One field in a form that people write; nothing where it stays out.
std::string maybe(std::initializer_list<const char*> forms) {
  return *rc::gen::arbitrary<bool>() ? std::string{pick(forms)} + ", " : "";
}

std::string random_step(int index) {
  std::string out = maybe({"timeout: 90s", "timeout: 1h30m5ms"})
                    + maybe({"retries: 0", "retries: 7"})
                    + maybe({"priority: low", "priority: 9"})
                    + maybe({"labels: {a: 1, b: x}", "labels: {c: \"ü\\n\"}"})
                    + maybe({"risk: {impact: 3}", "phase: p, complexity: 2.5"})
                    + maybe({"input: {a: [1, 2.5, null, true, \"x\"]}",
                             "input: \"${run.input.x}\"", "input: null"});
  auto kind = *rc::gen::inRange(0, 4);
  if (kind == 0)
    out += pick({"sleep: 1h", "signal: go", "workflow: other@3",
                 "approve: true", "sleep: \"${run.input.t}\""})
           + std::string{", "};
  // A step of another kind can have neither of these.
  if (kind == 0 && out.find("workflow:") == out.npos) {
    auto at = out.find("retries");
    if (at != out.npos)
      out.erase(at, std::string{"retries: 0, "}.size());
  }
  if (out.find("sleep:") != out.npos || out.find("approve: true") != out.npos)
    if (auto at = out.find("timeout:"); at != out.npos)
      out.erase(at, out.find(", ", at) + 2 - at);
  if (kind != 0)
    out += maybe({"agent: bob", "agent: {capabilities: [b, a, b]}"})
           + maybe({"type: t", "resources: {gpu: 0.5}"})
           + maybe({"backoff: {base: 2s}", "backoff: {factor: 1.7}"})
           + maybe({"concurrency: k", "rate: {key: r, per_second: 0.1}"})
           + maybe({"foreach: [1]", "repeat_until: output.ok"})
           + maybe({"kind: work, approve: {by: ann}", "cache: 1w"})
           + maybe({"expect: output.ok", "expect: {type: string}",
                    "expect: {that: output.ok, schema: {}}"});
  std::set<int> chosen;
  for (int i = 0; i < 3 && index > 0; ++i)
    chosen.insert(*rc::gen::inRange(0, index));
  std::string edges;
  for (auto other : chosen) {
    auto name = "s" + std::to_string(other);
    edges += *rc::gen::arbitrary<bool>()
               ? name + ", "
               : "{step: " + name
                   + ", on: " + pick({"failure", "always", "success"}) + "}, ";
  }
  return "  s" + std::to_string(index) + ": {" + out + "depends_on: [" + edges
         + "]}\n";
}

std::string random_workflow() {
  auto steps = *rc::gen::inRange(1, 25);
  std::string out = "workflow: w\n";
  if (*rc::gen::arbitrary<bool>())
    out += "defaults: {timeout: 5m, labels: {z: 1}, risk: {impact: 1}}\n";
  out += "steps:\n";
  for (int i = 0; i < steps; ++i)
    out += random_step(i);
  return out;
}

} // namespace

TEST_CASE("the canonical text of any workflow reads back the same",
          "[workflow][property]")
{
  CHECK(rc::check([] {
    auto source = random_workflow();
    auto first = parse_workflow(source);
    for (const auto& x : first.problems)
      RC_FAIL(to_text(x, source));
    auto again = parse_workflow(first.value->source.view());
    for (const auto& x : again.problems)
      RC_FAIL(to_text(x, first.value->source.str()));
    RC_ASSERT(same(*first.value, *again.value));
  }));
}

TEST_CASE("a workflow's order respects its edges", "[workflow][property]")
{
  CHECK(rc::check([] {
    auto parsed = parse_workflow(random_workflow());
    RC_ASSERT(parsed.value != nullptr);
    const auto& x = *parsed.value;
    std::vector<size_t> place(x.steps.size());
    RC_ASSERT(x.order.size() == x.steps.size());
    for (size_t i = 0; i < x.order.size(); ++i)
      place[x.order[i]] = i;
    for (size_t i = 0; i < x.steps.size(); ++i)
      for (const auto& edge : x.steps[i].depends_on)
        RC_ASSERT(place[edge.step] < place[i]);
  }));
}

TEST_CASE("whatever bytes come, reading ends with a value or with problems",
          "[workflow][property]")
{
  CHECK(rc::check([] {
    auto source = random_workflow();
    auto changes = *rc::gen::inRange(1, 6);
    for (int i = 0; i < changes; ++i) {
      auto at = *rc::gen::inRange<size_t>(0, source.size());
      source[at] = *rc::gen::elementOf(std::string{"{}[]:,\"'&*!|>-# \n\tx$"});
    }
    auto parsed = parse_workflow(source);
    RC_ASSERT((parsed.value == nullptr) == !parsed.problems.empty());
  }));
}
