#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "troupe/errc.hpp"

namespace troupe::services {

/// What the system itself takes from a process. 0: as the node has it.
struct spawn_limits {
  uint64_t memory_bytes_max = 0;  // Address space; each process of the tree.
  uint64_t cpu_seconds_max = 0;   // Each process of the tree.
  uint64_t open_files_max = 1024; // Each process of the tree.
  uint64_t file_bytes_max = 0;    // The longest file it may write.
  bool operator==(const spawn_limits&) const = default;
};

/// How to start a process. Valid as it stands but for the command.
struct spawn_spec {
  /// Program and arguments. Looked up in PATH where it has no slash.
  std::vector<std::string> command;
  std::string directory; // Empty: the node's.
  /// Added to the node's environment, or all there is beside PATH if `clean`.
  std::map<std::string, std::string> environment;
  bool clean = false;
  /// Off, so that setuid programs cannot leave the reach of kill.
  bool new_privileges = false;
  spawn_limits limits;
  bool operator==(const spawn_spec&) const = default;
};

/// Command, directory and environment together; a system call takes no more
/// than about this, so longer input belongs on stdin.
inline constexpr size_t spawn_bytes_max = 120 * 1024;

/// Values of its environment whose names say that they are secrets.
std::vector<std::string> secrets_of(const spawn_spec& spec);

/// Why `spec` cannot be started, or nothing.
failure problem(const spawn_spec& spec);

enum class end_kind : uint8_t {
  exited,    // `code` is the exit code.
  signalled, // `code` is the signal.
  lost,      // What watched it died; it was killed, its end is unknown.
};

/// How a process ended, and with it everything it had started.
struct child_end {
  end_kind how = end_kind::lost;
  int code = 0;
  bool operator==(const child_end&) const = default;
};

} // namespace troupe::services
