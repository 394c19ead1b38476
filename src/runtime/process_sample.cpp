#include "runtime/process_sample.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>

namespace troupe::runtime {

namespace {

uint64_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  uint64_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

core::duration cpu_time() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0)
    return {};
  auto us = [](const timeval& x) {
    return core::duration{int64_t{x.tv_sec} * 1'000'000 + x.tv_usec};
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

uint64_t open_files() {
  auto* list = ::opendir("/proc/self/fd");
  if (list == nullptr)
    return 0;
  uint64_t n = 0;
  while (::readdir(list) != nullptr)
    ++n;
  ::closedir(list);
  return n > 3 ? n - 3 : 0; // Without `.`, `..` and the list itself.
}

} // namespace

core::resource_sample sample_process(const std::string& data) {
  core::resource_sample x;
  x.rss_bytes = resident_bytes();
  x.cpu = cpu_time();
  x.open_files = open_files();
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    x.open_files_max = files.rlim_cur;
  struct statvfs disk {};
  if (!data.empty() && ::statvfs(data.c_str(), &disk) == 0) {
    x.disk_free_bytes = uint64_t{disk.f_bavail} * disk.f_frsize;
    // As `df` counts: what is kept for root is not ours to use.
    auto ours = disk.f_blocks - disk.f_bfree + disk.f_bavail;
    x.disk_total_bytes = uint64_t{ours} * disk.f_frsize;
  }
  return x;
}

} // namespace troupe::runtime
