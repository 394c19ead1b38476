#include "core/mutant.hpp"

#ifdef TROUPE_MUTANTS

#include <array>

namespace troupe::core {

namespace {

constexpr std::array<std::string_view, mutants> names{"none",
                                                      "ack_before_commit",
                                                      "fence_off",
                                                      "lost_wake_up",
                                                      "double_dispatch",
                                                      "retries_forgotten",
                                                      "timer_lost",
                                                      "late_begin",
                                                      "ageing_off",
                                                      "limit_leak",
                                                      "dedupe_off",
                                                      "restart_in_stop",
                                                      "feed_gap",
                                                      "careless_start",
                                                      "order_off",
                                                      "completed_again",
                                                      "unpaused_return"};

} // namespace

std::string_view to_string(mutant x) {
  return names.at(static_cast<size_t>(x));
}

std::optional<mutant> mutant_from(std::string_view name) {
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name)
      return static_cast<mutant>(i);
  return std::nullopt;
}

} // namespace troupe::core

#else

static_assert(!troupe::core::mutated(troupe::core::mutant::fence_off),
              "a build for people has no deliberate bugs");

#endif
