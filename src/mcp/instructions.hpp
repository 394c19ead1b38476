#pragma once

#include <string_view>

namespace troupe::mcp {

/// What a model is told of this server.
inline constexpr std::string_view instructions =
  "Troupe runs work on agents and loses none of it. `plan` shows what a "
  "workflow would do, `run` does it and waits, `submit` does not wait, `watch` "
  "waits for a run. Where a person has to decide, ask the user; only then "
  "`approve` or `reject`. `explain` says why something waits or why that agent "
  "has it; `inspect`, `logs` and `history` show what happened. Ids are UUIDs "
  "from `run`, `submit` and the lists.";

} // namespace troupe::mcp
