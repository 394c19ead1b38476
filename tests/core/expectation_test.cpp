#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/expectation.hpp"

using namespace troupe::core;
using nlohmann::json;

namespace {

std::string problem(const char* schema) {
  return schema_problem(json::parse(schema));
}

std::string why(const char* schema, const char* value) {
  return mismatch(json::parse(schema), json::parse(value));
}

} // namespace

TEST_CASE("a schema says only what can be checked", "[core][expect]")
{
  CHECK(problem("true").empty());
  CHECK(problem(R"({"title":"t","examples":[1],"type":["string","null"]})")
          .empty());
  CHECK(problem(R"({"properties":{"properties":{"minLength":1}},
    "required":["a"],"additionalProperties":false,"items":{"enum":[1]},
    "anyOf":[true,{"not":{"const":2}}],"minimum":-1.5,"maxItems":3})")
          .empty());
  CHECK(problem("7") == "/ is no schema but number");
  CHECK(problem(R"({"pattern":"^a"})") == "`pattern` is not supported");
  CHECK(problem(R"({"properties":{"id":{"format":"uuid"}}})")
        == "`format` at /properties/id is not supported");
  CHECK(problem(R"({"anyOf":[true,{"oneOf":[]}]})")
        == "`oneOf` at /anyOf/1 is not supported");
  CHECK(problem(R"({"items":[1]})") == "`items` must be a schema");
  CHECK(problem(R"({"type":"text"})").find("`type` must be string, number")
        == 0);
  CHECK(problem(R"({"required":"a"})") == "`required` must be a list of names");
  CHECK(problem(R"({"minLength":-1})")
        == "`minLength` must be a whole number from 0");
  CHECK(problem(R"({"properties":[]})")
        == "`properties` must be an object of schemas");
  CHECK(problem(R"({"allOf":[]})") == "`allOf` must be a list of schemas");
}

TEST_CASE("an output that does not match is told why", "[core][expect]")
{
  CHECK(why(R"({"type":"integer"})", "2.0").empty());
  CHECK(why(R"({"type":"integer"})", "1e300").empty());
  CHECK(why(R"({"type":"integer"})", "2.5") == "/: is number, not \"integer\"");
  CHECK(why(R"({"required":["a"]})", "{}").find("lacks \"a\"")
        != std::string::npos);
  CHECK(why(R"({"properties":{"a":{"minimum":2}}})", R"({"a":1})")
        == "/a: breaks minimum 2");
}
