#include <catch2/catch.hpp>

#include "cli/console.hpp"

using namespace troupe;
using namespace troupe::cli;
using namespace troupe::test;
using nlohmann::json;

namespace {

/// Answers with the name that stands in the file, and what it says of `part`.
void registers(console& at) {
  at.api->on("register", [](const core::api_request& asked) {
    auto text =
      json::parse(asked.params.view()).at("workflow").get<std::string>();
    auto first = text.substr(0, text.find('\n'));
    json body{{"name", first.substr(10)}, {"version", 1}};
    if (text.find("part@1") != std::string::npos)
      body["notes"] = {"workflow `part@1` is not registered yet"};
    return core::api_answer{{}, {}, core::text{body.dump()}, {}};
  });
}

} // namespace

TEST_CASE("workflows are registered in the order of their files", "[cli]")
{
  console at;
  registers(at);
  file whole{"workflow: whole\nsteps: {a: {workflow: part@1}}\n"};
  file part{"workflow: part\nsteps: {a: }\n"};
  CHECK(at.run({"register", whole.path, part.path}) == exit_ok);
  CHECK(at.out.str() == "whole@1\npart@1\n");
  CHECK(at.err.str().empty()); // The second brought what the first lacked.
  CHECK(at.api->calls().size() == 2);
  CHECK(at.run({"register", whole.path}) == exit_ok);
  CHECK(at.complained("note: workflow `part@1` is not registered yet"));
  CHECK(at.run({"register", whole.path, "--json"}) == exit_ok);
  CHECK(json::parse(at.out.str())["version"] == 1);
}

TEST_CASE("what cannot be registered is said with its file", "[cli]")
{
  console at;
  CHECK(at.run({"register"}) == exit_usage);
  CHECK(at.run({"register", "/no/such.yaml"}) == exit_not_found);
  file tasks{R"([{"type":"a"}])", ".json"};
  CHECK(at.run({"register", tasks.path}) == exit_usage);
  CHECK(at.complained(tasks.path + " holds a list of tasks"));
  core::api_answer wrong;
  wrong.error = {errc::invalid, category::validation, "2 problems"};
  wrong.problems = {{"/a", 1, 2, "odd", "mend it"}, {"/b", 3, 4, "bad", ""}};
  at.api->fail("register", wrong);
  file bad{"workflow: x\n"};
  CHECK(at.run({"register", bad.path}) == exit_usage);
  CHECK(at.complained(bad.path + " has 2 problems\n  " + bad.path + ":1:2"));
}

TEST_CASE("parts are registered before the workflow is handed over", "[cli]")
{
  console at;
  registers(at);
  at.api->on("submit", R"({"run":")" + run_a + "\"}");
  file whole{"workflow: whole\nsteps: {a: {workflow: part@1}}\n"};
  file part{"workflow: part\nsteps: {a: }\n"};
  CHECK(at.run({"submit", whole.path, "--with", part.path}) == exit_ok);
  auto calls = at.api->calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].op == "register");
  CHECK(calls[1].op == "submit");
  CHECK(at.out.str() == run_a + "\n");
  // A part that is refused keeps the whole back.
  core::api_answer wrong;
  wrong.error = {errc::invalid_state, category::validation, "another content"};
  at.api->fail("register", wrong);
  CHECK(at.run({"submit", whole.path, "--with", part.path}) == exit_conflict);
  CHECK(at.api->last_call().op == "register");
}
