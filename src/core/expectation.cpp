#include "core/expectation.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <nlohmann/json.hpp>

namespace troupe::core {

namespace {

using nlohmann::json;

bool has_type(const json& value, std::string_view type) {
  if (type == "integer")
    return value.is_number_integer()
           || (value.is_number_float()
               && value.get<double>() == std::trunc(value.get<double>()));
  if (type == "number")
    return value.is_number();
  return type == value.type_name();
}

std::string type_mismatch(const json& type, const json& value) {
  auto fits = [&](const json& x) {
    return x.is_string() && has_type(value, x.get_ref<const std::string&>());
  };
  auto ok =
    type.is_array() ? std::any_of(type.begin(), type.end(), fits) : fits(type);
  return ok ? std::string{}
            : "is " + std::string{value.type_name()} + ", not " + type.dump();
}

std::string bounds_mismatch(const json& schema, const json& value) {
  auto limit = [&](const char* word, double actual, bool at_least) {
    auto pos = schema.find(word);
    if (pos == schema.end() || !pos->is_number())
      return std::string{};
    auto bound = pos->get<double>();
    auto ok = at_least ? actual >= bound : actual <= bound;
    return ok ? std::string{}
              : "breaks " + std::string{word} + ' ' + pos->dump();
  };
  auto both = [&](const char* low, const char* high, double actual) {
    auto why = limit(low, actual, true);
    return why.empty() ? limit(high, actual, false) : why;
  };
  if (value.is_number())
    return both("minimum", "maximum", value.get<double>());
  if (value.is_string())
    return both(
      "minLength", "maxLength",
      static_cast<double>(value.get_ref<const std::string&>().size()));
  if (value.is_array())
    return both("minItems", "maxItems", static_cast<double>(value.size()));
  return {};
}

std::string walk(const json& schema, const json& value, const std::string& at);

std::string object_mismatch(const json& schema, const json& value,
                            const std::string& at) {
  auto required = schema.value("required", json::array());
  for (const auto& name : required)
    if (name.is_string() && !value.contains(name.get<std::string>()))
      return at + ": lacks " + name.dump();
  auto properties = schema.value("properties", json::object());
  auto rest = schema.value("additionalProperties", json(true));
  for (const auto& [name, member] : value.items()) {
    auto pos = properties.find(name);
    const auto& rule = pos != properties.end() ? *pos : rest;
    if (rule.is_boolean() && !rule.get<bool>())
      return at + '/' + name + ": is not expected";
    if (auto why = walk(rule, member, at + '/' + name); !why.empty())
      return why;
  }
  return {};
}

std::string combined_mismatch(const json& schema, const json& value,
                              const std::string& at) {
  auto fits = [&](const json& x) { return walk(x, value, at).empty(); };
  if (auto any = schema.find("anyOf"); any != schema.end())
    if (std::none_of(any->begin(), any->end(), fits))
      return at + ": fits none of anyOf";
  if (auto all = schema.find("allOf"); all != schema.end())
    for (const auto& x : *all)
      if (auto why = walk(x, value, at); !why.empty())
        return why;
  if (auto none = schema.find("not"); none != schema.end() && fits(*none))
    return at + ": fits what it must not";
  return {};
}

std::string walk(const json& schema, const json& value, const std::string& at) {
  if (schema.is_boolean())
    return schema.get<bool>() ? std::string{} : at + ": nothing is allowed";
  auto here = [&](std::string why) {
    return why.empty() ? why : (at.empty() ? "/" : at) + ": " + why;
  };
  if (auto type = schema.find("type"); type != schema.end())
    if (auto why = here(type_mismatch(*type, value)); !why.empty())
      return why;
  if (auto only = schema.find("const"); only != schema.end() && *only != value)
    return here("is not " + only->dump());
  if (auto list = schema.find("enum"); list != schema.end())
    if (std::find(list->begin(), list->end(), value) == list->end())
      return here("is none of " + list->dump());
  if (auto why = here(bounds_mismatch(schema, value)); !why.empty())
    return why;
  if (value.is_object())
    if (auto why = object_mismatch(schema, value, at); !why.empty())
      return why;
  if (auto items = schema.find("items");
      value.is_array() && items != schema.end())
    for (size_t i = 0; i < value.size(); ++i)
      if (auto why = walk(*items, value[i], at + '/' + std::to_string(i));
          !why.empty())
        return why;
  return combined_mismatch(schema, value, at);
}

} // namespace

std::string mismatch(const json& schema, const json& value) {
  if (value.is_discarded())
    return "it is no JSON";
  return walk(schema, value, {});
}

} // namespace troupe::core
