#include <array>

#include "core/workflow_reader.hpp"

// What kind of step its fields make it.

namespace troupe::core::workflows {

namespace {

struct kind_row {
  std::string_view word;
  step_kind kind;
  std::string_view field; // Which makes it one; empty: none.
};

constexpr std::array<kind_row, 5> kinds{
  {{"sleep", step_kind::sleep, "sleep"},
   {"signal", step_kind::signal, "signal"},
   {"workflow", step_kind::workflow, "workflow"},
   {"approval", step_kind::approval, "approve"},
   {"work", step_kind::work, ""}}};

constexpr std::array<std::pair<std::string_view, step_kind>, 5> kind_words{
  {{"sleep", step_kind::sleep},
   {"signal", step_kind::signal},
   {"workflow", step_kind::workflow},
   {"approval", step_kind::approval},
   {"work", step_kind::work}}};

// What an agent alone can have; and what only steps with attempts can.
constexpr std::array<std::string_view, 9> agents_only{
  "agent", "type", "concurrency",  "rate",    "resources",
  "pure",  "hold", "at_most_once", "fallback"};
constexpr std::array<std::string_view, 6> attempts_only{
  "retries", "backoff", "cache", "expect", "foreach", "repeat_until"};

const kind_row& row(step_kind kind) {
  for (const auto& x : kinds)
    if (x.kind == kind)
      return x;
  return kinds.back();
}

bool has(const value& step, std::string_view key) {
  auto* x = step->find(key);
  // `approve: false` takes a default back; it makes no gate.
  return x != nullptr
         && !(key == "approve" && x->kind == node_kind::boolean && !x->truth);
}

void refuse(const value& step, std::string_view key, step_kind kind) {
  for (size_t i = 0; i < step->items.size(); ++i)
    if (step->items[i].key == key)
      step.item(i).fail_at_key(
        "`" + std::string{key} + "` makes no sense in a step of kind "
          + std::string{row(kind).word},
        key == "timeout" && kind == step_kind::sleep
          ? "a sleep is over when its time is; make `sleep` shorter, or add a "
            "`deadline`"
        : key == "timeout" && kind == step_kind::approval
          ? "write `approve: {timeout: ...}`"
        : kind == step_kind::approval ? "remove it, or say `kind: work`"
        : key == "cache" && kind == step_kind::workflow
          ? "put it at the steps of that workflow: their outputs are kept"
          : "remove it, or make two steps");
}

} // namespace

step_kind kind_of(const value& step) {
  if (step.kind() != node_kind::object)
    return step_kind::work;
  for (size_t i = 0; i < step->items.size(); ++i) {
    auto kind = step_kind::work;
    if (step->items[i].key == "kind" && step.item(i).read(kind, kind_words))
      return kind;
  }
  for (const auto& x : kinds) {
    if (x.field.empty() || !has(step, x.field))
      continue;
    // A gate in front of work, unless there is none.
    if (x.kind == step_kind::approval
        && (has(step, "agent") || has(step, "type")))
      continue;
    return x.kind;
  }
  return step_kind::work;
}

void check_kind(const value& step, step_kind kind) {
  if (step.kind() != node_kind::object)
    return;
  const auto& own = row(kind);
  if (!own.field.empty() && !has(step, own.field))
    step.fail("a step of kind " + std::string{own.word} + " needs `"
                + std::string{own.field} + "`",
              "add it, or remove `kind`");
  for (auto key : {"sleep", "signal", "workflow"})
    if (key != own.field)
      refuse(step, key, kind);
  if (kind == step_kind::work)
    return;
  for (auto key : agents_only)
    refuse(step, key, kind);
  if (kind == step_kind::workflow) {
    refuse(step, "cache", kind);
    return;
  }
  for (auto key : attempts_only)
    refuse(step, key, kind);
  if (kind != step_kind::signal)
    refuse(step, "timeout", kind);
}

} // namespace troupe::core::workflows
