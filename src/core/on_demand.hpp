#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "core/workflow.hpp"
#include "troupe/agent.hpp"

// Agents that are made when there is work for them, and end when there is none.

namespace troupe::core {

/// What such agents are made from.
struct standby {
  profile who; // The first one's name; the next are NAME-2, NAME-3, ...
  uint32_t instances_max = 1;
  duration idle = std::chrono::minutes{5}; // Without work for that long: ends.
  bool outside = false; // They work in processes of their own.
};

/// A member of the crew, as far as this needs to know.
struct member_view {
  profile who;
  std::string made_from;  // Name of the standby; empty: it is always there.
  bool unsettled = false; // It begins, or leaves.
};

/// Whether an agent like that could do it, free or not.
bool can_do(const profile& who, const needs& need);

struct make_request {
  std::string from; // Name of the standby.
  std::string name; // Of the new agent.
  bool operator==(const make_request&) const = default;
};

/// Who is to be made for work that no free agent can take. Nobody where an
/// agent that is always there could do it, where one is on its way, or where
/// all that may be made are there.
std::optional<make_request> make_for(const needs& need,
                                     std::span<const standby> all,
                                     std::span<const member_view> members);

/// The same in words, for `why`; empty: no standby could do it. `members_of`:
/// how many of a standby there are.
template <class Count>
std::string standby_words(const needs& need, std::span<const standby> all,
                          Count members_of) {
  for (const auto& x : all) {
    if (!can_do(x.who, need))
      continue;
    const auto& name = x.who.name;
    if (members_of(x) < x.instances_max)
      return " An agent is being made from `agents." + name + "`.";
    return " All that may be made from `agents." + name + "` are there ("
           + std::to_string(x.instances_max) + ", its `on_demand`).";
  }
  return {};
}

/// Whether that is the name of one that was made from it, or may be.
bool is_instance(const standby& of, const std::string& name);

/// NAME, NAME-2, NAME-3, ...; `number` counts from 1.
std::string instance_name(const std::string& standby, uint32_t number);

} // namespace troupe::core
