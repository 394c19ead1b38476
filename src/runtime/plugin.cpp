#include "runtime/plugin.hpp"

#include <dlfcn.h>

#include <exception>
#include <filesystem>

namespace troupe::runtime {

namespace {

failure refused(const std::string& library, const std::string& why) {
  return {errc::invalid, category::validation,
          "its library `" + library + "` " + why};
}

std::string loader_says() {
  const char* text = ::dlerror();
  return text != nullptr ? text : "no reason given";
}

/// Only a path: a bare name would be looked for where the system's libraries
/// are.
std::string path_of(const std::string& library) {
  std::error_code ignored;
  return std::filesystem::absolute(library, ignored).string();
}

/// Why it must not be used, whatever it offers; empty: it may.
std::string mismatch(const plugin_head& head) {
  if (head.magic != plugin_head::magic_word)
    return "has a `troupe_plugin` that is not ours; define it with "
           "TROUPE_PLUGIN of <troupe/plugin.hpp>";
  if (head.contract != plugin_contract)
    return "was compiled for contract " + std::to_string(head.contract)
           + " of <troupe/plugin.hpp> (troupe " + head.version
           + "), and this is troupe " + std::string{headers_version}
           + " with contract " + std::to_string(plugin_contract)
           + "; compile it against these headers";
  plugin_head ours;
  if (head.abi != ours.abi || head.layout != ours.layout)
    return "was compiled with another compiler or standard library than this "
           "node; use the same, with the same _GLIBCXX_* settings";
  return {};
}

std::string names_of(const plugin_agents& offered) {
  std::string out;
  for (const auto& [name, make] : offered.all())
    out += (out.empty() ? "`" : ", `") + name + "`";
  return out;
}

core::result<plugin_agents::factory> choose(const std::string& library,
                                            const std::string& name,
                                            const plugin_agents& offered) {
  const auto& all = offered.all();
  if (all.empty())
    return refused(library, "offers no agent; add one in TROUPE_PLUGIN");
  if (name.empty() && all.size() > 1)
    return refused(library, "offers several agents; say which with `agent`: "
                              + names_of(offered));
  auto pos = name.empty() ? all.begin() : all.find(name);
  if (pos == all.end())
    return refused(library, "offers no agent `" + name + "`, but "
                              + names_of(offered) + "; mend `agent`");
  return pos->second;
}

} // namespace

core::result<plugin_agents::factory> load_plugin(const std::string& library,
                                                 const std::string& name) {
  auto path = path_of(library);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return refused(library,
                   "is not there, seen as " + path + "; mend `library`");
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return refused(library, "cannot be loaded: " + loader_says()
                              + "; compile it against this version's headers, "
                                "as a shared library");
  const auto* head =
    static_cast<const plugin_head*>(::dlsym(handle, "troupe_plugin"));
  if (head == nullptr)
    return refused(library, "is no plug-in: it has no `troupe_plugin`; end it "
                            "with TROUPE_PLUGIN of <troupe/plugin.hpp>");
  if (auto why = mismatch(*head); !why.empty())
    return refused(library, why);
  plugin_agents offered;
  try {
    head->offer(offered);
  } catch (const std::exception& x) {
    return refused(library, std::string{"threw while it offered its agents: "}
                              + x.what());
  }
  return choose(library, name, offered);
}

} // namespace troupe::runtime
