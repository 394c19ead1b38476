#include "core/yaml_scalar.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "core/document_checks.hpp"

namespace troupe::core::documents {

namespace {

bool one_of(std::string_view x, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), x) != all.end();
}

[[noreturn]] void refuse(std::string_view text, std::string what,
                         const node& at) {
  throw refused{{"", at.line, at.column,
                 "`" + std::string{text.substr(0, 40)} + "` " + std::move(what),
                 "put it in quotes if it is a text"}};
}

/// "0x1F" and "0o17" as decimal; false if it is neither.
bool take_based(std::string_view text, node& to) {
  auto base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 0;
  if (base == 0 || text.size() == 2)
    return false;
  uint64_t value = 0;
  auto* end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data() + 2, end, value, base);
  if (stop != end)
    return false;
  if (code != std::errc{})
    refuse(text, "is a number of more than 64 bits", to);
  to.kind = node_kind::integer;
  to.text = std::to_string(value);
  return true;
}

/// Decimal numbers, in the form that JSON wants: no plus, no bare point, no
/// zeros in front.
bool take_decimal(std::string_view text, node& to) {
  if (text.empty() || text.find_first_not_of("+-.0123456789eE") != text.npos)
    return false;
  bool negative = text[0] == '-';
  if (negative || text[0] == '+')
    text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9')
    text.remove_prefix(1);
  std::string form{negative ? "-" : ""};
  if (text.starts_with('.'))
    form += '0';
  form += text;
  if (auto point = form.find('.'); point != form.npos) {
    auto after = point + 1;
    if (after == form.size() || form[after] == 'e' || form[after] == 'E') {
      if (text.starts_with('.'))
        return false; // A point alone.
      form.insert(after, "0");
    }
  }
  if (!is_json_number(form))
    return false;
  auto whole = form.find_first_of(".eE") == form.npos;
  to.kind = whole ? node_kind::integer : node_kind::real;
  to.text = std::move(form);
  return true;
}

} // namespace

void resolve_plain(std::string_view text, node& to) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"}))
    return;
  if (one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) {
    to.kind = node_kind::boolean;
    to.truth = text[0] == 't' || text[0] == 'T';
    return;
  }
  auto unsigned_text = text.substr(text[0] == '-' || text[0] == '+' ? 1 : 0);
  if (one_of(unsigned_text, {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"}))
    refuse(text, "cannot be written as JSON", to);
  if (take_based(text, to) || take_decimal(text, to))
    return;
  to.kind = node_kind::string;
  to.text = text;
}

} // namespace troupe::core::documents
