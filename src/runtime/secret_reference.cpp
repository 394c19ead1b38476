#include "runtime/secret_reference.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>

#include "runtime/config.hpp"

namespace troupe::runtime {

namespace {

failure wrong(const std::string& reference, const std::string& why) {
  return {errc::invalid, category::validation,
          "the secret in " + reference + " cannot be read: " + why};
}

core::result<std::string> text_of_file(const std::string& reference,
                                       const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  auto why = errno;
  std::string out(secret_bytes_max + 1, '\0');
  if (in)
    in.read(out.data(), static_cast<std::streamsize>(out.size()));
  if (!in.is_open() || in.bad())
    return wrong(reference, std::string{std::strerror(why)}
                              + "; check the path and who may read it");
  out.resize(static_cast<size_t>(in.gcount()));
  if (out.size() > secret_bytes_max)
    return wrong(reference, "it is longer than 256 KiB (secret_bytes_max)");
  while (out.ends_with('\n') || out.ends_with('\r'))
    out.pop_back();
  if (out.empty())
    return wrong(reference, "it is empty");
  return out;
}

core::result<std::string> text_of_credential(const std::string& reference,
                                             const std::string& name) {
  const auto* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || name.find('/') != name.npos)
    return wrong(reference, "there is no such credential; the unit needs a "
                            "LoadCredential="
                              + name + ":PATH");
  return text_of_file(reference, std::string{folder} + "/" + name);
}

/// Variables that were taken out, for the next time somebody reads them.
class taken_variables {
public:
  std::string get(const std::string& name) {
    std::lock_guard guard{mutex_};
    if (const auto* set = std::getenv(name.c_str()))
      return set;
    auto pos = taken_.find(name);
    return pos == taken_.end() ? std::string{} : pos->second;
  }

  void take(const std::string& name) {
    std::lock_guard guard{mutex_};
    if (const auto* set = std::getenv(name.c_str())) {
      taken_[name] = set;
      ::unsetenv(name.c_str());
    }
  }

private:
  std::mutex mutex_;
  std::map<std::string, std::string> taken_;
};

taken_variables& variables() {
  static taken_variables all;
  return all;
}

core::result<std::string> text_of_variable(const std::string& reference,
                                           const std::string& name) {
  auto text = variables().get(name);
  if (text.empty())
    return wrong(reference, "the variable is not set in the environment of the "
                            "node, or empty");
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
    return failure{
      errc::invalid, category::validation,
      "a secret is named as env:NAME, file:PATH or credential:NAME"};
  auto name = reference.substr(reference.find(':') + 1);
  if (reference.starts_with("file:"))
    return text_of_file(reference, name);
  if (reference.starts_with("credential:"))
    return text_of_credential(reference, name);
  return text_of_variable(reference, name);
}

void take_out_of_environment(const node_config& secrets_of) {
  variables().take("TROUPE_TOKEN"); // Of the command line, if it is ours.
  auto take = [](const std::string& reference) {
    constexpr std::string_view variable = "env:";
    if (reference.starts_with(variable))
      variables().take(reference.substr(variable.size()));
  };
  for (const auto& x : secrets_of.auth.issuers)
    std::for_each(x.keys.begin(), x.keys.end(), take);
  for (const auto& [name, x] : secrets_of.webhooks)
    take(x.secret);
  for (const auto& x : secrets_of.agents)
    take(x.http.secret);
}

} // namespace troupe::runtime
