#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/expectation.hpp"

// Is it a schema, and one that can be checked?

namespace troupe::core {

namespace {

using nlohmann::json;

/// What the value of a keyword must be.
enum class form : uint8_t {
  any,
  for_people, // Not looked at.
  type,
  list,
  words,
  count,
  number,
  schema,
  schemas,       // A list of them.
  named_schemas, // An object of them.
};

struct keyword {
  std::string_view word;
  form is;
};

constexpr std::array<keyword, 23> keywords{
  {{"type", form::type},          {"enum", form::list},
   {"const", form::any},          {"properties", form::named_schemas},
   {"required", form::words},     {"additionalProperties", form::schema},
   {"items", form::schema},       {"minItems", form::count},
   {"maxItems", form::count},     {"minLength", form::count},
   {"maxLength", form::count},    {"minimum", form::number},
   {"maximum", form::number},     {"anyOf", form::schemas},
   {"allOf", form::schemas},      {"not", form::schema},
   {"title", form::for_people},   {"description", form::for_people},
   {"$schema", form::for_people}, {"$id", form::for_people},
   {"default", form::for_people}, {"examples", form::for_people},
   {"$comment", form::for_people}}};

constexpr std::array<std::string_view, 7> types{
  "string", "number", "integer", "boolean", "object", "array", "null"};

bool is_type(const json& x) {
  return x.is_string()
         && std::find(types.begin(), types.end(),
                      x.get_ref<const std::string&>())
              != types.end();
}

bool is_text(const json& x) {
  return x.is_string();
}

template <class Test>
bool all(const json& list, Test test) {
  return list.is_array() && std::all_of(list.begin(), list.end(), test);
}

/// What `x` had to be; empty where it is that.
std::string_view misformed(const json& x, form is) {
  auto wanted = [](bool ok, std::string_view what) {
    return ok ? std::string_view{} : what;
  };
  switch (is) { // No default: -Wswitch finds the form you forgot.
    case form::any:
    case form::for_people:
      return {};
    case form::type:
      return wanted(is_type(x) || (all(x, is_type) && !x.empty()),
                    "string, number, integer, boolean, object, array, null or "
                    "a list of these");
    case form::list:
      return wanted(x.is_array() && !x.empty(), "a list of values");
    case form::words:
      return wanted(all(x, is_text), "a list of names");
    case form::count:
      return wanted(x.is_number_unsigned(), "a whole number from 0");
    case form::number:
      return wanted(x.is_number(), "a number");
    case form::schema:
      return wanted(x.is_object() || x.is_boolean(), "a schema");
    case form::schemas:
      return wanted(x.is_array() && !x.empty(), "a list of schemas");
    case form::named_schemas:
      return wanted(x.is_object(), "an object of schemas");
  }
  return {};
}

std::string walk(const json& schema, const std::string& at) {
  if (schema.is_boolean())
    return {};
  if (!schema.is_object())
    return (at.empty() ? "/" : at) + " is no schema but " + schema.type_name();
  for (const auto& [word, rule] : schema.items()) {
    auto here = "`" + word + '`' + (at.empty() ? "" : " at " + at);
    auto known =
      std::find_if(keywords.begin(), keywords.end(),
                   [&word = word](const keyword& x) { return x.word == word; });
    if (known == keywords.end())
      return here + " is not supported";
    if (auto wanted = misformed(rule, known->is); !wanted.empty())
      return here + " must be " + std::string{wanted};
    std::string why;
    if (known->is == form::schema)
      why = walk(rule, at + '/' + word);
    else if (known->is == form::schemas || known->is == form::named_schemas)
      for (const auto& [name, inner] : rule.items())
        if (why = walk(inner, at + '/' + word + '/' + name); !why.empty())
          break;
    if (!why.empty())
      return why;
  }
  return {};
}

} // namespace

std::string schema_problem(const json& schema) {
  return walk(schema, {});
}

} // namespace troupe::core
