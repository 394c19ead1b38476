#include "runtime/secret_reference.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace troupe::runtime {

namespace {

constexpr size_t secret_bytes_max = 64 * 1024;

failure wrong(std::string why) {
  return {errc::invalid, category::validation, std::move(why)};
}

core::result<std::string> of_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad())
    return wrong("the secret in " + path
                 + " cannot be read; check the path and its permissions");
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.pop_back();
  if (text.empty() || text.size() > secret_bytes_max)
    return wrong("the secret in " + path + " is empty or over 64 KiB");
  return text;
}

} // namespace

bool is_secret_reference(std::string_view text) {
  for (std::string_view kind : {"env:", "file:", "credential:"})
    if (text.starts_with(kind) && text.size() > kind.size())
      return true;
  return false;
}

core::result<std::string> read_secret(const std::string& reference) {
  if (!is_secret_reference(reference))
    return wrong("a secret is named as env:NAME, file:PATH or credential:NAME");
  auto colon = reference.find(':');
  auto kind = reference.substr(0, colon);
  auto name = reference.substr(colon + 1);
  if (kind == "file")
    return of_file(name);
  if (kind == "credential") {
    const auto* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr || name.find('/') != name.npos)
      return wrong("there is no credential " + name
                   + "; the service manager gives them (LoadCredential=)");
    return of_file(std::string{directory} + "/" + name);
  }
  const auto* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0')
    return wrong("the variable " + name
                 + " holds a secret and is not set in the environment of the "
                   "node");
  return std::string{value};
}

} // namespace troupe::runtime
