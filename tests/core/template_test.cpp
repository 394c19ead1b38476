#include <catch2/catch.hpp>

#include <map>

#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "core/template.hpp"

using namespace troupe;
using namespace troupe::core;

namespace {

/// A run with input, two steps and an item.
struct world {
  text input{R"({"env":"prod","n":3,"list":[10,{"k":"v"}],"none":null})"};
  text item{R"({"name":"ann"})"};
  text own{"7"};
  std::map<std::string, text, std::less<>> outputs{
    {"build", text{R"({"version":"1.2","ok":true,"items":["a","b"]})"}},
    {"raw", text{R"( {"z":1.50,"a":2} )"}}};

  scope names() const {
    scope out;
    out.run_input = &input;
    out.run_id = "r-1";
    out.run_name = "release";
    out.task_id = "t-1";
    out.item = &item;
    out.index = 4;
    out.iteration = 2;
    out.output = &own;
    out.output_of = [this](std::string_view step) -> const text* {
      auto pos = outputs.find(step);
      return pos == outputs.end() ? nullptr : &pos->second;
    };
    return out;
  }

  std::string operator()(const std::string& json) const {
    auto got = resolve(text{json}, names());
    return got ? got->str() : "error: " + got.error().message;
  }
};

std::string problem_of(const std::string& json) {
  auto got = references(json);
  return got ? "" : got.error().message;
}

} // namespace

TEST_CASE("a string that is one reference becomes the value itself", "[core]")
{
  world w;
  CHECK(w(R"("${run.input.n}")") == "3");
  CHECK(w(R"("${steps.build.output.ok}")") == "true");
  CHECK(w(R"("${run.input.none}")") == "null");
  CHECK(w(R"({"a": "${steps.build.output.items}"})") == R"({"a": ["a","b"]})");
  CHECK(w(R"("${run.input.list[1].k}")") == R"("v")");
  CHECK(w(R"("${run.input.list.0}")") == "10");
  CHECK(w(R"("${run.input['list'][0]}")") == "10");
  CHECK(w(R"(["${index}","${iteration}","${output}","${item.name}"])")
        == R"([4,2,7,"ann"])");
  CHECK(w(R"(["${run.id}","${ run.name }","${task.id}"])")
        == R"(["r-1","release","t-1"])");
}

TEST_CASE("inside a longer string a value comes in as text", "[core]")
{
  world w;
  CHECK(w(R"("v${steps.build.output.version}-${run.input.n}")")
        == R"("v1.2-3")");
  CHECK(w(R"("<${steps.build.output.items}>")") == R"("<[\"a\",\"b\"]>")");
}

TEST_CASE("what is no reference keeps its bytes", "[core]")
{
  world w;
  CHECK(w(R"({ "x" : 1.50 , "${run.id}" : "${run.id}" })")
        == R"({ "x" : 1.50 , "${run.id}" : "r-1" })");
  CHECK(w(R"("${steps.raw.output}")") == R"( {"z":1.50,"a":2} )");
  CHECK(w(R"("$${run.id} costs $5")") == R"("${run.id} costs $5")");
  CHECK(w(R"(["say \"${run.id}\"", "a\\"])") == R"(["say \"r-1\"", "a\\"])");
}

TEST_CASE("a value that looks like a reference is not resolved again", "[core]")
{
  world w;
  w.outputs["evil"] = text{R"("${run.input.env}")"};
  CHECK(w(R"("${steps.evil.output}")") == R"("${run.input.env}")");
  CHECK(w(R"("x ${steps.evil.output}")") == R"("x ${run.input.env}")");
}

TEST_CASE("a missing reference says what is missing and what there is",
          "[core]")
{
  world w;
  CHECK(w(R"("${steps.build.output.tag}")")
        == "error: `${steps.build.output.tag}`: step `build` has no output "
           "`tag`; there is `items`, `ok`, `version`");
  CHECK(w(R"("${steps.build.output.items[2]}")")
        == "error: `${steps.build.output.items.2}`: step `build` has no output "
           "`items.2`; it is a list of 2 (from 0)");
  CHECK(w(R"("${steps.build.output.version.major}")")
        == "error: `${steps.build.output.version.major}`: step `build` has no "
           "output `version.major`; it is a string");
  CHECK_THAT(w(R"("${steps.deploy.output}")"),
             Catch::Contains("step `deploy` has no output here"));
  CHECK_THAT(w(R"("${run.input.x}")"),
             Catch::Contains("the run has no input `x`"));
  auto got = resolve(text{R"("${item}")"}, scope{});
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::template_failed);
  CHECK(got.error().kind == category::validation);
  CHECK_THAT(got.error().message, Catch::Contains("`foreach`"));
}

