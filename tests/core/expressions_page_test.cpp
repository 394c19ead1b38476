#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/expression.hpp"
#include "core/template.hpp"
#include "core/workflow_cast.hpp"

// docs/expressions.md says what templates and expressions give. Here it must be
// true.

using namespace troupe::core;
using nlohmann::json;

namespace {

std::string page() {
  std::ifstream in{TROUPE_ROOT "/docs/expressions.md"};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

json world() {
  auto text = page();
  auto begin = text.find("```json\n") + 8;
  return json::parse(text.substr(begin, text.find("```", begin) - begin));
}

/// Rows of the table under that heading: both cells, without backquotes.
std::vector<std::pair<std::string, std::string>>
rows(const std::string& heading) {
  std::istringstream in{page()};
  std::vector<std::pair<std::string, std::string>> out;
  auto bare = [](const std::string& cell) {
    bool quoted = cell.size() > 1 && cell.front() == '`'
                  && cell.find('`', 1) == cell.size() - 1;
    return quoted ? cell.substr(1, cell.size() - 2) : cell;
  };
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == heading) {
      inside = true;
      std::getline(in, line); // The rule below it.
    } else if (inside && line.substr(0, 2) != "| ") {
      break;
    } else if (inside) {
      auto middle = line.find(" | ");
      out.emplace_back(bare(line.substr(2, middle - 2)),
                       bare(line.substr(middle + 3, line.size() - middle - 5)));
    }
  }
  return out;
}

} // namespace

TEST_CASE("the templates of docs/expressions.md become what it says", "[core]")
{
  auto all = world();
  text input{all["run"]["input"].dump()}, item{all["item"].dump()},
    output{all["output"].dump()}, build{all["steps"]["build"]["output"].dump()};
  scope s;
  s.run_input = &input;
  s.run_id = "r-1";
  s.run_name = "release";
  s.task_id = "t-1";
  s.item = &item;
  s.index = all["index"].get<uint32_t>();
  s.iteration = all["iteration"].get<uint32_t>();
  s.output = &output;
  s.output_of = [&](std::string_view step) {
    return step == "build" ? &build : nullptr;
  };
  auto table = rows("| template | becomes |");
  CHECK(table.size() == 10);
  for (const auto& [written, wanted] : table) {
    INFO(written);
    auto got = resolve(text{written}, s);
    REQUIRE(got);
    CHECK(got->str() == wanted);
  }
}

TEST_CASE("the expressions of docs/expressions.md give what it says", "[core]")
{
  auto table = rows("| expression | gives |");
  CHECK(table.size() == 18);
  for (const auto& [written, wanted] : table) {
    INFO(written);
    CHECK_FALSE(check_expression(written));
    auto got = evaluate_value(written, world());
    REQUIRE(got);
    CHECK(got->dump() == wanted);
  }
}

TEST_CASE("what docs/expressions.md calls refused is refused", "[core]")
{
  auto table = rows("| expression | because |");
  CHECK(table.size() == 7);
  for (const auto& [written, why] : table) {
    INFO(written);
    auto got = evaluate(written, world());
    REQUIRE_FALSE(got);
    CHECK_THAT(got.error().message, Catch::Contains(why));
  }
}

TEST_CASE("a condition of a step can name what docs/expressions.md names",
          "[core]")
{
  // In the text of JSON, which needs no thought about quotes.
  for (const auto& [written, wanted] : rows("| expression | gives |")) {
    json file{{"workflow", "w"},
              {"steps",
               {{"build", json::object()},
                {"a",
                 {{"depends_on", {"build"}},
                  {"foreach", {1, 2}},
                  {"expect", written}}}}}};
    INFO(written);
    CHECK(problems_of(file.dump()).empty());
  }
  auto names = rows("| name | is | in |");
  CHECK(names.size() == 5);
}
