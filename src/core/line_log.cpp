#include "core/line_log.hpp"

#include <algorithm>

#include "core/cut_text.hpp"
#include "core/secrets.hpp"

namespace troupe::core {

namespace {

/// What would move a terminal's cursor is no text; a tab is.
void make_plain(std::string& line) {
  std::erase(line, '\r');
  for (auto& c : line)
    if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f)
      c = ' ';
}

} // namespace

std::string line_log::add(std::string_view line, instant now) {
  std::string all;
  for (;;) {
    auto end = std::min(line.find('\n'), line.size());
    all += add_one(line.substr(0, end), now);
    if (end + 1 >= line.size())
      return all;
    all += '\n';
    line.remove_prefix(end + 1);
  }
}

std::string line_log::add_one(std::string_view line, instant now) {
  // A margin: what is hidden may be longer than what stands for it.
  std::string text{line.substr(0, 2 * log_line_bytes_max)};
  make_plain(text);
  text = line_without_secrets(std::move(text));
  cut_text(text, log_line_bytes_max);
  lines_.push_back(to_rfc3339(now) + ' ' + text + '\n');
  bytes_ += lines_.back().size();
  while (bytes_ > log_bytes_max) {
    bytes_ -= lines_.front().size();
    lines_.pop_front();
    ++left_out_;
  }
  return text;
}

kept_log_ptr line_log::kept() const {
  if (lines_.empty())
    return nullptr;
  std::string all;
  all.reserve(bytes_);
  for (const auto& x : lines_)
    all += x;
  return std::make_shared<const kept_log>(
    kept_log{left_out_, text{std::move(all)}});
}

std::vector<log_line> lines_of(uint64_t left_out, std::string_view lines,
                               uint64_t from, size_t max) {
  std::vector<log_line> out;
  for (auto number = left_out; !lines.empty() && out.size() < max; ++number) {
    auto end = std::min(lines.find('\n'), lines.size());
    auto line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (number < from)
      continue;
    auto space = std::min(line.find(' '), line.size());
    out.push_back({number, std::string{line.substr(0, space)},
                   std::string{line.substr(std::min(space + 1, line.size()))}});
  }
  return out;
}

} // namespace troupe::core
