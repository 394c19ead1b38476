#pragma once

#include <string>

namespace troupe::store {

/// The name of a VFS over the one of that name (empty: the system's) that
/// writes a write-ahead log in few large pieces. SQLite writes each frame in
/// two calls, header and page; here a commit's frames go to the file together,
/// before the sync that makes them durable. REQUIRES: synchronous=FULL, which
/// has a sync before anybody else may look for the frames.
///
/// Empty, if it cannot be had: then SQLite does as it always does.
std::string log_vfs(const std::string& over);

} // namespace troupe::store
