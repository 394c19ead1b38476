#include "runtime/login_keys.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>

#include "core/jwt_keys.hpp"
#include "core/login.hpp"

namespace troupe::runtime {

namespace {

failure wrong(std::string what) {
  return {errc::invalid, category::validation, std::move(what)};
}

std::string after_colon(const std::string& reference) {
  return reference.substr(reference.find(':') + 1);
}

core::result<std::string> text_of_file(const std::string& reference,
                                       const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  auto why = errno;
  std::string out(core::key_text_bytes_max + 1, '\0');
  if (in)
    in.read(out.data(), static_cast<std::streamsize>(out.size()));
  if (!in.is_open() || in.bad())
    return wrong("the key " + reference + " cannot be read: "
                 + std::strerror(why) + "; check the path and who may read it");
  out.resize(static_cast<size_t>(in.gcount()));
  return out;
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

failure add_keys(const std::string& reference, core::token_issuer& to) {
  auto text = text_of_key(reference);
  if (!text)
    return text.error();
  auto keys = core::keys_of(*text);
  if (!keys)
    return wrong("the key " + reference + " of the issuer `" + to.name
                 + "` cannot be used: " + keys.error().message);
  to.keys.insert(to.keys.end(), keys->begin(), keys->end());
  return {};
}

} // namespace

core::result<std::string> text_of_key(const std::string& reference) {
  auto name = after_colon(reference);
  if (reference.starts_with("file:"))
    return text_of_file(reference, name);
  if (reference.starts_with("credential:")) {
    const auto* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr || name.find('/') != name.npos)
      return wrong("there is no " + reference
                   + "; the unit needs a LoadCredential=" + name + ":PATH");
    return text_of_file(reference, std::string{folder} + "/" + name);
  }
  auto text = variables().get(name);
  if (text.empty())
    return wrong("the variable of " + reference
                 + " is not set or empty; set it, or use file:PATH");
  return text;
}

core::result<gateway::login_rules_ptr> login_rules_of(const auth_config& from) {
  if (from.issuers.empty())
    return gateway::login_rules_ptr{};
  core::login_rules out;
  out.audience = from.audience;
  out.leeway = from.leeway;
  for (const auto& x : from.issuers) {
    core::token_issuer issuer{x.name, x.issuer, {}};
    for (const auto& reference : x.keys)
      if (auto why = add_keys(reference, issuer))
        return why;
    if (x.jwks.starts_with("file:"))
      if (auto why = add_keys(x.jwks, issuer))
        return why;
    out.issuers.push_back(std::move(issuer));
  }
  return std::make_shared<const core::login_rules>(std::move(out));
}

void take_out_of_environment(const auth_config& keys_of) {
  variables().take("TROUPE_TOKEN"); // Of the command line, if it is ours.
  constexpr std::string_view variable = "env:";
  for (const auto& x : keys_of.issuers)
    for (const auto& reference : x.keys)
      if (reference.starts_with(variable))
        variables().take(reference.substr(variable.size()));
}

} // namespace troupe::runtime
