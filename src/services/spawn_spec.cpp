#include "services/spawn_spec.hpp"

#include <algorithm>
#include <string_view>

#include <unistd.h>

#include "core/secrets.hpp"

namespace troupe::services {

namespace {

failure invalid(std::string message) {
  return {errc::invalid, category::validation, std::move(message)};
}

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

} // namespace

std::vector<std::string> secrets_of(const spawn_spec& spec) {
  std::vector<std::string> out;
  auto add = [&](std::string_view name, std::string_view value) {
    if (core::is_secret_value(name, value))
      out.emplace_back(value);
  };
  for (const auto& [name, value] : spec.environment)
    add(name, value);
  // What the node has, it inherits.
  for (auto** x = spec.clean ? nullptr : environ; x != nullptr && *x; ++x) {
    std::string_view line{*x};
    auto equals = line.find('=');
    if (equals != line.npos)
      add(line.substr(0, equals), line.substr(equals + 1));
  }
  // The longest first: one may be a part of another.
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return out;
}

failure problem(const spawn_spec& spec) {
  if (spec.command.empty() || spec.command[0].empty())
    return invalid("the command is empty; name a program");
  auto bytes = spec.directory.size();
  for (auto& arg : spec.command) {
    if (has_nul(arg))
      return invalid("an argument of `" + spec.command[0]
                     + "` contains a zero byte; remove it");
    bytes += arg.size() + 8;
  }
  if (has_nul(spec.directory))
    return invalid("the directory contains a zero byte; remove it");
  for (auto& [name, value] : spec.environment) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name)
        || has_nul(value))
      return invalid("`" + name + "` is no name, or has no value, for an "
                     + "environment variable; use letters and digits");
    bytes += name.size() + value.size() + 16;
  }
  if (bytes > spawn_bytes_max)
    return {errc::limit_reached, category::validation,
            "the command of `" + spec.command[0].substr(0, 100) + "` takes "
              + std::to_string(bytes) + " bytes, over spawn_bytes_max ("
              + std::to_string(spawn_bytes_max) + "); pass it on stdin"};
  return {};
}

} // namespace troupe::services
