#include "cli/doctor.hpp"

#include <algorithm>
#include <chrono>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "core/resources.hpp"

namespace troupe::cli {

namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

// A connection and a process agent are a few each.
constexpr uint64_t open_files_min = 1024;
constexpr uint64_t open_files_good = 8192;
constexpr uint64_t free_bytes_min = 256ull << 20;
// As the node's own monitor warns.
constexpr auto used_percent_max =
  static_cast<unsigned>(core::resource_watch::disk_used_max * 100);
constexpr int sync_rounds = 9;

std::string megabytes(uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

finding cannot(std::string what, std::string seen, std::string todo) {
  return {health::bad, std::move(what), std::move(seen), std::move(todo)};
}

finding check_sync(const fs::path& directory) {
  auto path = directory / ".troupe-doctor";
  auto fd =
    ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return cannot("write access", directory.string() + " cannot be written",
                  "give this user the right to write there");
  std::vector<std::chrono::microseconds> times;
  const std::string page(4096, 'x');
  auto written = true;
  for (int i = 0; i < sync_rounds && written; ++i) {
    auto begin = clock::now();
    written =
      ::pwrite(fd, page.data(), page.size(), 0) == 4096 && ::fdatasync(fd) == 0;
    times.push_back(std::chrono::duration_cast<std::chrono::microseconds>(
      clock::now() - begin));
  }
  ::close(fd);
  ::unlink(path.c_str());
  if (!written)
    return cannot("disk sync", "writing or syncing failed",
                  "look for a full or failing disk: df, dmesg");
  std::sort(times.begin(), times.end());
  return judge_sync(times[times.size() / 2]);
}

} // namespace

finding judge_open_files(uint64_t limit) {
  finding out{health::good, "open files", "up to " + std::to_string(limit), ""};
  if (limit < open_files_min)
    out.how = health::bad;
  else if (limit < open_files_good)
    out.how = health::note;
  if (out.how != health::good)
    out.todo = "raise it: `ulimit -n 65536`, or LimitNOFILE= in systemd";
  return out;
}

finding judge_disk(uint64_t free_bytes, uint64_t total_bytes) {
  auto used = total_bytes == 0
                ? 0
                : static_cast<unsigned>(
                  100 - free_bytes * 100.0 / static_cast<double>(total_bytes));
  finding out{
    health::good, "disk space",
    megabytes(free_bytes) + " free, " + std::to_string(used) + " % used", ""};
  if (used >= used_percent_max || free_bytes < free_bytes_min) {
    out.how = free_bytes < free_bytes_min ? health::bad : health::note;
    out.todo = "free some space; new work is refused while less than "
               "node.disk_reserve is free (64 MiB, unless set)";
  }
  return out;
}

finding judge_sync(std::chrono::microseconds median) {
  finding out{health::good, "disk sync",
              std::to_string(median.count()) + " us each", ""};
  if (median.count() > 20'000) {
    out.how = health::note;
    out.todo = "every acknowledged batch waits for this; a local SSD takes "
               "well under 5 ms";
  }
  return out;
}

finding judge_file_system(int64_t kind) {
  constexpr int64_t cifs = 0xff534d42, smb2 = 0xfe534d42, fuse = 0x65735546;
  switch (kind) {
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case cifs:
    case smb2:
    case CODA_SUPER_MAGIC:
      return cannot("file system", "a network file system",
                    "use a local disk: its locks do not keep a store whole");
    case TMPFS_MAGIC:
      return {health::note, "file system", "tmpfs: gone after a restart",
              "use a disk, unless this is a test"};
    case fuse:
      return {health::note, "file system", "FUSE",
              "make sure that it syncs and locks like a local disk"};
    default:
      return {health::good, "file system", "local", ""};
  }
}

std::vector<finding> check_machine(const fs::path& directory) {
  std::vector<finding> out;
  struct rlimit files {};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    out.push_back(judge_open_files(files.rlim_cur));
  struct statfs found {};
  if (::statfs(directory.c_str(), &found) != 0) {
    out.push_back(cannot("data directory",
                         directory.string() + " cannot be read",
                         "make it, or name another with --data"));
    return out;
  }
  auto unit = static_cast<uint64_t>(found.f_bsize);
  out.push_back(judge_file_system(static_cast<int64_t>(found.f_type)));
  // As `df` and the node count: what is kept for root is not ours to use.
  auto ours = found.f_blocks - found.f_bfree + found.f_bavail;
  out.push_back(judge_disk(found.f_bavail * unit, ours * unit));
  out.push_back(check_sync(directory));
  return out;
}

std::vector<finding>
judge_store(const core::result<std::vector<std::string>>& found) {
  // Said once: there is one cure for all of it.
  const std::string todo = "stop the node, then restore the newest backup into "
                           "a new directory: `troupe restore BACKUP DATA_DIR`";
  if (!found)
    return {cannot("store", found.error().message, todo)};
  std::vector<finding> out;
  for (const auto& x : *found)
    out.push_back(cannot("store", x, {}));
  if (out.empty())
    out.push_back({health::good, "store", "sound", ""});
  else
    out.back().todo = todo;
  return out;
}

} // namespace troupe::cli
