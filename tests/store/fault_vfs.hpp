#pragma once

#include <cstdint>

// A SQLite VFS that is the system's, until told to fail.

namespace troupe::test {

enum class disk_op : uint8_t {
  open,
  read,
  write,
  sync,
  truncate,
  remove,
  map,  // The memory that the log's index is in.
  look, // Sizes, and whether a file is there.
  any,  // Each of them.
};

/// What goes wrong, and when. Only one plan at a time.
struct fault_plan {
  disk_op what = disk_op::write;
  uint32_t nth = 0;      // From 1; 0: never.
  int code = 0;          // What the call then answers; 0: as its kind does.
  bool for_good = false; // And all after it.
  bool half = false;     // Half of a write gets to the disk all the same.

  uint32_t seen = 0; // Calls of that kind.
  uint32_t hits = 0; // Faults given.
};

/// Registers the VFS on first use; its name goes into sqlite_options::vfs.
const char* fault_vfs();

/// The plan of all files of that VFS, for a store of this thread.
fault_plan& faults();

/// The same for a store of another thread.
void use_faults(const fault_plan& plan);
uint32_t faults_given();

} // namespace troupe::test
