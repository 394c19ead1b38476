#include "core/expression_syntax.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace troupe::core::expressions {

namespace {

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_';
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

bool in_name(char c) {
  return starts_name(c) || digit(c);
}

/// Longest first. Some are no Lua: they are here to be explained.
constexpr std::string_view symbols[] = {
  "...", "===", "!==", "==", "~=", "!=", "<=", ">=", "&&", "||", "..", "//",
  "<<",  ">>",  "::",  "--", "++", "+=", "-=", "*=", "??", "?.", "=>", "${"};

constexpr std::string_view plain_symbols = "+-*/%^#&~|<>=(){}[],.:;!?$@\\`";

size_t number_end(std::string_view text, size_t pos) {
  while (pos < text.size()) {
    bool exponent = text[pos] == 'e' || text[pos] == 'E';
    if (!in_name(text[pos]) && text[pos] != '.')
      break;
    ++pos;
    if (exponent && pos < text.size() && (text[pos] == '+' || text[pos] == '-'))
      ++pos;
  }
  return pos;
}

/// Behind the closing quote, or npos.
size_t string_end(std::string_view text, size_t open) {
  for (auto pos = open + 1; pos < text.size(); ++pos) {
    if (text[pos] == text[open])
      return pos + 1;
    if (text[pos] == '\\')
      ++pos;
    else if (text[pos] == '\n')
      break;
  }
  return text.npos;
}

token read_symbol(std::string_view text, size_t pos) {
  for (auto s : symbols)
    if (text.substr(pos, s.size()) == s)
      return {token_kind::symbol, text.substr(pos, s.size()), pos};
  auto known = plain_symbols.find(text[pos]) != plain_symbols.npos;
  return {known ? token_kind::symbol : token_kind::bad, text.substr(pos, 1),
          pos};
}

token read(std::string_view text, size_t pos) {
  auto c = text[pos];
  auto until = [&](token_kind kind, size_t end) {
    return token{kind, text.substr(pos, end - pos), pos};
  };
  if (starts_name(c)) {
    auto end = pos;
    while (end < text.size() && in_name(text[end]))
      ++end;
    return until(token_kind::name, end);
  }
  if (digit(c) || (c == '.' && pos + 1 < text.size() && digit(text[pos + 1])))
    return until(token_kind::number, number_end(text, pos));
  if (c == '\'' || c == '"') {
    auto end = string_end(text, pos);
    return end == text.npos ? until(token_kind::bad, text.size())
                            : until(token_kind::string, end);
  }
  return read_symbol(text, pos);
}

using hint = std::pair<std::string_view, std::string_view>;

constexpr hint symbol_hints[] = {
  {"!=", "write `~=` for \"is not\""},
  {"!==", "write `~=` for \"is not\""},
  {"===", "write `==`"},
  {"!", "write `not`"},
  {"&&", "write `and`"},
  {"||", "write `or`"},
  {"?", "write `condition and a or b`"},
  {"??", "write `a or b`"},
  {"?.", "write `a and a.b`"},
  {"++", "write `+ 1`"},
  {"+=", "nothing can be assigned here"},
  {"-=", "nothing can be assigned here"},
  {"*=", "nothing can be assigned here"},
  {"=>", "write `>=`"},
  {"${", "no template is needed here; write the path alone, e.g. "
         "`run.input.env`"},
  {"--", "comments are not available; write `- -x` for a double minus"},
  {"::", "labels are not available"},
  {":", "methods are not available; write e.g. `lower(name)`"},
  {";", "one expression only; join conditions with `and`"},
  {"...", "it has no meaning here"},
  {"$", "it has no meaning here"},
  {"@", "it has no meaning here"},
  {"\\", "it has no meaning here"},
  {"`", "write texts as 'text'"},
};

constexpr hint word_hints[] = {
  {"null", "write `nil`"},
  {"None", "write `nil`"},
  {"undefined", "write `nil`"},
  {"True", "write `true`"},
  {"False", "write `false`"},
  {"AND", "write `and`"},
  {"OR", "write `or`"},
  {"NOT", "write `not`"},
  {"function", "functions cannot be defined here"},
  {"if", "write `condition and a or b`"},
  {"then", "write `condition and a or b`"},
  {"else", "write `condition and a or b`"},
  {"elseif", "write `condition and a or b`"},
  {"end", "one expression only"},
  {"for", "loops are not available"},
  {"while", "loops are not available"},
  {"repeat", "loops are not available"},
  {"until", "loops are not available"},
  {"do", "loops are not available"},
  {"in", "write `contains(list, value)`"},
  {"local", "nothing can be assigned here"},
  {"return", "leave it out; the value of the expression counts"},
  {"break", "one expression only"},
  {"goto", "one expression only"},
};

template <size_t N>
std::string_view find_hint(const hint (&all)[N], std::string_view word) {
  for (const auto& [what, why] : all)
    if (what == word)
      return why;
  return {};
}

bool literal_word(std::string_view word) {
  return word == "and" || word == "or" || word == "not" || word == "nil"
         || word == "true" || word == "false";
}

std::string complain(const token& x, std::string_view why) {
  auto shown = x.text.size() > 40 ? x.text.substr(0, 40) : x.text;
  return "at character " + std::to_string(x.at + 1) + ", `" + std::string{shown}
         + "`: " + std::string{why};
}

bool is(const token* x, std::string_view symbol) {
  return x && x->kind == token_kind::symbol && x->text == symbol;
}

/// Looks at tokens with their neighbours.
class checker {
public:
  explicit checker(const std::vector<token>& all) : all_(all) {}

