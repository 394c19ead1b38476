#include "actors/known_workflows.hpp"

#include <functional>

namespace troupe {

core::parsed_workflow known_workflows::parse(std::string_view source, form as) {
  auto hash = std::hash<std::string_view>{}(source);
  if (auto known = find(hash, source, as); known.value)
    return known;
  auto made = as == form::task_list ? core::parse_task_list(source)
                                    : core::parse_workflow(source);
  // A text that is wrong is mended, not sent again.
  if (made.value && source.size() <= one_text_bytes_max)
    keep(hash, source, as, made);
  return made;
}

core::parsed_workflow
known_workflows::find(uint64_t hash, std::string_view source, form as) const {
  std::lock_guard guard{mutex_};
  auto pos = by_hash_.find(hash);
  if (pos == by_hash_.end() || pos->second.as != as
      || pos->second.source != source)
    return {};
  return pos->second.what;
}

/// The second time: texts that come only once would push out all others.
void known_workflows::keep(uint64_t hash, std::string_view source, form as,
                           const core::parsed_workflow& what) {
  std::lock_guard guard{mutex_};
  if (once_.erase(hash) == 0) {
    if (once_.size() >= once_max)
      once_.clear();
    once_.insert(hash);
    return;
  }
  if (!by_hash_.try_emplace(hash, known{std::string{source}, as, what}).second)
    return; // Somebody was faster, or it is another text of that number.
  oldest_.push_back(hash);
  bytes_ += source.size();
  while (bytes_ > text_bytes_max) {
    auto gone = by_hash_.extract(oldest_.front());
    oldest_.pop_front();
    bytes_ -= gone.mapped().source.size();
  }
}

size_t known_workflows::kept() const {
  std::lock_guard guard{mutex_};
  return by_hash_.size();
}

} // namespace troupe
