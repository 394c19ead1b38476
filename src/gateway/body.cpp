#include "gateway/body.hpp"

#include <algorithm>

#include <boost/beast/core/string.hpp>

#include "core/json_text.hpp"
#include "gateway/field_words.hpp"
#include "gateway/json_shape.hpp"

namespace troupe::gateway {

namespace {

constexpr std::string_view source_hint =
  "give one of `workflow` (YAML or JSON as text), `definition` (an object), "
  "`tasks` (a list) or `name` (a registered workflow)";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  auto from = text.find_first_not_of(blank);
  if (from == std::string_view::npos)
    return {};
  return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

std::string object_of(const pairs& fields) {
  std::string out = "{";
  for (const auto& [name, value] : fields) {
    if (out.size() > 1)
      out += ',';
    out += json_string(name) + ":" + value;
  }
  return out + '}';
}

// `object` is the text of a JSON object, `fixed` goes before its own fields.
std::string spliced(std::string_view object, const json_shape& shape,
                    const pairs& fixed) {
  if (fixed.empty())
    return std::string{object};
  auto out = object_of(fixed);
  if (shape.keys.empty())
    return out;
  out.back() = ',';
  out += object.substr(1);
  return out;
}

std::string wrapped(std::string_view name, std::string_view value,
                    pairs fixed) {
  fixed.emplace_back(name, value);
  return object_of(fixed);
}

complaint unknown_field(const std::string& name, std::string_view known) {
  return meaningless(
    {"/" + name, 0, 0, "unknown field `" + name + "`",
     known_fields(name, known, "this request takes no fields")});
}

complaint no_object() {
  return meaningless(
    {"", 0, 0, "the body is no JSON object", "write fields between { and }"});
}

params fields_params(const body_rule& rule, std::string_view body,
                     const json_shape& shape, const pairs& fixed) {
  if (shape.what != json_shape::kind::object)
    return no_object();
  auto known = field_words(rule.fields);
  for (const auto& key : shape.keys)
    if (std::find(known.begin(), known.end(), key) == known.end())
      return unknown_field(key, rule.fields);
  return spliced(body, shape, fixed);
}

// Fields of the path or of a header may not be said again in the body.
std::optional<complaint> overridden(const json_shape& shape,
                                    const pairs& fixed) {
  for (const auto& [name, value] : fixed)
    if (shape.has(name))
      return meaningless({"/" + name, 0, 0,
                          "`" + name
                            + "` is given twice: in the body and in "
                              "the address or a header",
                          "leave one out"});
  return std::nullopt;
}

params source_params(std::string_view body, const json_shape& shape,
                     const pairs& fixed) {
  if (shape.what == json_shape::kind::array)
    return meaningless({"", 0, 0, "the body is a list",
                        "a list of tasks goes to /api/v1/tasks, or here as "
                        "{\"tasks\": [..]}"});
  if (shape.what != json_shape::kind::object)
    return no_object();
  // A body with steps is itself the definition, whatever it says besides.
  if (shape.has("steps"))
    return wrapped("definition", body, fixed);
  if (auto wrong = overridden(shape, fixed))
    return *wrong;
  for (auto known : {"workflow", "definition", "tasks", "name"})
    if (shape.has(known))
      return spliced(body, shape, fixed);
  return meaningless(
    {"", 0, 0, "the body does not say what to run", std::string{source_hint}});
}

params tasks_params(std::string_view body, const json_shape& shape,
                    const pairs& fixed) {
  if (shape.what == json_shape::kind::array)
    return wrapped("tasks", body, fixed);
  if (shape.what != json_shape::kind::object)
    return no_object();
  if (!shape.has("tasks"))
    return wrapped("tasks", "[" + std::string{body} + "]", fixed);
  if (auto wrong = overridden(shape, fixed))
    return *wrong;
  return spliced(body, shape, fixed);
}

params workflow_params(std::string_view body, const json_shape& shape,
                       const pairs& fixed) {
  if (shape.what != json_shape::kind::object)
    return no_object();
  if (!shape.has("steps") && shape.has("workflow"))
    return spliced(body, shape, fixed);
  return wrapped("workflow", json_string(body), fixed);
}

params yaml_params(std::string_view body, const pairs& fixed) {
  // Every door hands on text; what is no text must not become something else.
  auto text = json_string(body);
  if (text.find("\xEF\xBF\xBD") != std::string::npos
      && body.find("\xEF\xBF\xBD") == std::string_view::npos)
    return malformed(
      {"", 0, 0, "the body is no UTF-8 text", "save the workflow as UTF-8"});
  return wrapped("workflow", text, fixed);
}

} // namespace

std::string json_string(std::string_view text) {
  return core::to_compact(nlohmann::json(text));
}

media media_of(std::string_view content_type) {
  auto name = trimmed(content_type.substr(0, content_type.find(';')));
  if (name.empty())
    return media::none;
  auto is = [&](std::string_view other) {
    return boost::beast::iequals({name.data(), name.size()},
                                 {other.data(), other.size()});
  };
  if (is("application/json"))
    return media::json;
  for (auto yaml : {"application/yaml", "application/x-yaml", "text/yaml"})
    if (is(yaml))
      return media::yaml;
  return media::other;
}

std::optional<complaint> refuse_media(body_form form, media type) {
  auto takes_yaml = form == body_form::source || form == body_form::workflow;
  if (type == media::json || (type == media::yaml && takes_yaml))
    return std::nullopt;
  return complaint{415, "invalid", "this content type is not taken here",
                   takes_yaml ? "send application/json or application/yaml, "
                                "and say which in Content-Type"
                              : "send application/json, and say so in "
                                "Content-Type"};
}

params to_params(const body_rule& rule, media type, std::string_view body,
                 const pairs& fixed) {
  body = trimmed(body);
  if (body.empty()) {
    if (rule.form == body_form::none || rule.form == body_form::fields)
      return object_of(fixed);
    return malformed({"", 0, 0, "the body is empty", std::string{source_hint}});
  }
  if (type == media::yaml)
    return yaml_params(body, fixed);
  auto shape = shape_of(body);
  if (shape.problem)
    return malformed(std::move(*shape.problem));
  switch (rule.form) {
    case body_form::none:
    case body_form::fields:
      return fields_params(rule, body, shape, fixed);
    case body_form::source:
      return source_params(body, shape, fixed);
    case body_form::tasks:
      return tasks_params(body, shape, fixed);
    case body_form::workflow:
      return workflow_params(body, shape, fixed);
  }
  return no_object();
}

} // namespace troupe::gateway
