#include "store/data_directory.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace troupe::store {

namespace {

namespace fs = std::filesystem;

constexpr const char* ballast_name = "ballast";
constexpr const char* start_room_name = "start-room";

failure system_failure(const std::string& doing, const fs::path& file,
                       int error) {
  auto full =
    error == ENOSPC || error == EDQUOT || error == EROFS || error == EACCES;
  return {full ? errc::store_full : errc::store_failed, category::resource,
          doing + " " + file.string() + ": " + std::strerror(error)
            + "; the directory must be writable and its disk have room"};
}

/// The name of a file system that lives on another machine.
const char* network_name(const fs::path& path) {
  struct statfs info;
  if (::statfs(path.c_str(), &info) != 0)
    return nullptr;
  switch (static_cast<uint32_t>(info.f_type)) {
    case 0x6969:
      return "NFS";
    case 0x517b:
    case 0xfe534d42:
      return "SMB";
    case 0xff534d42:
      return "CIFS";
    case 0x5346414f:
      return "AFS";
    case 0x00c36400:
      return "Ceph";
    case 0x01021997:
      return "9P";
    default:
      return nullptr;
  }
}

std::string holder(const fs::path& lock) {
  std::ifstream file{lock};
  std::string pid;
  return file >> pid ? "process " + pid : "another process";
}

/// What is in here is its owner's: payloads of all tenants, among others.
constexpr auto owner_only = fs::perms::owner_read | fs::perms::owner_write;

/// Makes it for its owner alone. One that is there already is left as it is:
/// somebody has chosen who may look into it.
std::error_code make_directory(const fs::path& path) {
  std::error_code code;
  if (fs::create_directories(path, code))
    fs::permissions(path, fs::perms::owner_all, code);
  return code;
}

failure write_pid(int fd, const fs::path& lock) {
  auto text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0
      || ::pwrite(fd, text.data(), text.size(), 0)
           != static_cast<ssize_t>(text.size()))
    // A full disk must not keep the node from starting: the lock holds.
    if (errno != ENOSPC && errno != EDQUOT)
      return system_failure("cannot write", lock, errno);
  return {};
}

} // namespace

data_directory::data_directory(fs::path path, int lock)
  : path_(std::move(path)), lock_(lock) {}

data_directory::~data_directory() {
  ::close(lock_);
}

core::result<std::unique_ptr<data_directory>>
data_directory::take(const fs::path& path) {
  if (auto code = make_directory(path))
    return system_failure("cannot make", path, code.value());
  if (const auto* name = network_name(path))
    return failure{errc::store_failed, category::validation,
                   path.string() + " is on a network file system (" + name
                     + "), where a store is not safe; choose a local disk, or "
                       "PostgreSQL for more than one machine"};
  auto lock = path / "lock";
  // CLOEXEC: a child that outlives us must not keep the directory locked.
  auto fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return system_failure("cannot open", lock, errno);
  std::unique_ptr<data_directory> made{new data_directory{path, fd}};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
    return failure{errc::store_locked, category::resource,
                   path.string() + " is in use by " + holder(lock)
                     + "; stop it or choose another data directory"};
  if (auto bad = write_pid(fd, lock))
    return bad;
  for (const auto* name :
       {"lock", "ballast", "troupe.db", "troupe.db-wal", "troupe.db-shm"})
    keep_from_others(path / name); // An earlier version let everybody read.
  return made;
}

double data_directory::disk_used() const {
  struct statvfs info;
  if (::statvfs(path_.c_str(), &info) != 0 || info.f_blocks == 0)
    return 0;
  // As `df` counts: what is kept for root is not ours to use.
  auto used = static_cast<double>(info.f_blocks - info.f_bfree);
  return used / (used + static_cast<double>(info.f_bavail));
}

uint64_t data_directory::disk_free() const {
  struct statvfs info;
  if (::statvfs(path_.c_str(), &info) != 0 || info.f_blocks == 0)
    return UINT64_MAX;
  return info.f_bavail * info.f_frsize;
}

bool data_directory::keep(const char* name, uint64_t bytes) const {
  auto file = path_ / name;
  std::error_code code;
  if (bytes == 0 || fs::exists(file, code))
    return bytes != 0;
  if (disk_free() < 4 * bytes)
    return false;
  auto fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return false;
  auto kept = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes)) == 0;
  ::close(fd);
  if (!kept)
    release(name);
  return kept;
}

bool data_directory::release(const char* name) const {
  std::error_code ignored;
  return fs::remove(path_ / name, ignored);
}

bool data_directory::keep_ballast(uint64_t bytes) {
  return keep(ballast_name, bytes);
}

bool data_directory::release_ballast() {
  return release(ballast_name);
}

bool data_directory::keep_start_room() {
  return keep(start_room_name, start_room_bytes);
}

bool data_directory::release_start_room() {
  return release(start_room_name);
}

uint64_t data_directory::generation() const {
  std::ifstream file{path_ / "generation"};
  uint64_t value = 0;
  return file >> value ? value : 0;
}

failure data_directory::set_generation(uint64_t generation) {
  auto file = path_ / "generation";
  auto fresh = path_ / "generation.new";
  std::ofstream out{fresh};
  out << generation << "\n";
  out.close();
  if (!out)
    return system_failure("cannot write", fresh, errno);
  if (auto bad = sync_path(fresh))
    return bad;
  std::error_code code;
  fs::rename(fresh, file, code);
  if (code)
    return system_failure("cannot write", file, code.value());
  return sync_path(path_);
}

failure data_directory::mark_restore(bool under_way) {
  auto file = path_ / restore_mark;
  std::error_code code;
  if (under_way)
    std::ofstream{file};
  else
    fs::remove(file, code);
  if (code || fs::exists(file) != under_way)
    return system_failure("cannot change", file, code.value());
  return sync_path(path_);
}

bool data_directory::restore_under_way() const {
  std::error_code ignored;
  return fs::exists(path_ / restore_mark, ignored);
}

void keep_from_others(const fs::path& file) {
  std::error_code ignored; // Not there, or not ours to change.
  fs::permissions(file, owner_only, ignored);
}

failure make_private(const fs::path& file) {
  auto fd =
    ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return system_failure("cannot make", file, errno);
  ::close(fd);
  return {};
}

failure sync_path(const fs::path& path) {
  auto fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return system_failure("cannot open", path, errno);
  auto synced = ::fsync(fd) == 0;
  auto error = errno;
  ::close(fd);
  return synced ? failure{} : system_failure("cannot sync", path, error);
}

} // namespace troupe::store