TEST_CASE("a malformed reference is refused with a hint", "[core]")
{
  CHECK_THAT(problem_of(R"("${run.input")"),
             Catch::Contains("without its `}`"));
  CHECK_THAT(problem_of(R"("${}")"), Catch::Contains("a name must follow"));
  CHECK_THAT(problem_of(R"("${run..id}")"),
             Catch::Contains("part of the path"));
  CHECK_THAT(problem_of(R"("${run.input[x]}")"),
             Catch::Contains("part of the path"));
  CHECK_THAT(problem_of(R"("${run.id == 3}")"), Catch::Contains("`when`"));
  CHECK_THAT(problem_of(R"("${env.HOME}")"),
             Catch::Contains("unknown name `env`"));
  CHECK_THAT(problem_of(R"("${steps.a.version}")"),
             Catch::Contains("`${steps.a.output.version}`"));
  CHECK_THAT(problem_of(R"("${run.state}")"), Catch::Contains("`run.input`"));
  CHECK_THAT(problem_of(R"("${index.a}")"), Catch::Contains("has no parts"));
  CHECK_THAT(problem_of(R"({"a": "${run.id}")"), Catch::Contains("no JSON"));
}

TEST_CASE("references come in order, with their place", "[core]")
{
  std::string json = R"({"${skip}":"a ${run.id}","b":["\n${item.x}"]})";
  auto got = references(json);
  REQUIRE(got);
  REQUIRE(got->size() == 2);
  CHECK((*got)[0] == reference{"run", {"id"}, json.find("${run.id}")});
  CHECK((*got)[1] == reference{"item", {"x"}, json.find("\"\\n")});
  CHECK(references("[1, 2").operator bool()); // Nothing to look for.
  auto plain = references_in_string("k-${steps.a.output[0]}");
  REQUIRE(plain);
  CHECK(plain->front() == reference{"steps", {"a", "output", "0"}, 2});
}

TEST_CASE("plain text resolves to text", "[core]")
{
  world w;
  CHECK(*resolve_string("${run.input.n}h", w.names()) == "3h");
  CHECK(*resolve_string("${item}", w.names()) == R"({"name":"ann"})");
  CHECK(*resolve_string("no template", w.names()) == "no template");
  CHECK_FALSE(resolve_string("${run.input.q}", w.names()));
}

TEST_CASE("a result over the limit is refused by its name", "[core]")
{
  world w;
  w.outputs["big"] = text{'"' + std::string(3u << 20, 'x') + '"'};
  CHECK(w(R"("${steps.big.output}")").size() == (3u << 20) + 2);
  auto begin = [&w](const char* json) { return w(json).substr(0, 100); };
  CHECK_THAT(begin(R"(["${steps.big.output}","${steps.big.output}"])"),
             Catch::Contains("template_result_bytes_max"));
  CHECK_THAT(begin(R"("${steps.big.output}${steps.big.output}")"),
             Catch::Contains("template_result_bytes_max"));
}

TEST_CASE("an output that nests too deep is refused", "[core]")
{
  world w;
  w.outputs["deep"] = text{std::string(300, '[') + std::string(300, ']')};
  CHECK_THAT(w(R"("${steps.deep.output}")"), Catch::Contains("json_depth_max"));
}

TEST_CASE("any text that is wrapped and escaped comes back as it was", "[core]")
{
  CHECK(rc::check("resolve(escape(x)) == x", [] {
    auto chars = rc::gen::container<std::string>(
      rc::gen::elementOf(std::string{"$${}{}.a\"\\ \n["}));
    auto plain = *chars;
    std::string escaped;
    for (size_t i = 0; i < plain.size(); ++i)
      escaped += plain.compare(i, 2, "${") == 0 ? "$$" : plain.substr(i, 1);
    auto got = resolve(text{nlohmann::json(escaped).dump()}, scope{});
    RC_ASSERT(got);
    RC_ASSERT(nlohmann::json::parse(got->view()) == nlohmann::json(plain));
  }));
}

TEST_CASE("no text at all crashes the reader", "[core]")
{
  CHECK(rc::check("references answers anything", [](const std::string& bytes) {
    (void)references(bytes);
    (void)references("\"" + bytes + "${" + bytes + "}\"");
    (void)references_in_string("${" + bytes + "${run.input." + bytes);
  }));
}
