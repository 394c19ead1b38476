#include <nlohmann/json.hpp>

#include "core/workflow_cast.hpp"
#include "core/workflow_fields.hpp"

using namespace troupe::core;
using nlohmann::json;

namespace {

/// Every `$ref` of it, wherever.
void collect_refs(const json& x, std::vector<std::string>& to) {
  if (x.is_object() && x.contains("$ref") && x["$ref"].is_string())
    to.push_back(x["$ref"]);
  if (x.is_structured())
    for (const auto& inner : x)
      collect_refs(inner, to);
}

/// A workflow in which `group` has `field` with a value that no field takes.
std::string with_field(std::string_view group, std::string_view field) {
  auto body = "{" + std::string{field} + ": [[]]}";
  auto step = [&](std::string_view name) {
    return "workflow: w\nsteps: {a: {" + std::string{name} + ": " + body
           + "}}\n";
  };
  if (group == "workflow")
    return std::string{field} + ": [[]]\n";
  if (group == "step")
    return "workflow: w\nsteps: {a: " + body + "}\n";
  if (group == "input_field")
    return "workflow: w\ninput: {x: " + body + "}\nsteps: {a: {}}\n";
  if (group == "edge")
    return "workflow: w\nsteps: {a: {depends_on: [" + body + "]}}\n";
  return step(group);
}

} // namespace

TEST_CASE("the schema is JSON and its references exist", "[schema]")
{
  auto schema = json::parse(workflow_schema());
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  std::vector<std::string> refs;
  collect_refs(schema, refs);
  CHECK(refs.size() > 50);
  for (const auto& x : refs) {
    INFO(x);
    CHECK(schema.contains(json::json_pointer{x.substr(1)}));
  }
}

TEST_CASE("every field of the schema is known to the reader", "[schema]")
{
  for (const auto& group : field_groups())
    for (const auto& field : group.fields) {
      // A list with `schema` or `that` in it is no longer a JSON Schema.
      INFO(group.name << "." << field.name);
      auto found = problems_of(with_field(group.name, field.name));
      CHECK(found.find("unknown field `" + std::string{field.name})
            == std::string::npos);
    }
}

TEST_CASE("the schema has the fields of the table and no others", "[schema]")
{
  // The other way round, reader to table, is an assert in the reader.
  auto schema = json::parse(workflow_schema());
  for (const auto& group : field_groups()) {
    auto& object = group.name == "workflow"
                     ? schema
                     : schema["$defs"][std::string{group.name}];
    INFO(group.name);
    CHECK(object["additionalProperties"] == false);
    CHECK(object["properties"].size() == group.fields.size());
    for (const auto& field : group.fields)
      CHECK(object["properties"].contains(std::string{field.name}));
  }
}

TEST_CASE("every default of the schema can be one", "[schema]")
{
  auto schema = json::parse(workflow_schema());
  const auto& properties = schema["$defs"]["defaults"]["properties"];
  for (const auto& field : step_fields) {
    auto found =
      problems_of("workflow: w\ndefaults: {" + std::string{field.name}
                  + ": [[]]}\nsteps: {a: {}}\n");
    INFO(field.name);
    CHECK(properties.contains(std::string{field.name}) == field.inherits);
    CHECK((found.find("cannot have a default") == std::string::npos)
          == field.inherits);
  }
}
