#include "core/secrets.hpp"

#include <algorithm>
#include <array>

namespace troupe::core {

namespace {

constexpr std::array<std::string_view, 11> marks{
  "secret",     "token",      "password",  "passwd",
  "passphrase", "credential", "apikey",    "authorization",
  "accesskey",  "privatekey", "signingkey"};

/// Too short to be looked for inside of other words.
constexpr std::array<std::string_view, 5> whole_words{"key", "pass", "pwd",
                                                      "auth", "pat"};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

template <class All>
bool has(const All& all, std::string_view word) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

/// "https://ann:PASSWORD@host", wherever it stands.
void hide_passwords(std::string& text) {
  for (size_t at = 0; (at = text.find("://", at)) != text.npos;) {
    at += 3;
    auto end = std::min(text.find_first_of("/ \t\n", at), text.size());
    auto host = text.rfind('@', end - 1);
    auto colon = text.find(':', at);
    if (end == at || host == text.npos || host < at || colon > host)
      continue;
    text.replace(colon + 1, host - colon - 1, hidden_text);
  }
}

} // namespace

bool names_a_secret(std::string_view name) {
  std::string letters; // Without what stands between words.
  std::string word;
  for (auto c : name) {
    if (is_letter_or_digit(c)) {
      letters += small(c);
      word += small(c);
      continue;
    }
    if (has(whole_words, word))
      return true;
    word.clear();
  }
  auto inside = [&](std::string_view mark) {
    return letters.find(mark) != letters.npos;
  };
  return has(whole_words, word)
         || std::any_of(marks.begin(), marks.end(), inside);
}

std::string without_secrets(std::string text) {
  hide_passwords(text);
  auto equals = text.find('=');
  auto name = std::string_view{text}.substr(0, equals);
  if (equals != text.npos && name.find(' ') == name.npos
      && names_a_secret(name))
    text.replace(equals + 1, text.npos, hidden_text);
  return text;
}

std::vector<std::string> without_secrets(std::vector<std::string> words) {
  bool next = false;
  for (auto& x : words) {
    auto option = x.starts_with('-');
    x = next && !option ? std::string{hidden_text} : without_secrets(x);
    next = option && x.find('=') == x.npos && names_a_secret(x);
  }
  return words;
}

std::string line_without_secrets(std::string line) {
  constexpr std::string_view blanks = " \t\n";
  std::string out;
  std::string_view left{line};
  bool next = false; // Hide the next word.
  while (!left.empty()) {
    auto begin = std::min(left.find_first_not_of(blanks), left.size());
    out += left.substr(0, begin);
    left.remove_prefix(begin);
    auto end = std::min(left.find_first_of(blanks), left.size());
    if (end == 0)
      break;
    std::string word{left.substr(0, end)};
    left.remove_prefix(end);
    out += next ? std::string{hidden_text} : without_secrets(word);
    next = word == "Bearer" || word == "Basic"
           || (word.starts_with("--") && word.find('=') == word.npos
               && names_a_secret(word));
  }
  return out;
}

bool is_secret_value(std::string_view name, std::string_view value) {
  return value.size() >= secret_value_bytes_min && names_a_secret(name);
}

std::string without_values(std::string text,
                           const std::vector<std::string>& values) {
  for (const auto& x : values)
    for (size_t at = 0; (at = text.find(x, at)) != text.npos;
         at += hidden_text.size())
      text.replace(at, x.size(), hidden_text);
  return text;
}

} // namespace troupe::core