  std::optional<std::string> check();

private:
  const token* near(size_t i) const {
    return i < all_.size() ? &all_[i] : nullptr;
  }
  std::optional<std::string> check_name(size_t i) const;
  std::optional<std::string> check_symbol(size_t i);
  std::optional<std::string> check_bracket(const token& x);
  std::optional<std::string> check_assign(size_t i) const;

  const std::vector<token>& all_;
  std::vector<token> open_;
};

std::optional<std::string> checker::check() {
  if (all_.empty())
    return "the expression is empty; leave the field out instead";
  for (size_t i = 0; i < all_.size(); ++i) {
    const auto& x = all_[i];
    std::optional<std::string> why;
    if (x.kind == token_kind::bad)
      why = complain(x, x.text[0] == '\'' || x.text[0] == '"'
                          ? "the text has no closing quote"
                          : "unexpected character");
    else if (x.kind == token_kind::name)
      why = check_name(i);
    else if (x.kind == token_kind::symbol)
      why = check_symbol(i);
    if (why)
      return why;
  }
  if (!open_.empty())
    return complain(open_.back(), "it is never closed");
  return std::nullopt;
}

std::optional<std::string> checker::check_name(size_t i) const {
  const auto& x = all_[i];
  bool field = is(near(i - 1), ".");
  if (auto why = find_hint(word_hints, x.text); !why.empty())
    return complain(x, field ? std::string{"it is a word of the language; "
                                           "write `[\"name\"]` for a field"}
                             : std::string{why});
  auto next = near(i + 1);
  bool call =
    next
    && (is(next, "(") || is(next, "{") || next->kind == token_kind::string);
  if (!call || literal_word(x.text))
    return std::nullopt;
  const auto& known = functions();
  if (!field && std::binary_search(known.begin(), known.end(), x.text))
    return std::nullopt;
  std::string all;
  for (auto name : known)
    all += (all.empty() ? "" : ", ") + std::string{name};
  return complain(x, "unknown function; there are: " + all);
}

std::optional<std::string> checker::check_symbol(size_t i) {
  const auto& x = all_[i];
  if (auto why = find_hint(symbol_hints, x.text); !why.empty())
    return complain(x, why);
  if (x.text == "=")
    return check_assign(i);
  auto next = near(i + 1);
  if (x.text == "[" && (is(next, "[") || is(next, "=")) && next->at == x.at + 1)
    return complain(x, "long texts are not available; write 'text'");
  return check_bracket(x);
}

std::optional<std::string> checker::check_bracket(const token& x) {
  static constexpr std::string_view opening = "([{", closing = ")]}";
  if (x.text.size() != 1)
    return std::nullopt;
  if (opening.find(x.text[0]) != opening.npos)
    open_.push_back(x);
  auto kind = closing.find(x.text[0]);
  if (kind == closing.npos)
    return std::nullopt;
  if (open_.empty())
    return complain(x, "nothing was opened that this closes");
  if (open_.back().text[0] != opening[kind])
    return complain(x, "it does not close the `"
                         + std::string{open_.back().text} + "` at character "
                         + std::to_string(open_.back().at + 1));
  open_.pop_back();
  return std::nullopt;
}

/// Only as `{name = value}`.
std::optional<std::string> checker::check_assign(size_t i) const {
  bool named =
    i >= 2 && (all_[i - 1].kind == token_kind::name || is(&all_[i - 1], "]"));
  if (named && !open_.empty() && open_.back().text == "{")
    return std::nullopt;
  return complain(all_[i], "write `==` to compare");
}

/// The text between quotes, if it has no escapes.
std::optional<std::string> plain_string(const token& x) {
  auto inner = x.text.substr(1, x.text.size() - 2);
  if (inner.find('\\') != inner.npos)
    return std::nullopt;
  return std::string{inner};
}

/// Reads one more part of a path at `i` and moves on; nothing at its end.
std::optional<std::string> next_part(const std::vector<token>& all, size_t& i) {
  auto at = [&all](size_t k) { return k < all.size() ? &all[k] : nullptr; };
  if (is(at(i), ".") && at(i + 1) && at(i + 1)->kind == token_kind::name) {
    i += 2;
    return std::string{all[i - 1].text};
  }
  if (!is(at(i), "[") || !is(at(i + 2), "]"))
    return std::nullopt;
  std::optional<std::string> part;
  if (all[i + 1].kind == token_kind::string)
    part = plain_string(all[i + 1]);
  else if (all[i + 1].kind == token_kind::number)
    part = std::string{all[i + 1].text};
  if (part)
    i += 3;
  return part;
}

} // namespace

std::vector<token> tokens(std::string_view expression) {
  std::vector<token> out;
  size_t pos = 0;
  while ((pos = expression.find_first_not_of(" \t\r\n", pos))
         != expression.npos) {
    out.push_back(read(expression, pos));
    pos += out.back().text.size();
  }
  return out;
}

const std::vector<std::string_view>& functions() {
  static const std::vector<std::string_view> all = {
    "abs",   "contains", "ends_with", "floor",      "len",
    "lower", "max",      "min",       "starts_with"};
  return all;
}

std::optional<std::string> misuse(const std::vector<token>& all) {
  return checker{all}.check();
}

std::vector<reference> paths(const std::vector<token>& all) {
  std::vector<reference> out;
  const auto& known = functions();
  for (size_t i = 0; i < all.size();) {
    const auto& x = all[i++];
    bool field = i >= 2 && is(&all[i - 2], ".");
    bool key = i < all.size() && is(&all[i], "=");
    if (x.kind != token_kind::name || field || key || literal_word(x.text)
        || std::binary_search(known.begin(), known.end(), x.text))
      continue;
    reference found{std::string{x.text}, {}, x.at};
    while (auto part = next_part(all, i))
      found.path.push_back(std::move(*part));
    out.push_back(std::move(found));
  }
  return out;
}

} // namespace troupe::core::expressions
