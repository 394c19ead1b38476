#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/problem.hpp"
#include "core/time.hpp"

// A marketing strategy, as other programs put it into `marketing_strategies`
// or send it: what a queue makes tasks of.

namespace troupe::core {

/// Limits of a strategy, each with an error that names it.
inline constexpr size_t strategy_tasks_max = 200;
inline constexpr size_t strategy_text_bytes_max = 900;
inline constexpr uint32_t strategy_days_max = 3650;

struct strategy_phase {
  std::string name;
  std::vector<std::string> activities;
  std::string focus;
  uint32_t days = 30;
  /// Tasks that send mail need somebody's yes; `approver` says whose.
  bool approval = false;
  std::string approver;
  instant deadline; // None: no_instant.
};

struct strategy_pillar {
  std::string name;
  double percentage = 0;
};

struct strategy {
  std::string key;
  std::string contact;
  std::vector<strategy_phase> phases;
  std::vector<strategy_pillar> pillars;
  std::vector<std::string> kpis;
};

struct read_strategy_result {
  strategy value;
  core::problems problems; // Empty: it is valid.
};

/// The body of a strategy's row, of its columns; what is no JSON is a text.
std::string strategy_body(std::string_view calendar, std::string_view pillars,
                          std::string_view kpis);

/// Reads {id, contact_id, campaign_calendar, content_pillars, kpis}; everything
/// that is wrong with it is reported at once. What it does not know is left
/// alone: the rows belong to other programs.
read_strategy_result read_strategy(const nlohmann::json& from);

} // namespace troupe::core
