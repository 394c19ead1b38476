#include "core/workflow_input.hpp"

#include <algorithm>
#include <array>

#include "core/workflow_reader.hpp"

namespace troupe::core {

namespace workflows {

namespace {

constexpr std::array<std::string_view, 7> types{
  "string", "number", "integer", "boolean", "object", "array", "any"};

constexpr size_t input_fields_max = 1000;

bool fits(const node& x, std::string_view type) {
  switch (x.kind) { // No default: -Wswitch finds the kind you forgot.
    case node_kind::null:
      return type == "any";
    case node_kind::boolean:
      return type == "boolean" || type == "any";
    case node_kind::integer:
      return type == "integer" || type == "number" || type == "any";
    case node_kind::real:
      return type == "number" || type == "any";
    case node_kind::string:
      return type == "string" || type == "any";
    case node_kind::list:
      return type == "array" || type == "any";
    case node_kind::object:
      return type == "object" || type == "any";
  }
  return false;
}

std::string with_article(std::string_view type) {
  if (type == "any")
    return "any value";
  auto vowel = type[0] == 'i' || type[0] == 'o' || type[0] == 'a';
  return (vowel ? "an " : "a ") + std::string{type};
}

void read_type(const value& from, std::string& to) {
  std::string type;
  if (!from.read(type))
    return;
  if (std::find(types.begin(), types.end(), type) != types.end())
    to = std::move(type);
  else
    from.fail("`" + type.substr(0, 60) + "` is not a type of input", [&] {
      auto hint = did_you_mean(type, types);
      return hint.empty() ? "use string, number, integer, boolean, "
                            "object, array or any"
                          : hint;
    }());
}

void read_input_field(const value& from, input_field& to) {
  to.type = "any";
  if (from.kind() == node_kind::string) {
    read_type(from, to.type);
    return;
  }
  object_reader in{from};
  if (auto type = in.find("type"))
    read_type(*type, to.type);
  in.read("description", to.description, description_bytes_max);
  in.read("required", to.required);
  auto fallback = in.find("default");
  if (fallback && !fits(**fallback, to.type))
    fallback->fail_expected(with_article(to.type));
  else if (fallback && to.required)
    fallback->fail_at_key("a `default` for what is `required` is never used",
                          "remove one of them");
  else if (fallback)
    to.fallback = text{to_json(**fallback)};
  finish(in, input_fields);
}

} // namespace

void read_input_fields(const value& from,
                       std::map<std::string, input_field>& to) {
  if (from.kind() != node_kind::object) {
    from.fail_expected("an object of input fields",
                       "e.g. `{tag: {type: string, required: true}}`");
    return;
  }
  if (from->items.size() > input_fields_max) {
    from.fail("more than " + std::to_string(input_fields_max)
                + " fields (input_fields_max)",
              "group them into objects");
    return;
  }
  for (size_t i = 0; i < from->items.size(); ++i) {
    auto item = from.item(i);
    if (check_name(item, item->key, false))
      read_input_field(item, to[item->key]);
  }
}

} // namespace workflows

checked_input check_input(const workflow& wf, std::string_view json) {
  checked_input out;
  auto document = read_json(json.empty() ? "{}" : json);
  out.problems = std::move(document.problems);
  if (!out.problems.empty())
    return out;
  value root{document.root, out.problems};
  if (root.kind() != node_kind::object) {
    root.fail_expected("an object", "a run's input has named fields");
    return out;
  }
  if (wf.input.empty()) { // Nothing declared: whatever it is, is fine.
    out.value = text{to_json(document.root)};
    workflows::check_input_use(wf, out.value, out.problems);
    return out;
  }
  object_reader in{root};
  std::map<std::string, std::string> filled;
  for (const auto& [name, declared] : wf.input) {
    auto x = in.find(name);
    if (!x && declared.required)
      root.fail("`" + name + "` is missing; `" + wf.name + "` needs "
                  + workflows::with_article(declared.type),
                "add it to the run's input");
    else if (x && !workflows::fits(**x, declared.type))
      x->fail_expected(workflows::with_article(declared.type));
    else if (x)
      filled[name] = to_json(**x);
    else if (!declared.fallback.empty())
      filled[name] = declared.fallback.str();
  }
  in.finish();
  if (!out.problems.empty())
    return out;
  out.value = filled.empty() ? text{"{}"} : workflows::to_object(filled, false);
  workflows::check_input_use(wf, out.value, out.problems);
  return out;
}

} // namespace troupe::core
