#include "actors/present_call.hpp"

namespace troupe {

void present_call::begin(work_ptr what, core::instant now) {
  std::lock_guard guard{mutex_};
  what_ = std::move(what);
  since_ = now;
  told_ = false;
}

std::optional<core::duration> present_call::end(core::instant now) {
  std::lock_guard guard{mutex_};
  what_ = nullptr;
  auto took = now - since_;
  return took > hold_max && !told_ ? std::optional{took} : std::nullopt;
}

std::optional<present_call::held> present_call::too_long(core::instant now) {
  std::lock_guard guard{mutex_};
  if (!what_ || told_ || now - since_ <= hold_max)
    return std::nullopt;
  told_ = true;
  return held{what_, now - since_};
}

} // namespace troupe
