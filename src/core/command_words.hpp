#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/rows.hpp"

namespace troupe::core {

/// What history says of a command: `cancel by ann through cli request 7: late`.
struct command_words {
  std::string verb; // "cancel"; of a part of a run also "cancel task".
  std::string name; // Of that part, or of a signal; may be empty.
  origin by;
  std::string detail;
  bool operator==(const command_words&) const = default;
};

/// A name with a space or a quote in it stands in quotes, so that nobody can be
/// called `ann through cli`.
std::string to_text(const command_words& x);

/// Nothing where `to_text` cannot have written it.
std::optional<command_words> command_words_from(std::string_view text);

} // namespace troupe::core
