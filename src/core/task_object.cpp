#include "core/task_object.hpp"

#include <algorithm>

#include "core/json_text.hpp"

namespace troupe::core {

nlohmann::json task_head(const task& t) {
  return {{"run", t.run},
          {"workspace", t.workspace},
          {"name", t.name},
          {"type", t.type},
          {"attempt", t.attempt},
          {"idempotency_key", t.idempotency_key},
          {"timeout_ms", t.timeout.count()}};
}

std::string with_input(const nlohmann::json& head, std::string_view input) {
  auto text = to_compact(head);
  text.back() = ',';
  text += "\"input\":";
  text += input.empty() ? "null" : input;
  return text + "}";
}

std::string task_object(const task& t, const std::string& traceparent) {
  auto head = task_head(t);
  head["id"] = t.id;
  if (!traceparent.empty())
    head["traceparent"] = traceparent;
  auto text = with_input(head, t.input);
  // Outside of its texts JSON may hold line breaks; here a line is a message.
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\r', ' ');
  return text;
}

} // namespace troupe::core
