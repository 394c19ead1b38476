#include <algorithm>
#include <set>

#include "core/queue_task.hpp"
#include "core/queue_words.hpp"
#include "store/memory_state.hpp"
#include "store/queue_cursor.hpp"

namespace troupe::store {

namespace {

constexpr uint32_t page_rows_max = 1000;

} // namespace

core::registered_page registered_in(const memory_state& state,
                                    const std::string& workspace,
                                    const core::page& where) {
  std::map<std::string, core::registered_row> all;
  for (const auto& [key, x] : state.definitions) {
    if (x.workspace != workspace || x.version == 0 || x.name <= where.after)
      continue;
    auto& row = all[x.name];
    auto versions = row.versions + 1;
    if (x.version > row.version)
      row = {x.name, x.version, x.hash, x.created_at, 0};
    row.versions = versions;
  }
  core::registered_page found;
  for (auto& [name, row] : all) {
    if (found.rows.size() >= std::clamp(where.limit, 1u, page_rows_max)) {
      found.next = found.rows.back().name;
      break;
    }
    found.rows.push_back(std::move(row));
  }
  return found;
}

std::vector<core::audited> audits_in(const memory_state& state,
                                     const std::string& workspace,
                                     core::audit_place before, uint32_t limit) {
  std::vector<core::audited> found;
  for (size_t i = 0; i < state.audits.size(); ++i) {
    const auto& x = state.audits[i];
    core::audit_place place{x.at, i + 1};
    if (x.workspace == workspace
        && (before == core::audit_place{} || place < before))
      found.push_back({place, x});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return b.place < a.place; });
  if (found.size() > limit)
    found.resize(limit);
  return found;
}

bool in_queue(const core::task_row& x, const core::queue_filter& what) {
  if (x.labels.empty() || x.workspace != what.workspace
      || (what.held && x.due != core::due_kind::held)
      || (!what.type.empty() && x.type != what.type))
    return false;
  return what.agent.empty() || core::queue_agent(x) == what.agent;
}

core::audit_sums audit_sums_in(const memory_state& state,
                               const std::string& workspace,
                               core::instant since, core::duration slow_after) {
  core::audit_sums sums;
  for (const auto& x : state.audits) {
    if (x.workspace != workspace || x.at < since)
      continue;
    auto done = core::execution_of(x);
    add_to(sums, x.status, done.took, done.agent, slow_after);
  }
  return sums;
}

std::vector<std::string> queue_workspaces_in(const memory_state& state,
                                             uint32_t limit) {
  core::queue_filter held;
  held.held = true;
  std::set<std::string> all;
  for (const auto& [key, x] : state.tasks) {
    held.workspace = x.workspace;
    if (all.size() < limit && x.state == core::task_state::queued
        && in_queue(x, held))
      all.insert(x.workspace);
  }
  return {all.begin(), all.end()};
}

std::vector<core::segment> history_in(const memory_state& state, uint32_t shard,
                                      uint64_t before, uint32_t limit) {
  std::vector<core::segment> found;
  auto end = before == 0 ? state.segments.lower_bound({shard + 1, 0})
                         : state.segments.lower_bound({shard, before});
  while (end != state.segments.begin() && found.size() < limit) {
    --end;
    if (end->first.first != shard)
      break;
    found.push_back(end->second);
  }
  return found;
}

} // namespace troupe::store
