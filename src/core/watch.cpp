#include "core/watch.hpp"

#include "core/base64url.hpp"
#include "core/reader.hpp"

namespace troupe::core {

namespace {

struct group {
  std::string_view name;
  event_kinds kinds;
};

constexpr group groups[] = {
  {"runs", bit_of(fact_kind::run_accepted) | bit_of(fact_kind::run_state)
             | bit_of(fact_kind::command) | bit_of(fact_kind::signal)
             | bit_of(fact_kind::milestone) | bit_of(fact_kind::cancelled)
             | bit_of(fact_kind::paused) | bit_of(fact_kind::resumed)},
  {"tasks", bit_of(fact_kind::task_queued) | bit_of(fact_kind::task_started)
              | bit_of(fact_kind::task_ended) | bit_of(fact_kind::task_retrying)
              | bit_of(fact_kind::task_waiting)
              | bit_of(fact_kind::task_fell_back) | bit_of(fact_kind::cache_hit)
              | progress_bit},
  {"decisions",
   bit_of(fact_kind::decision_asked) | bit_of(fact_kind::decision_answered)},
  {"logs", log_bit},
  {"progress", progress_bit},
  {"log", log_bit},
};

event_kinds kinds_of(std::string_view word) {
  if (auto kind = fact_kind_from(word))
    return bit_of(*kind);
  for (const auto& x : groups)
    if (x.name == word)
      return x.kinds;
  return 0;
}

failure unknown_kind(std::string_view word) {
  std::vector<std::string_view> known;
  for (const auto& x : groups)
    known.push_back(x.name);
  for (uint8_t i = 1; !to_string(fact_kind{i}).empty(); ++i)
    known.push_back(to_string(fact_kind{i}));
  auto hint = did_you_mean(word, known);
  if (hint.empty())
    hint = "known are runs, tasks, decisions, logs and single kinds as "
           "`task_ended`";
  return {errc::invalid, category::validation,
          "there is no kind of event `" + std::string{word.substr(0, 60)}
            + "`; " + hint};
}

// A cursor: version, then for each shard that has a history the distance to the
// one before it and its next number, as varints in base64url.
constexpr char cursor_version = '1';

void put_varint(std::string& out, uint64_t x) {
  for (; x >= 0x80; x >>= 7)
    out += static_cast<char>(x | 0x80);
  out += static_cast<char>(x);
}

bool take_varint(std::string_view& from, uint64_t& out) {
  out = 0;
  for (int shift = 0; shift < 63 && !from.empty(); shift += 7) {
    auto byte = static_cast<uint8_t>(from.front());
    from.remove_prefix(1);
    out |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80)
      return true;
  }
  return false;
}

} // namespace

result<event_kinds> event_kinds_from(std::string_view words) {
  event_kinds all = 0;
  while (!words.empty()) {
    auto end = std::min(words.find_first_of(", "), words.size());
    auto word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (word.empty())
      continue;
    auto kinds = kinds_of(word);
    if (kinds == 0)
      return unknown_kind(word);
    all |= kinds;
  }
  return all;
}

std::string to_cursor(const positions& next) {
  std::string bytes;
  put_varint(bytes, next.size());
  size_t after = 0;
  for (size_t i = 0; i < next.size(); ++i) {
    if (next[i] <= 1)
      continue;
    put_varint(bytes, i - after);
    put_varint(bytes, next[i]);
    after = i + 1;
  }
  return cursor_version + to_base64url(bytes);
}

std::optional<positions> positions_from(std::string_view cursor) {
  if (cursor.empty() || cursor.front() != cursor_version)
    return std::nullopt;
  auto bytes = from_base64url(cursor.substr(1));
  if (!bytes)
    return std::nullopt;
  std::string_view rest{*bytes};
  uint64_t shards = 0;
  if (!take_varint(rest, shards) || shards == 0 || shards > cursor_shards_max)
    return std::nullopt;
  positions next(shards, 1);
  for (uint64_t at = 0; !rest.empty(); ++at) {
    uint64_t step = 0, number = 0;
    if (!take_varint(rest, step) || !take_varint(rest, number) || number <= 1
        || step >= shards - std::min(at, shards))
      return std::nullopt;
    at += step;
    next[at] = number;
  }
  return next;
}

} // namespace troupe::core
