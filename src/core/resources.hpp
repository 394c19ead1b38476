#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace troupe::core {

/// What a node uses of its machine at one moment. 0: unknown.
struct resource_sample {
  uint64_t rss_bytes = 0;
  duration cpu{}; // Of all threads since the start.
  uint64_t disk_free_bytes = 0;
  uint64_t disk_total_bytes = 0; // Of the disk with the data directory.
  uint64_t open_files = 0;
  uint64_t open_files_max = 0;
};

/// Judges samples. A trouble is told when it begins, and again only after it
/// was over.
class resource_watch {
public:
  /// The share of the disk at which to warn, and of the files.
  static constexpr double disk_used_max = 0.85;
  static constexpr double open_files_used_max = 0.8;

  /// What people should know now: a sentence each.
  std::vector<std::string> look(const resource_sample& now);

private:
  bool disk_told_ = false;
  bool files_told_ = false;
};

/// Processor time between two samples, in cores: 1.5 is one and a half.
double cores_used(const resource_sample& before, const resource_sample& after,
                  duration between);

} // namespace troupe::core
