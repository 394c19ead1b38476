#include "services/error_lines.hpp"

#include <algorithm>

#include "core/json_text.hpp"
#include "core/secrets.hpp"

namespace troupe::services {

namespace {

std::optional<progress_note> as_progress(std::string_view line) {
  // The first look is cheap, because nearly all lines are not.
  if (line.empty() || line.front() != '{'
      || line.find("\"progress\"") == std::string_view::npos)
    return std::nullopt;
  auto json = core::parse_json(line, "a line of stderr");
  if (!json || !json->is_object() || !json->contains("progress")
      || !(*json)["progress"].is_number())
    return std::nullopt;
  progress_note note;
  note.fraction = std::clamp((*json)["progress"].get<double>(), 0.0, 1.0);
  if (auto text = json->find("note"); text != json->end() && text->is_string())
    note.note = text->get<std::string>();
  return note;
}

} // namespace

std::string valid_utf8(std::string_view text) {
  auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), ascii))
    return std::string{text};
  return nlohmann::json::parse(core::to_compact(std::string{text}))
    .get<std::string>();
}

error_lines::error_lines(error_lines_limits limits,
                         std::vector<std::string> hidden)
  : limits_(limits), hidden_(std::move(hidden)), tokens_(limits.lines_burst) {}

error_lines::found error_lines::take(std::string_view bytes, time_point now) {
  found all;
  tail_ += bytes;
  // Cut seldom: at twice the size.
  if (tail_.size() > 2 * limits_.tail_bytes_max)
    tail_.erase(0, tail_.size() - limits_.tail_bytes_max);
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    auto part = bytes.substr(0, end);
    auto room = limits_.line_bytes_max - line_.size();
    cut_ = cut_ || part.size() > room;
    line_ += part.substr(0, room);
    if (end == std::string_view::npos)
      break;
    end_line(all, now);
    bytes.remove_prefix(end + 1);
  }
  return all;
}

error_lines::found error_lines::finish(time_point now) {
  found all;
  if (!line_.empty())
    end_line(all, now);
  add_dropped(all);
  return all;
}

void error_lines::end_line(found& into, time_point now) {
  if (!line_.empty() && line_.back() == '\r')
    line_.pop_back();
  line_ = core::without_values(std::move(line_), hidden_);
  if (auto note = as_progress(line_)) {
    into.progress = std::move(note);
  } else if (!line_.empty()) {
    auto text = valid_utf8(line_);
    if (cut_)
      text += " ... (cut at " + std::to_string(limits_.line_bytes_max)
              + " bytes, line_bytes_max)";
    // Whole, before somebody cuts it between a name and its value.
    last_.push_back(core::line_without_secrets(text));
    if (last_.size() > limits_.last_lines_max)
      last_.pop_front();
    if (allowed(now)) {
      add_dropped(into);
      into.log.push_back(std::move(text));
    } else {
      ++dropped_;
    }
  }
  line_.clear();
  cut_ = false;
}

bool error_lines::allowed(time_point now) {
  if (refilled_) {
    std::chrono::duration<double> passed = now - *refilled_;
    tokens_ = std::min<double>(
      limits_.lines_burst, tokens_ + passed.count() * limits_.lines_per_second);
  }
  refilled_ = now;
  if (tokens_ < 1)
    return false;
  tokens_ -= 1;
  return true;
}

void error_lines::add_dropped(found& into) {
  if (dropped_ > 0)
    into.log.push_back("(" + std::to_string(dropped_)
                       + " lines dropped, over lines_per_second: "
                       + std::to_string(limits_.lines_per_second) + ")");
  dropped_ = 0;
}

std::string error_lines::tail() const {
  std::string_view all = tail_;
  if (all.size() > limits_.tail_bytes_max)
    all.remove_prefix(all.size() - limits_.tail_bytes_max);
  return valid_utf8(core::without_values(std::string{all}, hidden_));
}

std::string error_lines::last_lines() const {
  std::string all;
  for (auto& line : last_)
    all += (all.empty() ? "" : "\n") + line;
  return all;
}

} // namespace troupe::services
