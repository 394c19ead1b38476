#include "core/expression.hpp"

#include <nlohmann/json.hpp>

#include "input.hpp"

// Conditions: whatever is written, they end, and always the same way.

using namespace troupe;
using fuzz::must;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto context = nlohmann::json::parse(R"({
    "run": {"input": {"n": 3, "text": "abc", "list": [1, [2, {"a": null}]]}},
    "task": {"type": "build", "risk": 0.25},
    "steps": {"build": {"output": {"ok": true, "names": ["x", "y"]}}}
  })");
  auto text = fuzz::text_of(data, size);
  auto wrong = core::check_expression(text);
  core::expression_paths(text);
  auto value = core::evaluate_value(text, context);
  must(!wrong || !value, "what is ill formed has no value");
  auto again = core::evaluate_value(text, context);
  must(static_cast<bool>(value) == static_cast<bool>(again)
         && (!value || value->dump() == again->dump()),
       "the same expression gives the same");
  return 0;
}
