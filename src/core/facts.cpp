#include "core/facts.hpp"

#include <algorithm>

#include "core/cut_text.hpp"
#include "core/json_text.hpp"

namespace troupe::core {

namespace {

// Body: version; then for each fact: kind, time (difference, zigzag varint), id
// (both halves XOR the previous one's, varints: what does not change costs a
// byte), detail (a code: 0 none, 1 new text, else a text seen before).

constexpr char version = 1;
constexpr uint64_t code_none = 0;
constexpr uint64_t code_new = 1;
constexpr uint64_t code_words = 2;

/// Details that are remembered; few, because each is looked at for each fact.
constexpr size_t words_max = 16;
constexpr size_t word_bytes_max = 48;

struct kind_name {
  fact_kind kind;
  std::string_view name;
};

constexpr kind_name kind_names[] = {
  {fact_kind::run_accepted, "run_accepted"},
  {fact_kind::run_state, "run_state"},
  {fact_kind::task_queued, "task_queued"},
  {fact_kind::task_started, "task_started"},
  {fact_kind::task_ended, "task_ended"},
  {fact_kind::task_retrying, "task_retrying"},
  {fact_kind::task_waiting, "task_waiting"},
  {fact_kind::decision_asked, "decision_asked"},
  {fact_kind::decision_answered, "decision_answered"},
  {fact_kind::signal, "signal"},
  {fact_kind::command, "command"},
  {fact_kind::epoch_open, "epoch_open"},
  {fact_kind::milestone, "milestone"},
  {fact_kind::cancelled, "cancelled"},
  {fact_kind::paused, "paused"},
  {fact_kind::resumed, "resumed"},
  {fact_kind::task_fell_back, "task_fell_back"},
  {fact_kind::cache_hit, "cache_hit"},
};

void put_varint(std::string& out, uint64_t x) {
  while (x >= 0x80) {
    out += static_cast<char>(x | 0x80);
    x >>= 7;
  }
  out += static_cast<char>(x);
}

uint64_t zigzag(uint64_t difference) {
  return difference << 1 ^ (0 - (difference >> 63));
}

uint64_t unzigzag(uint64_t x) {
  return x >> 1 ^ (0 - (x & 1));
}

bool worth_keeping(std::string_view detail, size_t words) {
  return words < words_max && detail.size() <= word_bytes_max;
}

/// At most the limit, not in the middle of a character.
std::string shortened(std::string_view detail) {
  constexpr auto kept = fact_detail_bytes_max - 3;
  std::string out{detail.substr(0, kept + 1)};
  cut_text(out, kept);
  return out + "...";
}

/// Takes a body apart. Every step answers false on bytes that do not fit.
class fact_reader {
public:
  explicit fact_reader(std::string_view body) : body_(body) {}

  bool done() const { return pos_ == body_.size(); }
  size_t position() const { return pos_; }

  bool version_fits() {
    return pos_ < body_.size() && body_[pos_++] == version;
  }

  bool next(fact& out) {
    uint64_t step = 0, high = 0, low = 0;
    if (!kind(out.kind) || !varint(step) || !varint(high) || !varint(low))
      return false;
    at_ += unzigzag(step);
    out.at = from_us(static_cast<int64_t>(at_));
    subject_ = {subject_.high ^ high, subject_.low ^ low};
    out.subject = subject_;
    return detail(out.detail);
  }

private:
  bool varint(uint64_t& out) {
    out = 0;
    for (int shift = 0; shift < 64 && pos_ < body_.size(); shift += 7) {
      auto byte = static_cast<uint8_t>(body_[pos_++]);
      if (shift == 63 && byte > 1)
        return false;
      out |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80)
        return true;
    }
    return false;
  }

  bool kind(fact_kind& out) {
    if (pos_ == body_.size())
      return false;
    out = static_cast<fact_kind>(body_[pos_++]);
    return !to_string(out).empty();
  }

