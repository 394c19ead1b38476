#pragma once

#include <array>

#include "core/allocation.hpp"

namespace troupe::core {

/// Says why an agent was chosen, as JSON: the parts of its score, and who came
/// next. Decisions that follow each other often say the same, and share the
/// words then.
class score_words {
public:
  text of(const decision& x);

private:
  std::array<int32_t, 7> digits_{}; // As they are shown.
  std::array<text, 2> others_;
  text words_;
};

} // namespace troupe::core
