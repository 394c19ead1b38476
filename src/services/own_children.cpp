#include "services/own_children.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <string>

#include "services/descriptor.hpp"

namespace troupe::services {

namespace {

// Numbers in `text`, which are separated by blanks.
std::vector<pid_t> numbers(const std::string& text) {
  std::vector<pid_t> all;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at != end) {
    pid_t pid = 0;
    auto [next, error] = std::from_chars(at, end, pid);
    if (error == std::errc{})
      all.push_back(pid);
    at = next == at ? at + 1 : next;
  }
  return all;
}

// The kernel's own list, where it was built with it.
bool listed(std::vector<pid_t>& into) {
  auto me = std::to_string(::getpid());
  auto path = "/proc/" + me + "/task/" + me + "/children";
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return false;
  std::string text;
  std::array<char, 4096> part;
  ssize_t got = 0;
  while ((got = ::read(file.get(), part.data(), part.size())) > 0)
    text.append(part.data(), got);
  into = numbers(text);
  return true;
}

// "pid (name) state ppid ...", where the name may hold anything.
pid_t parent_of(int proc, const char* pid) {
  std::array<char, 64> path{};
  std::strncpy(path.data(), pid, 32);
  std::strcat(path.data(), "/stat");
  descriptor file{::openat(proc, path.data(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return -1;
  std::array<char, 512> text{};
  auto got = ::read(file.get(), text.data(), text.size() - 1);
  const char* name_end = got > 0 ? std::strrchr(text.data(), ')') : nullptr;
  pid_t parent = -1;
  if (name_end && std::strlen(name_end) > 4)
    std::from_chars(name_end + 4, text.data() + got, parent);
  return parent;
}

} // namespace

std::vector<pid_t> own_children() {
  std::vector<pid_t> all;
  if (listed(all))
    return all;
  auto me = ::getpid();
  auto* proc = ::opendir("/proc");
  if (!proc)
    return all;
  while (auto* entry = ::readdir(proc)) {
    const char* name = entry->d_name;
    if (name[0] >= '1' && name[0] <= '9'
        && parent_of(::dirfd(proc), name) == me)
      all.push_back(static_cast<pid_t>(std::atoi(name)));
  }
  ::closedir(proc);
  return all;
}

} // namespace troupe::services
