#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// Who may do what where: one table for every door. docs/security.md has it for
// people.

namespace troupe::core {

/// What somebody is in a workspace. An operator and an approver can all that a
/// viewer can, and neither can what is the other's; an admin can everything.
enum class role : uint8_t { viewer, operator_, approver, admin };

std::string_view word_of(role x);
std::optional<role> role_from(std::string_view word);

/// Some of the roles.
class role_set {
public:
  role_set() = default;
  role_set(role x) { add(x); }
  void add(role x);
  /// With what a role includes.
  bool allows(role least) const;

  bool operator==(const role_set&) const = default;

private:
  uint8_t bits_ = 0;
};

/// Stands for each workspace there is, and for the node itself.
inline constexpr std::string_view every_workspace = "*";

/// Of who needs no login: the owner of the machine.
inline constexpr std::string_view local_principal = "local";

/// Who asks.
struct caller {
  std::string principal;
  std::map<std::string, role_set, std::less<>> workspaces;

  /// Whether he is that, or more, in a workspace.
  bool is(role least, std::string_view workspace) const;
};

/// Everything is his.
caller owner();

/// What an operation touches.
enum class reach : uint8_t {
  workspace, // What is in one.
  node,      // What all have in common: it takes a role in all of them.
};

struct need {
  role least = role::admin;
  reach where = reach::node;
};

/// `watch` is the live streams. An operation that is not in the table needs all
/// there is, so that a forgotten one is closed.
need need_of(std::string_view op);

/// Whether the table has it.
bool has_need(std::string_view op);

/// Why not, and what to do. Nothing: go ahead. Says nothing about whether the
/// workspace exists.
std::optional<std::string> deny(const caller& who, std::string_view op,
                                std::string_view workspace);

} // namespace troupe::core
