#include "core/document_checks.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace troupe::core::documents {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Length of the UTF-8 sequence at `at`, or 0 if there is none. No overlong
/// forms, no surrogates, nothing over U+10FFFF.
size_t sequence_length(std::string_view s, size_t at) {
  auto byte = [&](size_t i) {
    return at + i < s.size() ? static_cast<unsigned char>(s[at + i]) : 0u;
  };
  auto tail = [&](size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  auto b = byte(0);
  if (b < 0x80)
    return 1;
  if (b >= 0xc2 && b <= 0xdf)
    return tail(1) ? 2 : 0;
  if (b >= 0xe0 && b <= 0xef) {
    if ((b == 0xe0 && byte(1) < 0xa0) || (b == 0xed && byte(1) > 0x9f))
      return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (b >= 0xf0 && b <= 0xf4) {
    if ((b == 0xf0 && byte(1) < 0x90) || (b == 0xf4 && byte(1) > 0x8f))
      return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// Where it is no UTF-8, or a zero; its size if it is all good.
size_t first_bad_byte(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    // Eight ASCII characters at once, as most text is: no high bit set, and
    // none zero (subtracting one would borrow into a high bit).
    uint64_t word = 0;
    if (i + sizeof word <= s.size()) {
      std::memcpy(&word, s.data() + i, sizeof word);
      constexpr uint64_t ones = 0x0101010101010101u;
      if (((word | (word - ones)) & (ones << 7)) == 0) {
        i += sizeof word;
        continue;
      }
    }
    auto n = s[i] == '\0' ? 0 : sequence_length(s, i);
    if (n == 0)
      return i;
    i += n;
  }
  return s.size();
}

[[noreturn]] void too_much(std::string what, std::string hint, uint32_t line,
                           uint32_t column) {
  throw refused{{"", line, column, std::move(what), std::move(hint)}};
}

} // namespace

bool is_text(std::string_view bytes) {
  return first_bad_byte(bytes) == bytes.size();
}

void meter::enter(uint32_t line, uint32_t column) {
  if (++depth_ > limits_.depth_max)
    too_much("nested deeper than " + std::to_string(limits_.depth_max)
               + " levels (depth_max)",
             "make it flatter", line, column);
  deepest_ = std::max(deepest_, depth_);
}

void meter::count(uint64_t nodes, uint64_t bytes, uint32_t line,
                  uint32_t column) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ > limits_.nodes_max)
    too_much("more than " + std::to_string(limits_.nodes_max)
               + " values, aliases included (nodes_max)",
             "split it into several files", line, column);
  if (bytes_ > limits_.unfolded_bytes_max)
    too_much("more than " + std::to_string(limits_.unfolded_bytes_max)
               + " bytes of text, aliases included (unfolded_bytes_max)",
             "refer to large data instead of writing it here", line, column);
}

void check_source(std::string_view source, const document_limits& limits) {
  if (source.size() > limits.source_bytes_max)
    too_much("larger than " + std::to_string(limits.source_bytes_max)
               + " bytes (source_bytes_max)",
             "split it, or refer to large data instead of writing it here", 0,
             0);
  auto at = first_bad_byte(source);
  if (at == source.size())
    return;
  auto before = source.substr(0, at);
  auto line_begin = before.rfind('\n') + 1; // 0 where there is none.
  too_much(
    source[at] == '\0' ? "a zero byte is not text" : "this byte is not UTF-8",
    "save the file as UTF-8 text",
    static_cast<uint32_t>(1 + std::count(before.begin(), before.end(), '\n')),
    static_cast<uint32_t>(at - line_begin + 1));
}

void check_duplicates(const node& object, problems& out) {
  auto report = [&](const node& again, const node& first) {
    out.push_back({"", again.key_line, again.key_column,
                   "`" + again.key
                     + "` is here twice; the first one is in line "
                     + std::to_string(first.key_line),
                   "remove or rename one of them"});
  };
  const auto& all = object.items;
  constexpr size_t few = 16; // Below it comparing is cheaper than hashing.
  if (all.size() <= few) {
    for (size_t i = 1; i < all.size(); ++i) {
      auto end = all.begin() + static_cast<std::ptrdiff_t>(i);
      auto same = std::find_if(
        all.begin(), end, [&](const node& x) { return x.key == all[i].key; });
      if (same != end)
        report(all[i], *same);
    }
    return;
  }
  std::unordered_map<std::string_view, const node*> seen;
  seen.reserve(all.size());
  for (const auto& x : all)
    if (auto [pos, added] = seen.emplace(x.key, &x); !added)
      report(x, *pos->second);
}

bool is_json_number(std::string_view s) {
  size_t i = 0;
  auto digits = [&] {
    auto begin = i;
    while (i < s.size() && is_digit(s[i]))
      ++i;
    return i > begin;
  };
  if (i < s.size() && s[i] == '-')
    ++i;
  auto first = i;
  if (!digits() || (s[first] == '0' && i > first + 1))
    return false;
  if (i < s.size() && s[i] == '.' && (++i, !digits()))
    return false;
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    if (i < s.size() && (s[i] == '+' || s[i] == '-'))
      ++i;
    if (!digits())
      return false;
  }
  return i == s.size();
}

} // namespace troupe::core::documents
