#include "core/workflow_cast.hpp"

using namespace troupe::core;

namespace {

constexpr std::string_view declared = R"(
workflow: w
input:
  tag: {type: string, required: true, description: what to build}
  count: {type: integer, default: 3}
  share: number
  extra: any
steps: {a: {}}
)";

std::string checked(std::string_view json, const workflow& wf) {
  auto x = check_input(wf, json);
  std::string out = x.value.str();
  for (const auto& problem : x.problems)
    out += to_text(problem, "input") + "\n";
  return out;
}

std::string checked(std::string_view json) {
  return checked(json, *good(declared));
}

} // namespace

TEST_CASE("a run's input gets its defaults", "[input]")
{
  CHECK(checked(R"({"tag": "v1"})") == R"({"count":3,"tag":"v1"})");
  CHECK(checked(R"({"tag": "v1", "count": 7, "share": 1, "extra": null})")
        == R"({"count":7,"extra":null,"share":1,"tag":"v1"})");
}

TEST_CASE("everything wrong with an input is said at once", "[input]")
{
  CHECK(checked(R"({"count": 1.5, "tga": "x"})")
        == "input:1:11: expected an integer, found the number 1.5 (at "
           "/count)\n"
           "input:1:1: `tag` is missing; `w` needs a string; add it to the "
           "run's input\n"
           "input:1:16: unknown field `tga` (at /tga); did you mean `tag`?\n");
  CHECK(checked("") == checked("{}"));
  CHECK(checked("[1]").find("expected an object") != std::string::npos);
  CHECK(checked("{").find("no valid JSON") != std::string::npos);
}

TEST_CASE("without a declaration any object is an input", "[input]")
{
  auto free = one("");
  CHECK(checked(R"({"b": [1], "a": {}})", *free) == R"({"a":{},"b":[1]})");
  CHECK(checked("", *free) == "{}");
  CHECK(checked("7", *free).find("expected an object") != std::string::npos);
}

TEST_CASE("an input lacks what a template of the workflow names", "[input]")
{
  auto free = good(R"(
workflow: w
steps:
  a: {input: {to: "${run.input.tag}", again: ["v${run.input.tag}"]}}
  b: {when: run.input.extra ~= nil, input: "${run.input.extra}"}
  c: {concurrency: {key: "db-${run.input.db.name}"}}
  d: {foreach: "${run.input.list}", idempotency_key: "${run.input.list[1]}"}
  e: {agent: x, fallback: {output: "${run.input.spare}"}}
  f: {input: "${run.input}"}
)");
  CHECK(checked("{}", *free)
          .find("step `a` uses `${run.input.tag}`, which this "
                "run is not given (at /tag); add it to")
        != std::string::npos);
  auto of = [&](std::string_view json) {
    auto x = check_input(*free, json);
    std::string out;
    for (const auto& problem : x.problems)
      out += problem.where + " ";
    return out;
  };
  CHECK(of("{}") == "/tag /db/name /list /list/1 /spare ");
  CHECK(of(R"({"tag": null, "db": {}, "list": [1], "spare": 1})")
        == "/db/name /list/1 ");
  CHECK(of(R"({"tag": 1, "db": {"name": "x"}, "list": [1, 2], "spare": 1})")
          .empty());
}

TEST_CASE("an optional input without a default is missing where it is used",
          "[input]")
{
  auto wf = good("workflow: w\ninput: {tag: string, more: {default: 1}}\n"
                 "steps: {a: {input: \"${run.input.tag}${run.input.more}\"}}");
  CHECK(check_input(*wf, "{}").problems.size() == 1);
  CHECK(check_input(*wf, R"({"tag": "v1"})").problems.empty());
}

TEST_CASE("an input's declaration survives the canonical text", "[input]")
{
  auto first = good(declared);
  auto again = good(first->source.view());
  CHECK(again->input == first->input);
  CHECK(again->input.at("share").type == "number");
  CHECK_FALSE(again->input.at("share").required);
}
