#include <catch2/catch.hpp>

#include "actors/known_workflows.hpp"

using namespace troupe;
using form = known_workflows::form;

namespace {

std::string one(const std::string& name) {
  return "workflow: " + name + "\nsteps: {a: {}}\n";
}

} // namespace

TEST_CASE("a workflow that comes again is parsed no more", "[actors]")
{
  known_workflows known;
  CHECK(known.parse(one("w")).value->name == "w");
  CHECK(known.kept() == 0); // It may never come again.
  auto second = known.parse(one("w"));
  CHECK(known.kept() == 1);
  CHECK(known.parse(one("w")).value == second.value);
  CHECK(known.parse(one("x")).value->name == "x");
}

TEST_CASE("a text is one thing as a workflow and another as a list", "[actors]")
{
  known_workflows known;
  const std::string list = R"([{"name": "a"}])";
  for (int i = 0; i < 3; ++i) {
    CHECK(known.parse(list, form::task_list).value);
    CHECK_FALSE(known.parse(list).value);
  }
}

TEST_CASE("what is wrong with a workflow is said each time", "[actors]")
{
  known_workflows known;
  for (int i = 0; i < 3; ++i)
    CHECK(known.parse("workflow: w\nstep: {}\n").problems.size() > 0);
  CHECK(known.kept() == 0);
}

TEST_CASE("beyond its bytes the oldest workflow is forgotten", "[actors]")
{
  known_workflows known;
  auto big = [](int n) {
    return one("w" + std::to_string(n)) + "# "
           + std::string(known_workflows::one_text_bytes_max - 100, 'x');
  };
  auto first = known.parse(big(0)).value;
  first = known.parse(big(0)).value;
  for (int n = 1; n <= 9; ++n)
    for (int i = 0; i < 2; ++i)
      known.parse(big(n));
  CHECK(known.kept() == 8);
  CHECK(known.parse(big(0)).value != first);
}
