#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "core/answer_schemas.hpp"
#include "gateway/field_words.hpp"
#include "gateway/openapi.hpp"
#include "gateway/raw_client.hpp"
#include "gateway/route_words.hpp"
#include "gateway/routes.hpp"

using namespace troupe;
using namespace troupe::gateway;
using nlohmann::json;

namespace {

json document() {
  return json::parse(openapi_document());
}

/// Where something is referred to that is not there.
std::string broken_reference(const json& in, const json& whole) {
  if (in.is_object() && in.contains("$ref"))
    if (auto to = in["$ref"].get<std::string>();
        !to.starts_with("#")
        || !whole.contains(json::json_pointer{to.substr(1)}))
      return to;
  if (in.is_structured())
    for (const auto& x : in)
      if (auto broken = broken_reference(x, whole); !broken.empty())
        return broken;
  return {};
}

} // namespace

// A new route needs a line in src/gateway/route_words.cpp, and fields that no
// other route has need one there, too.
TEST_CASE("every route has its words, and no other", "[gateway][openapi]")
{
  for (const auto& x : routes()) {
    INFO(x.method << " " << x.pattern);
    const auto* words = words_of(x.method, x.pattern);
    REQUIRE(words);
    CHECK(!words->summary.empty());
    auto fields = field_words(x.body.fields);
    auto query = field_words(x.query);
    fields.insert(fields.end(), query.begin(), query.end());
    for (auto needed : field_words(words->required))
      CHECK(std::find(fields.begin(), fields.end(), needed) != fields.end());
  }
  CHECK(all_route_words().size() == routes().size());
}

TEST_CASE("every field that a route takes has its meaning",
          "[gateway][openapi]")
{
  std::set<std::string_view> used;
  for (const auto& x : routes()) {
    INFO(x.method << " " << x.pattern);
    auto fields = field_words(x.query);
    auto more = field_words(x.body.fields);
    fields.insert(fields.end(), more.begin(), more.end());
    for (auto open = x.pattern.find('{'); open != x.pattern.npos;
         open = x.pattern.find('{', open + 1))
      fields.push_back(
        x.pattern.substr(open + 1, x.pattern.find('}', open) - open - 1));
    for (auto field : fields) {
      INFO(field);
      const auto* known = meaning_of(field);
      REQUIRE(known);
      CHECK(json::accept(known->schema));
      used.insert(field);
    }
  }
  for (const auto& x : all_field_meanings()) {
    INFO(x.name);
    CHECK(used.count(x.name) == 1);
  }
}

TEST_CASE("every answer that is promised has its schema", "[gateway][openapi]")
{
  std::set<std::string_view> known;
  for (const auto& [name, text] : core::answer_schemas())
    known.insert(name);
  for (const auto& x : all_route_words()) {
    INFO(x.method << " " << x.pattern);
    CHECK((x.answer.empty() || known.count(x.answer) == 1));
  }
}

TEST_CASE("the document has every route once", "[gateway][openapi]")
{
  auto all = document();
  CHECK(all["openapi"] == "3.1.0");
  CHECK(broken_reference(all, all).empty());
  std::set<std::string> names;
  size_t operations = 0;
  for (const auto& [path, methods] : all["paths"].items())
    for (const auto& [method, what] : methods.items()) {
      INFO(method << " " << path);
      ++operations;
      CHECK(names.insert(what["operationId"].get<std::string>()).second);
      CHECK(what["responses"].contains("default"));
    }
  CHECK(operations == routes().size());
  auto one = all["paths"]["/api/v1/runs/{run}/signal"]["post"];
  CHECK(one["parameters"][0]["name"] == "run");
  CHECK(one["parameters"][0]["required"] == true);
  auto body = one["requestBody"]["content"]["application/json"]["schema"];
  CHECK(body["required"] == json{"name"});
  CHECK(body["properties"].size() == 2);
}

TEST_CASE("what can be looked up is asked for by its name", "[gateway]")
{
  const std::string run = "0190a1b2-0000-7000-8000-000000000000";
  const std::string runs = "/api/v1/runs/" + run;
  const std::string workflows = "/api/v1/workflows/";
  struct {
    std::string target, op;
    json params;
  } const table[] = {
    {runs + "/plan", "plan", {{"run", run}}},
    {runs + "/report", "report", {{"run", run}}},
    {workflows + "re-lease?version=3",
     "workflow",
     {{"name", "re-lease"}, {"version", 3}}},
    {workflows + "release/diff?from=1&to=2",
     "diff",
     {{"name", "release"}, {"from", 1}, {"to", 2}}},
    {"/api/v1/decisions/" + run, "decision", {{"task", run}}},
  };
  for (const auto& x : table) {
    INFO(x.target);
    http_request asked;
    asked.method = "GET";
    asked.target = x.target;
    asked.host = "localhost";
    REQUIRE(!refuse_head(asked, 8192));
    auto what = decide(asked);
    const auto* call = std::get_if<forward>(&what);
    REQUIRE(call);
    CHECK(call->call.op == x.op);
    CHECK(json::parse(call->call.params.view()) == x.params);
  }
}

TEST_CASE("the node serves its own description", "[gateway][openapi]")
{
  test::served at;
  auto got = at.get("/api/v1/openapi.json");
  CHECK(got.status == 200);
  CHECK(got.json() == document());
}
