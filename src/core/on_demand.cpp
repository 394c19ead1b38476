#include "core/on_demand.hpp"

#include <algorithm>

#include "core/ensemble.hpp"

namespace troupe::core {

namespace {

/// The first name that is free; none: all are there.
std::optional<std::string> free_name(const standby& of,
                                     std::span<const member_view> members) {
  for (uint32_t n = 1; n <= of.instances_max; ++n) {
    auto name = instance_name(of.who.name, n);
    auto taken = std::any_of(members.begin(), members.end(),
                             [&](const auto& x) { return x.who.name == name; });
    if (!taken)
      return name;
  }
  return std::nullopt;
}

} // namespace

std::string instance_name(const std::string& standby, uint32_t number) {
  return number == 1 ? standby : standby + "-" + std::to_string(number);
}

bool is_instance(const standby& of, const std::string& name) {
  if (name == of.who.name)
    return true;
  for (uint32_t n = 2; n <= of.instances_max; ++n)
    if (name == instance_name(of.who.name, n))
      return true;
  return false;
}

bool can_do(const profile& who, const needs& need) {
  return ensemble::can(who, need);
}

std::optional<make_request> make_for(const needs& need,
                                     std::span<const standby> all,
                                     std::span<const member_view> members) {
  for (const auto& x : members)
    if ((x.made_from.empty() || x.unsettled) && can_do(x.who, need))
      return std::nullopt;
  for (const auto& x : all) {
    auto name = free_name(x, members);
    if (!name)
      continue;
    auto who = x.who;
    who.name = *name;
    if (can_do(who, need))
      return make_request{x.who.name, *name};
  }
  return std::nullopt;
}

} // namespace troupe::core
