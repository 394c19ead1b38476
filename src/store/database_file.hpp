#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "store/data_directory.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"

namespace troupe::store {

/// Makes the database of a directory where there is none: built under another
/// name and then renamed, so that a file named troupe.db is always whole, and
/// an empty one is damage.
failure make_database(const data_directory& directory,
                      const sqlite_options& options);

/// Refuses what would make SQLite begin anew in silence: an empty file, or a
/// log without its database.
failure check_files(const data_directory& directory);

/// Gives a finished file its name; both are durable then.
failure move_into_place(const std::filesystem::path& from,
                        const std::filesystem::path& to);

/// Removes a database with its log, if it is there.
void remove_database(const std::filesystem::path& file);

} // namespace troupe::store
