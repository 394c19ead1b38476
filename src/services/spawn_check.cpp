#include "services/spawn_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

namespace troupe::services {

namespace {

namespace fs = std::filesystem;

enum class found : uint8_t { nothing, no_program, program };

found look_at(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored))
    return found::nothing;
  return fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0
           ? found::program
           : found::no_program;
}

std::string search_path(const spawn_spec& spec) {
  if (auto pos = spec.environment.find("PATH"); pos != spec.environment.end())
    return pos->second;
  const char* mine = ::getenv("PATH");
  return mine != nullptr ? mine : "/usr/local/bin:/usr/bin:/bin";
}

found look_in_path(const spawn_spec& spec, const fs::path& from) {
  auto best = found::nothing;
  auto all = search_path(spec) + ':';
  for (size_t begin = 0, end = 0; (end = all.find(':', begin)) != all.npos;
       begin = end + 1) {
    // An empty entry is the directory itself, by custom.
    auto here =
      look_at(from / all.substr(begin, end - begin) / spec.command[0]);
    best = std::max(best, here);
  }
  return best;
}

failure invalid(std::string message) {
  return {errc::invalid, category::validation, std::move(message)};
}

} // namespace

failure missing(const spawn_spec& spec) {
  std::error_code ignored;
  fs::path from = spec.directory.empty()
                    ? fs::current_path(ignored)
                    : fs::absolute(spec.directory, ignored);
  if (!fs::is_directory(from, ignored))
    return invalid("its directory `" + spec.directory
                   + "` is not there; make it, or mend `dir`");
  if (spec.command.empty())
    return {};
  const auto& name = spec.command[0];
  auto has_slash = name.find('/') != name.npos;
  switch (has_slash ? look_at(from / name) : look_in_path(spec, from)) {
    case found::program:
      break;
    case found::no_program:
      return invalid("its command `" + name
                     + "` cannot be executed; `chmod +x` it, or mend "
                       "`command`");
    case found::nothing:
      return invalid("its command `" + name + "` is not "
                     + (has_slash ? "there, seen from " + from.string()
                                  : std::string{"in PATH"})
                     + "; install it, or mend `command`");
  }
  return {};
}

} // namespace troupe::services
