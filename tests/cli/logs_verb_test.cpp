#include <catch2/catch.hpp>

#include "cli/console.hpp"

// `troupe logs`: pages and following.

using namespace troupe::cli;
using namespace troupe::test;
using nlohmann::json;

namespace {

const std::string task_a = run_a.substr(0, 35) + "1";

json line(uint64_t number, const std::string& text, int attempt = 1) {
  return {{"task", task_a},     {"name", "build"},
          {"attempt", attempt}, {"number", number},
          {"line", text},       {"at", "2026-01-02T03:04:05.678901Z"}};
}

troupe::core::api_answer body(const json& x) {
  return {{}, {}, troupe::core::text{x.dump()}, {}};
}

} // namespace

TEST_CASE("logs of a run name the step, and come to their last page", "[logs]")
{
  console at;
  at.api->on("logs", [&](const troupe::core::api_request& what) {
    auto after = json::parse(what.params.view()).value("after", "");
    if (after.empty())
      return body({{"lines", {line(0, "one")}}, {"next", "1.1.1"}});
    CHECK(after == "1.1.1");
    return body({{"lines", {line(7, "two", 2)}}});
  });
  CHECK(at.run({"logs", run_a}) == exit_ok);
  CHECK(at.out.str()
        == "03:04:05.678  build  one\n(7 older lines were not kept)\n"
           "03:04:05.678  build (try 2)  two\n");
  CHECK(at.run({"logs", run_a, "--json"}) == exit_ok);
  CHECK(at.out.str()
        == line(0, "one").dump() + "\n" + line(7, "two", 2).dump() + "\n");
}

TEST_CASE("logs --follow of a task ends with it", "[logs]")
{
  console at;
  int asked = 0;
  at.api->on("logs", [&](const troupe::core::api_request& what) {
    auto params = json::parse(what.params.view());
    CHECK(params["task"] == task_a);
    CHECK(params["attempt"] == 1);
    if (asked++ == 0)
      return body({{"lines", {line(0, "one")}}, {"next", "c"}, {"live", true}});
    CHECK(params["after"] == "c");
    if (asked == 2)
      return body({{"lines", json::array()}, {"next", "c"}, {"live", true}});
    return body({{"lines", {line(1, "two")}}});
  });
  at.api->play({{"1", R"({"kind": "task_ended"})", true}});
  CHECK(at.run({"logs", task_a, "--follow", "--attempt", "1"}) == exit_ok);
  CHECK(asked == 3);
  CHECK(at.out.str() == "03:04:05.678  one\n03:04:05.678  two\n");
}

TEST_CASE("logs --follow of a run shows each line once", "[logs]")
{
  console at;
  at.api->on("logs", json{{"lines", {line(0, "kept")}}, {"live", true}}.dump());
  at.api->on("tasks", R"({"tasks": []})");
  at.api->on("task", R"({"name": "test"})");
  auto other = run_a.substr(0, 35) + "2";
  auto event = [](const std::string& id, const std::string& text) {
    return json{{"kind", "log"}, {"id", id}, {"attempt", 1}, {"line", text}}
      .dump();
  };
  at.api->play({{"1", event(task_a, "kept"), false},
                {"2", event(other, "live"), false},
                {"3", R"({"kind": "end"})", true}});
  CHECK(at.run({"logs", run_a, "--follow"}) == exit_ok);
  CHECK(at.out.str() == "03:04:05.678  build  kept\ntest  live\n");
}

TEST_CASE("^C ends the following, not the work", "[logs]")
{
  console at;
  at.api->on("logs", R"({"lines": [], "live": true})");
  at.interrupted = [] { return true; };
  CHECK(at.run({"logs", task_a, "--follow"}) == exit_interrupted);
  CHECK(at.complained("the work goes on"));
}
