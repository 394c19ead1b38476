#include "runtime/small_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

namespace troupe::runtime {

namespace {

failure cannot(const char* what, const std::string& path) {
  return {errc::store_failed, category::resource,
          std::string{"cannot "} + what + " " + path + ": "
            + std::strerror(errno)};
}

bool write_all(int to, const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    auto n = ::write(to, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    done += static_cast<size_t>(n);
  }
  return ::fsync(to) == 0;
}

} // namespace

failure write_small_file(const std::string& path, const std::string& text) {
  auto fresh = path + ".new";
  auto to =
    ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (to < 0)
    return cannot("open", fresh);
  auto written = write_all(to, text);
  auto why = written ? failure{} : cannot("write", fresh);
  ::close(to);
  if (!why && std::rename(fresh.c_str(), path.c_str()) != 0)
    why = cannot("replace", path);
  if (why)
    ::unlink(fresh.c_str());
  return why;
}

std::optional<std::string> read_small_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file.is_open())
    return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

} // namespace troupe::runtime
