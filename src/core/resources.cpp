#include "core/resources.hpp"

#include <algorithm>

namespace troupe::core {

namespace {

std::string percent(double share) {
  return std::to_string(static_cast<int>(share * 100)) + " %";
}

/// True once for each time that `share` rises above `limit`. It has to fall by
/// a twentieth first, so that a value on the edge does not tell every time.
bool begins(double share, double limit, bool& told) {
  if (share < limit * 0.95)
    told = false;
  if (share < limit || told)
    return false;
  told = true;
  return true;
}

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

} // namespace

std::vector<std::string> resource_watch::look(const resource_sample& now) {
  std::vector<std::string> out;
  auto free = std::min(now.disk_free_bytes, now.disk_total_bytes);
  auto disk = share(now.disk_total_bytes - free, now.disk_total_bytes);
  if (begins(disk, disk_used_max, disk_told_))
    out.push_back("the disk with the data directory is " + percent(disk)
                  + " full; make room, or the node will take no new work");
  auto files = share(now.open_files, now.open_files_max);
  if (begins(files, open_files_used_max, files_told_))
    out.push_back(std::to_string(now.open_files) + " of "
                  + std::to_string(now.open_files_max)
                  + " files are open; raise the limit: `ulimit -n`, or "
                    "LimitNOFILE= in systemd");
  return out;
}

double cores_used(const resource_sample& before, const resource_sample& after,
                  duration between) {
  if (between <= duration{} || after.cpu <= before.cpu)
    return 0;
  return static_cast<double>((after.cpu - before.cpu).count())
         / static_cast<double>(between.count());
}

} // namespace troupe::core
