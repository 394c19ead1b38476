#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "core/expression.hpp"
#include "core/expression_lua.hpp"

using namespace troupe;
using namespace troupe::core;
using nlohmann::json;

namespace {

const json world = json::parse(R"({
  "task": {"type": "build", "risk": 0.25, "tags": ["cpp", "fast"]},
  "run": {"input": {"env": "prod", "n": 3, "none": null}},
  "steps": {"build": {"output": {"ok": true, "items": [10, 20]}}},
  "other": {"output": {"ok": true, "items": [10, 20]}}
})");

bool yes(std::string_view expression) {
  auto got = evaluate(expression, world);
  INFO(expression << " " << (got ? "" : got.error().message));
  REQUIRE(got);
  return *got;
}

std::string value(std::string_view expression) {
  auto got = evaluate_value(expression, world);
  return got ? got->dump() : got.error().message;
}

std::string error(std::string_view expression, const json& context = world) {
  auto got = evaluate(expression, context);
  return got ? "no error" : got.error().message;
}

std::string wrong(std::string_view expression) {
  return check_expression(expression).value_or("nothing");
}

} // namespace

TEST_CASE("conditions compare what the context holds", "[core]")
{
  CHECK(yes("task.type == 'build' and task.risk < 0.3"));
  CHECK_FALSE(yes("steps.build.output.ok and run.input.env ~= \"prod\""));
  CHECK(yes("run.input.none == nil"));
  CHECK(yes("run.input.missing == nil"));
  CHECK_FALSE(yes("run.input.missing"));
  CHECK(yes("steps.build.output.items[2] == 20"));
  CHECK(yes("steps['build'].output.items[3] == nil"));
  CHECK(yes("#task.tags == 2"));
  CHECK(yes("steps.build.output == other.output"));
  CHECK(yes("steps.build.output ~= task"));
  CHECK(yes("not (run.input.n > 3 or\n run.input.n < 3)"));
}

TEST_CASE("an expression can give any value", "[core]")
{
  CHECK(value("run.input.n * 2 + 1") == "7");
  CHECK(value("run.input.n / 2") == "1.5");
  CHECK(value("'v' .. run.input.n") == "\"v3\"");
  CHECK(value("steps.build.output.items") == "[10,20]");
  CHECK(value("{1, 'a', {x = task.risk}}") == R"([1,"a",{"x":0.25}])");
  CHECK(value("{}") == "{}");
  CHECK(value("nil") == "null");
  CHECK_THAT(value("0/0"), Catch::Contains("division by zero"));
  CHECK_THAT(value("{1, a = 2}"), Catch::Contains("either a list"));
  CHECK_THAT(value("len"), Catch::Contains("is a function"));
}

TEST_CASE("the functions of expressions do what they say", "[core]")
{
  CHECK(value("len('h\xc3\xa9llo')") == "5");
  CHECK(value("len(task.tags) + len({1, 2}) + len(task)") == "7");
  CHECK(value("lower('AbC')") == "\"abc\"");
  CHECK(yes("contains('haystack', 'st') and not contains('a', 'b')"));
  CHECK(yes("contains(task.tags, 'cpp') and not contains(task.tags, 'c')"));
  CHECK(yes("contains({'dev', 'prod'}, run.input.env)"));
  CHECK(yes("contains(task, 'risk') and not contains(task, 'x')"));
  CHECK(yes("starts_with('release/1', 'release/')"));
  CHECK(yes("ends_with('a.cpp', '.cpp') and not ends_with('a', 'ba')"));
  CHECK(value("min(3, 1.5, 2)") == "1.5");
  CHECK(value("max(3, 1.5, 2)") == "3");
  CHECK(value("abs(-3) + abs(2.5)") == "5.5");
  CHECK(value("floor(2.9)") == "2");
  CHECK(value("floor(-2.1)") == "-3");
  CHECK_THAT(value("lower(run.input.none)"),
             Catch::Contains("missing here: `run.input.none`"));
}

TEST_CASE("a missing field is named with its whole path", "[core]")
{
  CHECK_THAT(error("steps.tests.output.ok"),
             Catch::Contains("`steps.tests` is missing (nil), so "
                             "`steps.tests.output.ok` cannot be read")
               && Catch::Contains("`steps.tests and steps.tests.output.ok`"));
  CHECK_THAT(error("task.cost < 3"),
             Catch::Contains("missing here: `task.cost`"));
  CHECK_THAT(error("taks.type == 'x'"),
             Catch::Contains("`taks` is not known here; there is `other`, "
                             "`run`, `steps`, `task`"));
  // The guarded one is not to blame.
  CHECK_THAT(error("(task.a and task.a.b) or run.x.y"),
             Catch::Contains("`run.x` is missing"));
  CHECK_THAT(error("run.input.n"), Catch::Contains("not true or false"));
  CHECK_THAT(error("steps.build.output.items[0] == 1"),
             Catch::Contains("lists count from 1"));
}

