#include "troupe/errc.hpp"

#include <array>
#include <cassert>

namespace troupe {

namespace {

struct errc_row {
  errc code;
  std::string_view name;
  std::string_view sentence;
};

// In the order of the enum, so that the code is the index.
constexpr std::array<errc_row, 27> errc_rows{{
  {errc::none, "none", "no error"},
  {errc::invalid, "invalid", "the input is wrong; mend the listed problems"},
  {errc::not_found, "not_found",
   "nothing of that id or name in this workspace; list with `troupe runs`"},
  {errc::invalid_state, "invalid_state",
   "its state does not allow this; look with `troupe status`"},
  {errc::key_reused, "key_reused",
   "the idempotency key was used with another body; use a new key"},
  {errc::already_answered, "already_answered",
   "the decision was answered before; the first answer counts"},
  {errc::overloaded, "overloaded",
   "intake is closed for a moment; try again after the given time"},
  {errc::store_full, "store_full",
   "the disk is full or read-only; free some space, the node goes on by "
   "itself"},
  {errc::store_failed, "store_failed",
   "the store failed; run `troupe doctor` on the data directory"},
  {errc::store_locked, "store_locked",
   "another process uses this data directory; stop it or choose another"},
  {errc::fenced, "fenced", "a newer owner has taken over this shard"},
  {errc::stopping, "stopping", "the node is stopping; try again later"},
  {errc::no_agent, "no_agent",
   "no agent has the required capabilities; see `troupe agents`"},
  {errc::timed_out, "timed_out",
   "the attempt ran longer than its timeout; raise `timeout` or find out why"},
  {errc::cancelled, "cancelled", "it was cancelled"},
  {errc::agent_crashed, "agent_crashed", "the agent crashed while it worked"},
  {errc::invalid_result, "invalid_result",
   "the output does not pass the step's `expect`"},
  {errc::template_failed, "template_failed",
   "a template or an expression could not be evaluated"},
  {errc::quarantined, "quarantined",
   "the task was running at three unclean ends of the node; mend it, then "
   "`troupe retry`"},
  {errc::limit_reached, "limit_reached", "a limit was reached"},
  {errc::rejected, "rejected", "the approval was refused or ran out"},
  {errc::agent_failed, "agent_failed", "the agent reported a failure"},
  {errc::retries_exhausted, "retries_exhausted", "all retries are used up"},
  {errc::escalated, "escalated", "a child actor failed too often"},
  {errc::restarting, "restarting", "it is being restarted; ask again"},
  {errc::internal, "internal", "a bug in Troupe; please report it"},
  {errc::dependency_failed, "dependency_failed",
   "a task it depends on did not end as the edge asks"},
}};

constexpr std::array<std::string_view, 13> category_names{
  "unknown",    "network",     "resource",        "timeout",    "dependency",
  "rate_limit", "agent_crash", "data_corruption", "validation", "security",
  "business",   "cancelled",   "invalid_result"};

const errc_row& row(errc code) {
  auto index = static_cast<size_t>(code);
  assert(index < errc_rows.size() && errc_rows[index].code == code);
  return errc_rows[index];
}

} // namespace

std::string_view to_string(errc code) {
  return row(code).name;
}

std::optional<errc> errc_from(std::string_view name) {
  for (const auto& x : errc_rows)
    if (x.name == name)
      return x.code;
  return std::nullopt;
}

std::string_view message(errc code) {
  return row(code).sentence;
}

std::string_view to_string(category kind) {
  return category_names.at(static_cast<size_t>(kind));
}

std::optional<category> category_from(std::string_view name) {
  for (size_t i = 0; i < category_names.size(); ++i)
    if (category_names[i] == name)
      return static_cast<category>(i);
  return std::nullopt;
}

bool retryable(category kind) {
  switch (kind) { // No default: -Wswitch finds the kind you forgot.
    case category::validation:
    case category::security:
    case category::business:
    case category::cancelled:
      return false;
    case category::unknown:
    case category::network:
    case category::resource:
    case category::timeout:
    case category::dependency:
    case category::rate_limit:
    case category::agent_crash:
    case category::data_corruption:
    case category::invalid_result:
      return true;
  }
  return false;
}

} // namespace troupe
