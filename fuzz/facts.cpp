#include "core/facts.hpp"

#include <nlohmann/json.hpp>

#include "core/history.hpp"
#include "input.hpp"

// History as the store has it, and the snapshot of how agents did.

using namespace troupe;
using fuzz::must;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::text_of(data, size);
  if (auto facts = core::read_facts(text, 7)) {
    core::fact_writer writer;
    for (const auto& x : *facts) {
      must(nlohmann::json::accept(core::to_json(x)), "a fact's line is JSON");
      writer.add(x);
    }
    auto body = writer.finish();
    auto again = core::read_facts(body.view(), 7);
    must(again && *again == *facts, "what is read can be written and read");
  }
  core::performance_history history;
  auto snapshot = nlohmann::json::parse(text, nullptr, false);
  if (!snapshot.is_discarded() && !history.load(snapshot))
    must(history.to_json().is_object(), "what was loaded can be kept");
  return 0;
}
