#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/result.hpp"
#include "store/sqlite_connection.hpp"

namespace troupe::store {

/// "Trou": in the file's header, so that no other database is taken for ours.
inline constexpr int application_id = 0x54726f75;

/// One step from the version before to `version`. Released ones never change.
struct migration {
  uint32_t version;
  std::string sql;
};

/// The steps of this program, ascending.
std::span<const migration> migrations();

/// Brings the database to the last of `steps`, each in its own transaction, and
/// makes the views anew. Refuses a database that is newer than this program.
failure migrate(connection& db, std::span<const migration> steps);

/// The version of the database, 0 for an empty one.
core::result<uint32_t> schema_version(connection& db);

/// One line of table `meta`; 0 where it is missing.
core::result<int64_t> get_meta(connection& db, const std::string& name);
int set_meta(connection& db, const std::string& name, int64_t value);

/// Makes a new epoch durable before anybody acts in it, for every shard, and
/// marks the store as in use. The count of shards is fixed by the first call.
core::result<int64_t> begin_epoch(connection& db, uint32_t shards,
                                  core::instant now);

/// Views with words, uuids and times for people with the sqlite3 shell.
std::string views_sql();

} // namespace troupe::store
