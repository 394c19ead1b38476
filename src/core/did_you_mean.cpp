#include <algorithm>
#include <vector>

#include "core/reader.hpp"

// What somebody may have meant who wrote a word that does not exist.

namespace troupe::core {

namespace {

/// Damerau-Levenshtein (neighbours swapped count once), case ignored.
size_t distance(std::string_view a, std::string_view b) {
  auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1),
    row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      auto same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + !same});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2])
          && lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

/// Words of other tools for what we have under another name.
struct synonym {
  std::string_view word;
  std::string_view ours;
  std::string_view form; // How it is written; empty: it is the name.
};

constexpr std::string_view command_form = "input: {command: ...}";
constexpr synonym synonyms[] = {
  {"needs", "depends_on", ""},
  {"need", "depends_on", ""},
  {"requires", "depends_on", ""},
  {"after", "depends_on", ""},
  {"if", "when", ""},
  {"condition", "when", ""},
  {"retry", "retries", ""},
  {"attempts", "retries", ""},
  {"max_attempts", "retries", ""},
  {"run", "input", command_form},
  {"cmd", "input", command_form},
  {"command", "input", command_form},
  {"script", "input", command_form},
  {"with", "input", ""},
  {"args", "input", ""},
  {"params", "input", ""},
  {"env", "input", "input: {env: {...}}"},
  {"matrix", "foreach", ""},
  {"loop", "foreach", ""},
  {"uses", "agent", ""},
  {"on_failure", "fallback", ""},
  {"jobs", "steps", ""},
  {"stages", "steps", ""},
  // Of configurations.
  {"cmd", "command", ""},
  {"program", "command", ""},
  {"cwd", "dir", ""},
  {"workdir", "dir", ""},
  {"directory", "dir", ""},
  {"environment", "env", ""},
  {"concurrency", "max_load", ""},
  {"slots", "max_load", ""},
  {"tags", "capabilities", ""},
  {"skills", "capabilities", ""},
  {"host", "listen", ""},
  {"port", "listen", ""},
  {"address", "listen", ""},
  {"bind", "listen", ""},
};

bool knows(std::span<const std::string_view> known, std::string_view word) {
  return std::find(known.begin(), known.end(), word) != known.end();
}

/// `retry` for `retries`, `desc` for `description`: all but the last letter of
/// the shorter one. Empty if two begin alike.
std::string_view begins_alike(std::string_view word,
                              std::span<const std::string_view> known) {
  constexpr size_t shortest = 3; // Fewer letters say nothing.
  size_t best = 0;
  std::string_view found;
  for (auto x : known) {
    auto end = std::mismatch(word.begin(), word.end(), x.begin(), x.end());
    auto same = static_cast<size_t>(end.first - word.begin());
    if (same < shortest || same + 1 < std::min(word.size(), x.size()))
      continue;
    if (same == best)
      found = {};
    if (same > best) {
      best = same;
      found = x;
    }
  }
  return found;
}

} // namespace

std::string nearest(std::string_view word,
                    std::span<const std::string_view> known) {
  constexpr size_t longest = 64; // Longer words are no typing errors.
  if (word.empty() || word.size() > longest)
    return {};
  // Of a single letter nothing would be left.
  auto best = std::min(std::max<size_t>(1, word.size() / 3) + 1, word.size());
  std::string_view found;
  for (auto x : known) {
    if (x.size() > longest || x.size() > word.size() + best)
      continue;
    if (auto d = distance(word, x); d < best) {
      best = d;
      found = x;
    }
  }
  return std::string{found.empty() ? begins_alike(word, known) : found};
}

std::string did_you_mean(std::string_view word,
                         std::span<const std::string_view> known) {
  auto x = nearest(word, known);
  for (const auto& other : synonyms)
    if (other.word == word && knows(known, other.ours))
      x = other.form.empty() ? other.ours : other.form;
  return x.empty() ? x : "did you mean `" + x + "`?";
}

} // namespace troupe::core
