#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace troupe::cli {

enum class health : uint8_t { good, note, bad };

/// One thing that was looked at.
struct finding {
  health how = health::good;
  std::string what; // "disk space"
  std::string seen; // "1.2 GiB free"
  std::string todo; // Empty where good.
};

/// What the machine offers to a node with its data in `directory`. Writes and
/// removes one small file there.
std::vector<finding> check_machine(const std::filesystem::path& directory);

/// What the store's own check found.
std::vector<finding>
judge_store(const core::result<std::vector<std::string>>& found);

// The judgements, apart from the measuring.
finding judge_open_files(uint64_t limit);
finding judge_disk(uint64_t free_bytes, uint64_t total_bytes);
finding judge_sync(std::chrono::microseconds median);
finding judge_file_system(int64_t kind);

} // namespace troupe::cli
