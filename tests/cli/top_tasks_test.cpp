#include <catch2/catch.hpp>

#include "cli/top_sample.hpp"

// The tasks of one run, in `troupe top`.

using namespace troupe::cli;
using namespace troupe::test;
using nlohmann::json;

TEST_CASE("enter shows the tasks of a run, escape its run again", "[top]")
{
  auto view = filled();
  text(view);
  view.press("down");
  CHECK(view.opened().empty());
  view.press("enter");
  CHECK(view.opened() == run_of(1)["run"]);
  CHECK(has(text(view), "[1 Runs: run1]"));
  auto task = [](int run, const std::string& name) {
    return json{{"task", "id of " + name},
                {"run", run_of(run)["run"]},
                {"name", name},
                {"type", "x"},
                {"state", "in_progress"},
                {"attempt", 2},
                {"agent", "ann"}};
  };
  // One that was asked for before: of another run.
  view.take("run_tasks", {{"tasks", {task(0, "other")}}});
  CHECK_FALSE(has(text(view), "other"));
  view.take("run_tasks", {{"tasks", {task(1, "fetch"), task(1, "build")}}});
  CHECK(has(text(view), "> fetch"));
  view.press("down");
  CHECK(has(chosen(view), "build"));
  view.press("p");
  CHECK(has(text(view), "`p` does nothing in this view"));
  view.press("c");
  auto wish = view.press("y");
  CHECK(wish.op == "cancel");
  CHECK(wish.params == json{{"task", "id of build"}});
  view.press("escape");
  CHECK(view.opened().empty());
  CHECK(has(chosen(view), "run1"));
}
