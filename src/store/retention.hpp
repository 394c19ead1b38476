#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite_connection.hpp"

namespace troupe::store {

/// Removes what is old, in bites between commits: ended runs with all that is
/// theirs (and the blobs nobody else uses), history, expired cache entries.
class retention {
public:
  retention(connection& writer, const sqlite_options& options);

  /// Works for about a slice; `more` says whether the round is not at its end.
  /// Answers SQLite's code; on an error the round ends.
  int run(core::instant now, bool& more);

private:
  enum class stage : uint8_t { resting, runs, history, cached };

  int bite(core::instant now);
  int bite_runs(core::instant now);
  int condemn(const query& run);
  int remove_some(core::id run);
  int remove_rest(core::id run);
  int bite_history(core::instant now);
  using cached_keys = std::vector<std::pair<std::string, std::string>>;
  int too_many_cached(cached_keys& to);
  int bite_cached(core::instant now);
  int bite_all(core::instant now);

  connection& db_;
  sqlite_options options_;
  stage stage_ = stage::resting;
  core::instant next_round_;
  core::id run_cursor_;
  uint32_t shard_ = 0;
};

} // namespace troupe::store
