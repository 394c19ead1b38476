#pragma once

#include "core/rows.hpp"
#include "core/workflow.hpp"

namespace troupe::core {

enum class verdict_of_gate : uint8_t { go, ask, refuse };

/// What every task passes when it becomes ready. It knows approval steps;
/// policy, autonomy and budgets come in here and nowhere else.
inline verdict_of_gate gate(const step& s, bool approved) {
  return s.approve && !approved ? verdict_of_gate::ask : verdict_of_gate::go;
}

/// The question that an approval step asks.
inline decision_row question(const step& s, const run_row& run, uint32_t number,
                             instant now) {
  decision_row row;
  row.task = run.key.with(number);
  row.fresh = true;
  row.workspace = run.workspace;
  row.question = "May step `" + s.name + "` of " + run.name + " go on?";
  if (!s.description.empty())
    row.question += ' ' + s.description;
  row.by = s.approve->by;
  row.asked_at = now;
  row.due_at = now + s.approve->timeout;
  return row;
}

} // namespace troupe::core
