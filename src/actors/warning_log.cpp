#include "actors/warning_log.hpp"

#include <algorithm>

#include "core/cut_text.hpp"

namespace troupe {

void warning_log::add(std::string text, core::instant now) {
  core::cut_text(text, warning_bytes_max);
  std::lock_guard guard{mutex_};
  auto pos = std::find_if(entries_.begin(), entries_.end(),
                          [&](const entry& x) { return x.text == text; });
  entry made{std::move(text), now, now};
  if (pos != entries_.end()) {
    made.first = pos->first;
    made.times = pos->times + 1;
    entries_.erase(pos);
  }
  entries_.push_back(std::move(made));
  if (entries_.size() > warnings_max)
    entries_.pop_front();
}

std::vector<warning_log::entry> warning_log::all() const {
  std::lock_guard guard{mutex_};
  return {entries_.begin(), entries_.end()};
}

} // namespace troupe
