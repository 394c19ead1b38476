#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "troupe/agent.hpp"
#include "troupe/version.hpp"

// Agents in a shared library that a node loads because its configuration says
// so (`kind: plugin`). Link nothing: what the headers leave open, the node that
// loads the library has.

namespace troupe {

/// Raised whenever a library compiled against older headers would misbehave.
constexpr uint32_t plugin_contract = 2;

/// The agents that a library offers, by name.
class plugin_agents {
public:
  using factory = std::variant<agent_factory, reactive_factory>;

  /// `T` is an `agent` or a `reactive_agent` that can be made from `xs`.
  template <class T, class... Ts>
  void add(std::string name, Ts... xs) {
    constexpr bool blocks = std::is_base_of_v<agent, T>;
    static_assert(blocks || std::is_base_of_v<reactive_agent, T>,
                  "derive it from troupe::agent or troupe::reactive_agent");
    using base = std::conditional_t<blocks, agent, reactive_agent>;
    all_[std::move(name)] = std::function<std::unique_ptr<base>()>{
      [xs...] { return std::make_unique<T>(xs...); }};
  }

  const std::map<std::string, factory>& all() const { return all_; }

private:
  std::map<std::string, factory> all_;
};

/// Sizes of what passes between a node and a library. They differ where the two
/// were compiled with different standard libraries or options.
constexpr uint64_t plugin_layout =
  uint64_t{sizeof(task)} << 48 | uint64_t{sizeof(outcome)} << 32
  | uint64_t{sizeof(agent_factory)} << 16 | uint64_t{sizeof(plugin_agents)};

/// What a node looks at before it believes anything else. Never changes.
struct plugin_head {
  static constexpr uint64_t magic_word = 0x4e'49'50'55'4f'52'54'00; // TROUPIN

  uint64_t magic = magic_word;
  uint32_t contract = plugin_contract;
  uint32_t abi = __GXX_ABI_VERSION;
  uint64_t layout = plugin_layout;
  const char* version = headers_version.data();
  void (*offer)(plugin_agents& to) = nullptr;
};

} // namespace troupe

/// Once in a library, followed by the body of a function that adds its agents:
///
///   TROUPE_PLUGIN(agents) {
///     agents.add<word_count>("word_count");
///   }
#define TROUPE_PLUGIN(agents)                                                  \
  static void troupe_plugin_offer(::troupe::plugin_agents& agents);            \
  extern "C" {                                                                 \
  extern __attribute__((visibility("default")))                                \
  const ::troupe::plugin_head troupe_plugin;                                   \
  }                                                                            \
  const ::troupe::plugin_head troupe_plugin{.offer = &troupe_plugin_offer};    \
  static void troupe_plugin_offer(::troupe::plugin_agents& agents)