TEST_CASE("what is no Lua is explained", "[core]")
{
  CHECK(wrong("a == 1") == "nothing");
  CHECK(wrong("a != 1") == "at character 3, `!=`: write `~=` for \"is not\"");
  CHECK_THAT(wrong("a && b"), Catch::Contains("`and`"));
  CHECK_THAT(wrong("a || b"), Catch::Contains("`or`"));
  CHECK_THAT(wrong("!a"), Catch::Contains("`not`"));
  CHECK_THAT(wrong("a == null"), Catch::Contains("`nil`"));
  CHECK_THAT(wrong("a = 1"), Catch::Contains("`==`"));
  CHECK_THAT(wrong("a ? b : c"), Catch::Contains("and a or b"));
  CHECK_THAT(wrong("${run.id} == 1"), Catch::Contains("no template"));
  CHECK_THAT(wrong("a == 'x"), Catch::Contains("no closing quote"));
  CHECK_THAT(wrong("(a == 1"), Catch::Contains("character 1, `(`"));
  CHECK_THAT(wrong("a) + (b"), Catch::Contains("nothing was opened"));
  CHECK_THAT(wrong("[a)"), Catch::Contains("does not close"));
  CHECK_THAT(wrong("a.end == 1"), Catch::Contains("[\"name\"]"));
  CHECK_THAT(wrong("  "), Catch::Contains("empty"));
  CHECK_THAT(wrong("a ="), Catch::Contains("=="));
  CHECK_THAT(wrong("a =="), Catch::Contains("unexpected symbol"));
  CHECK_THAT(wrong("a b"), Catch::Contains("near 'b'"));
  CHECK_THAT(wrong("a, b"), Catch::Contains("near ','"));
}

TEST_CASE("nothing outside the whitelist can be reached", "[core]")
{
  for (auto text :
       {"os.execute('ls')", "require 'os'", "load('return 1')()",
        "getmetatable('').__index", "('x'):rep(1000000000)", "print(1)",
        "(function() while true do end end)()", "string.rep('x', 100)",
        "a -- b", "...", "[[x]]", "task.type('x')", "_G.len('x')"}) {
    INFO(text);
    CHECK((check_expression(text) || !evaluate(text, world)));
  }
  CHECK_THAT(wrong("rep('x', 9)"), Catch::Contains("unknown function; there "
                                                   "are: abs, contains"));
}

TEST_CASE("the paths of an expression can be listed", "[core]")
{
  auto got = expression_paths("steps.a.output['b c'][1] == len(run.input.x) "
                              "and contains({k = item}, 'steps.q')");
  REQUIRE(got.size() == 3);
  CHECK(got[0] == reference{"steps", {"a", "output", "b c", "1"}, 0});
  CHECK(to_text(got[1]) == "run.input.x");
  CHECK(to_text(got[2]) == "item");
}

TEST_CASE("text, steps and memory of an expression are bounded", "[core]")
{
  auto code = [](std::string_view expression, const json& context) {
    auto got = evaluate(expression, context);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::limit_reached);
    return got.error().message;
  };
  CHECK_THAT(wrong(std::string(5000, ' ') + "true"),
             Catch::Contains("expression_bytes_max"));
  CHECK_THAT(code(std::string(5000, ' ') + "true", world),
             Catch::Contains("expression_bytes_max"));
  json big{{"s", std::string(600'000, 'x')}};
  CHECK(error("contains(s, 'y')", big) == "no error");
  CHECK_THAT(code("s .. s == s", big),
             Catch::Contains("expression_memory_bytes_max"));
  std::string many = "contains(s, 'y')";
  for (int i = 0; i < 20; ++i)
    many += " or contains(s, 'y')";
  CHECK_THAT(code(many, big), Catch::Contains("expression_steps_max"));
}

TEST_CASE("even a loop that got in would end", "[core]")
{
  expressions::sandbox box;
  auto got = box.run("while true do end", json::object());
  REQUIRE_FALSE(got);
  CHECK_THAT(got.error().message, Catch::Contains("expression_steps_max"));
  expressions::sandbox other;
  got =
    other.run("local t = {} while true do t[#t + 1] = {} end", json::object());
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::limit_reached);
}

TEST_CASE("no text at all crashes the evaluator", "[core]")
{
  CHECK(rc::check("any bytes get an answer", [](const std::string& bytes) {
    (void)check_expression(bytes);
    (void)evaluate(bytes, world);
  }));
  CHECK(rc::check("any mix of words gets the same answer twice", [] {
    auto words = rc::gen::elementOf(std::vector<std::string>{
      "task", ".type", "(",        ")",         " and ", " not ", "==",
      "'x'",  "1",     "[",        "]",         "{",     "}",     ",",
      "..",   "len",   "contains", "run.input", "#",     "-",     "<"});
    std::string text;
    for (const auto& word :
         *rc::gen::container<std::vector<std::string>>(words))
      text += word;
    CHECK(value(text) == value(text));
  }));
}

TEST_CASE("views of numbers keep their kind", "[core]")
{
  json odd{{"big", 18446744073709551615ull},
           {"low", INT64_MIN},
           {"f", 1.0},
           {"list", json::array()}};
  CHECK(evaluate_value("low", odd)->dump() == "-9223372036854775808");
  CHECK(*evaluate("big > 1e19 and f == 1 and #list == 0", odd));
  CHECK(evaluate_value("abs(low)", odd)->dump() == "-9223372036854775808");
}

TEST_CASE("a value is text or no value", "[core]")
{
  CHECK_FALSE(evaluate_value(R"("\xff")", world));
  CHECK_FALSE(evaluate_value(R"({["a\0b"] = 1})", world));
  CHECK(evaluate_value(R"("\xc3\xa4")", world)->get<std::string>()
        == "\xc3\xa4");
}