  bool detail(std::string& out) {
    uint64_t code = 0;
    if (!varint(code))
      return false;
    if (code == code_none)
      return true;
    if (code >= code_words) {
      if (code - code_words >= words_.size())
        return false;
      out = words_[code - code_words];
      return true;
    }
    uint64_t size = 0;
    if (!varint(size) || size > body_.size() - pos_)
      return false;
    auto from = body_.substr(pos_, size);
    pos_ += size;
    if (worth_keeping(from, words_.size()))
      words_.push_back(from);
    out = from;
    return true;
  }

  std::string_view body_;
  size_t pos_ = 0;
  uint64_t at_ = 0;
  id subject_;
  std::vector<std::string_view> words_;
};

failure damaged(size_t at) {
  return {errc::store_failed, category::data_corruption,
          "this piece of history is damaged or of a newer version, at byte "
            + std::to_string(at) + "; `troupe doctor` says what is left"};
}

} // namespace

std::string_view to_string(fact_kind x) {
  auto index = static_cast<size_t>(x) - 1; // 0 becomes too large.
  return index < std::size(kind_names) ? kind_names[index].name
                                       : std::string_view{};
}

std::optional<fact_kind> fact_kind_from(std::string_view name) {
  for (const auto& x : kind_names)
    if (x.name == name)
      return x.kind;
  return std::nullopt;
}

fact_writer::fact_writer() {
  words_.reserve(words_max);
}

void fact_writer::add(const fact& x) {
  if (out_.empty())
    out_ += version;
  out_ += static_cast<char>(x.kind);
  auto at = static_cast<uint64_t>(to_us(x.at));
  put_varint(out_, zigzag(at - at_));
  put_varint(out_, x.subject.high ^ subject_.high);
  put_varint(out_, x.subject.low ^ subject_.low);
  at_ = at;
  subject_ = x.subject;
  if (x.detail.size() > fact_detail_bytes_max)
    add_detail(shortened(x.detail));
  else
    add_detail(x.detail);
  ++count_;
}

void fact_writer::add_detail(std::string_view detail) {
  if (detail.empty())
    return put_varint(out_, code_none);
  auto pos = std::find(words_.begin(), words_.end(), detail);
  if (pos != words_.end())
    return put_varint(out_,
                      code_words + static_cast<uint64_t>(pos - words_.begin()));
  put_varint(out_, code_new);
  put_varint(out_, detail.size());
  out_ += detail;
  if (worth_keeping(detail, words_.size()))
    words_.emplace_back(detail);
}

text fact_writer::finish() {
  text out{std::move(out_)};
  *this = fact_writer{};
  return out;
}

result<std::vector<fact>> read_facts(std::string_view body,
                                     uint64_t first_seq) {
  std::vector<fact> out;
  if (body.empty())
    return out;
  fact_reader reader{body};
  if (!reader.version_fits())
    return damaged(0);
  while (!reader.done()) {
    fact x;
    x.seq = first_seq + out.size();
    if (!reader.next(x))
      return damaged(reader.position());
    out.push_back(std::move(x));
  }
  return out;
}

std::string to_json(const fact& x) {
  // By hand: a line for each fact of a busy stream.
  auto out = "{\"seq\":" + std::to_string(x.seq) + ",\"at\":\""
             + to_rfc3339(x.at) + "\",\"kind\":\"";
  out += to_string(x.kind);
  out += "\",\"id\":\"" + to_string(x.subject) + "\",\"run\":\""
         + to_string(x.subject.run()) + '"';
  if (!x.detail.empty()) {
    bool json = (x.detail[0] == '{' || x.detail[0] == '[')
                && nlohmann::json::accept(x.detail)
                && json_depth(x.detail) < json_depth_max;
    out += ",\"detail\":";
    out += to_compact(json ? nlohmann::json::parse(x.detail)
                           : nlohmann::json(x.detail));
  }
  return out + '}';
}

} // namespace troupe::core
