#include "changes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace troupe::fuzz {

namespace {

using namespace std::string_view_literals;

// What readers of text and numbers stumble over.
constexpr std::array hard_words{"\0"sv,
                                "\xff"sv,
                                "\xc0\x80"sv,
                                "\xed\xa0\x80"sv,
                                "\\ud800"sv,
                                "\r\n"sv,
                                "\t"sv,
                                "null"sv,
                                "true"sv,
                                "-1"sv,
                                "0"sv,
                                "1e999"sv,
                                "-9223372036854775809"sv,
                                "18446744073709551616"sv,
                                "0x"sv,
                                "NaN"sv,
                                "{"sv,
                                "[[[[[[[["sv,
                                "}"sv,
                                "]"sv,
                                "\""sv,
                                "'"sv,
                                "${"sv,
                                "..."sv,
                                "&a *a"sv,
                                "<<: *a"sv,
                                "!!binary"sv,
                                "%00"sv,
                                "%2e%2e/"sv,
                                "\xff\xff\xff\xff\xff\xff\xff\xff"sv,
                                "\x80\x80\x80\x80\x80\x01"sv};

constexpr size_t changes_max = 8;
constexpr size_t words_max = 4096;
constexpr size_t piece_bytes_max = 64;
constexpr size_t repeats_max = 64;

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'
         || c == '-' || c == '.';
}

void collect_words(const std::string& from, std::set<std::string>& to) {
  for (auto at = from.begin(); at != from.end() && to.size() < words_max;) {
    auto begin = std::find_if(at, from.end(), in_word);
    at = std::find_if_not(begin, from.end(), in_word);
    if (begin != at)
      to.emplace(begin, at);
  }
}

} // namespace

changes::changes(std::vector<std::string> corpus, uint64_t seed)
  : corpus_(std::move(corpus)), chance_(seed) {
  if (corpus_.empty())
    corpus_.emplace_back();
  std::set<std::string> words;
  for (auto& entry : corpus_) {
    entry.resize(std::min(entry.size(), bytes_max));
    collect_words(entry, words);
  }
  words_.assign(words.begin(), words.end());
  words_.insert(words_.end(), hard_words.begin(), hard_words.end());
}

std::string changes::next() {
  std::string bytes{any_entry()};
  for (auto left = 1 + below(changes_max); left > 0; --left)
    change(bytes);
  bytes.resize(std::min(bytes.size(), bytes_max));
  return bytes;
}

size_t changes::below(size_t n) {
  // Not uniform_int_distribution: what it draws depends on the library.
  return static_cast<size_t>(chance_() % n);
}

std::string_view changes::any_entry() {
  return corpus_[below(corpus_.size())];
}

void changes::change(std::string& bytes) {
  switch (below(8)) {
    case 0:
    case 1:
      return flip(bytes);
    case 2:
      return splice(bytes);
    case 3:
      return repeat(bytes);
    case 4:
      return remove(bytes);
    case 5:
      return bytes.resize(below(bytes.size() + 1)); // Cut short.
    default:
      return insert_word(bytes);
  }
}

void changes::flip(std::string& bytes) {
  if (bytes.empty())
    return;
  auto& c = bytes[below(bytes.size())];
  c = static_cast<char>(below(2) == 0 ? c ^ (1 << below(8)) : below(256));
}

/// A piece of another entry takes the place of the rest, or goes in.
void changes::splice(std::string& bytes) {
  auto other = any_entry();
  auto from = below(other.size() + 1);
  auto at = below(bytes.size() + 1);
  if (below(2) == 0)
    bytes.resize(at);
  bytes.insert(at, other.substr(from, 1 + below(other.size() + 1)));
}

void changes::repeat(std::string& bytes) {
  auto from = below(bytes.size() + 1);
  auto piece = bytes.substr(from, 1 + below(piece_bytes_max));
  for (auto left = 1 + below(repeats_max); left > 0; --left)
    bytes.insert(from, piece);
}

/// Over what is there, or between.
void changes::insert_word(std::string& bytes) {
  const auto& word = words_[below(words_.size())];
  auto at = below(bytes.size() + 1);
  bytes.replace(at, below(2) == 0 ? word.size() : 0, word);
}

void changes::remove(std::string& bytes) {
  auto from = below(bytes.size() + 1);
  bytes.erase(from, 1 + below(piece_bytes_max));
}

} // namespace troupe::fuzz
