#include "core/workflow.hpp"
#include "core/plan.hpp"
#include "input.hpp"

// Workflow files, lists of tasks, imported workflows.

using namespace troupe;
using fuzz::must;

namespace {

void check(const core::parsed_workflow& parsed) {
  must((parsed.value != nullptr) == parsed.problems.empty(),
       "a workflow or problems, never both or neither");
  for (const auto& x : parsed.problems)
    must(!core::to_text(x, "file").empty(), "a problem has words");
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::text_of(data, size);
  auto parsed = core::parse_workflow(text);
  check(parsed);
  if (parsed.value) {
    // What the store keeps must mean the same when it is read again.
    auto again = core::parse_workflow(parsed.value->source.view());
    must(again.value != nullptr, "the canonical form is valid");
    must(again.value->hash == parsed.value->hash, "and means the same");
  }
  check(core::parse_task_list(text));
  check(core::import_wfcommons(text, 1.0));
  return 0;
}
