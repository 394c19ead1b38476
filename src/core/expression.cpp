#include "core/expression.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/expression_lua.hpp"
#include "core/expression_syntax.hpp"

namespace troupe::core {

using nlohmann::json;

namespace {

failure failed(std::string_view expression, const std::string& why,
               errc code = errc::template_failed) {
  std::string shown{expression.substr(0, 80)};
  if (expression.size() > shown.size())
    shown += "...";
  return {code, category::validation, "`" + shown + "`: " + why};
}

std::string chunk_of(std::string_view expression) {
  return "return (" + std::string{expression} + "\n)";
}

std::string quoted(const reference& x, size_t parts) {
  return "`" + to_text({x.root, {x.path.begin(), x.path.begin() + parts}, 0})
         + "`";
}

const json* member(const json& value, const std::string& part) {
  if (value.is_object()) {
    auto pos = value.find(part);
    return pos == value.end() ? nullptr : &*pos;
  }
  if (!value.is_array() || part.empty() || part.size() > 9
      || part.find_first_not_of("0123456789") != part.npos)
    return nullptr;
  auto index = std::stoul(part);
  return index >= 1 && index <= value.size() ? &value[index - 1] : nullptr;
}

/// How many parts of the path lead to a value; all + 1 if none is missing.
size_t present(const reference& x, const json& context) {
  auto value = member(context, x.root);
  for (size_t i = 0; i < x.path.size(); ++i) {
    if (!value || value->is_null())
      return i;
    value = member(*value, x.path[i]);
  }
  bool found = value && !value->is_null();
  return x.path.size() + (found ? 1 : 0);
}

std::string unknown_name(const reference& x, const json& context) {
  std::string all;
  for (const auto& known : context.items())
    all += (all.empty() ? "`" : ", `") + known.key() + "`";
  return "`" + x.root + "` is not known here; there is "
         + (all.empty() ? "nothing" : all);
}

/// The word that Lua blames: "... a nil value (field 'build')".
std::string blamed(const std::string& said) {
  auto begin = said.find('\'');
  auto end = said.rfind('\'');
  return begin == end ? "" : said.substr(begin + 1, end - begin - 1);
}

/// Lua names the last word only, or none. We know the paths and the values.
std::string explain(const std::string& said, const std::vector<reference>& read,
                    const json& context) {
  if (said.find("nil") == said.npos)
    return said;
  std::string missing;
  for (const auto& x : read) {
    auto have = present(x, context);
    if (have > x.path.size())
      continue;
    const auto& last = have == 0 ? x.root : x.path[have - 1];
    if (have < x.path.size() && last == blamed(said))
      return quoted(x, have) + " is missing (nil), so "
             + quoted(x, x.path.size()) + " cannot be read; ask first: `"
             + to_text({x.root, {x.path.begin(), x.path.begin() + have}, 0})
             + " and " + to_text(x) + "`";
    missing += (missing.empty() ? "" : ", ") + quoted(x, x.path.size());
  }
  if (missing.empty())
    return said;
  return said + "; missing here: " + missing
         + "; ask first with `~= nil`, or give a value with `or`";
}

std::optional<std::string> misuse(std::string_view expression,
                                  const std::vector<expressions::token>& all) {
  if (expression.size() > expression_bytes_max)
    return "the expression is over 4096 bytes (expression_bytes_max); move "
           "the decision into a step";
  return expressions::misuse(all);
}

} // namespace

std::optional<std::string> check_expression(std::string_view expression) {
  // Long ones are refused before they are read.
  if (auto why = expression.size() > expression_bytes_max
                   ? misuse(expression, {})
                   : misuse(expression, expressions::tokens(expression)))
    return why;
  return expressions::sandbox{}.compile(chunk_of(expression));
}

std::vector<reference> expression_paths(std::string_view expression) {
  return expressions::paths(expressions::tokens(expression));
}

result<json> evaluate_value(std::string_view expression, const json& context) {
  if (!context.is_object())
    return failed(expression, "the names to use are no object");
  std::vector<expressions::token> all;
  if (expression.size() <= expression_bytes_max)
    all = expressions::tokens(expression);
  if (auto why = misuse(expression, all))
    return failed(expression, *why,
                  expression.size() > expression_bytes_max
                    ? errc::limit_reached
                    : errc::template_failed);
  auto read = expressions::paths(all);
  for (const auto& x : read)
    if (!context.contains(x.root))
      return failed(expression, unknown_name(x, context));
  expressions::sandbox box;
  auto value = box.run(chunk_of(expression), context);
  if (!value)
    return failed(expression, explain(value.error().message, read, context),
                  value.error().code);
  return value;
}

result<bool> evaluate(std::string_view expression, const json& context) {
  auto value = evaluate_value(expression, context);
  if (!value)
    return value.error();
  if (value->is_null())
    return false;
  if (value->is_boolean())
    return value->get<bool>();
  return failed(expression,
                std::string{"it gives a "} + value->type_name()
                  + ", not true or false; compare it, e.g. `x ~= nil` or "
                    "`x > 0`");
}

} // namespace troupe::core
