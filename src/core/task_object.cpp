#include "core/task_object.hpp"

#include <algorithm>

#include "core/json_text.hpp"

namespace troupe::core {

std::string task_object(const task& t, const std::string& traceparent) {
  nlohmann::json head{{"id", t.id},
                      {"run", t.run},
                      {"workspace", t.workspace},
                      {"name", t.name},
                      {"type", t.type},
                      {"attempt", t.attempt},
                      {"idempotency_key", t.idempotency_key},
                      {"timeout_ms", t.timeout.count()}};
  if (!traceparent.empty())
    head["traceparent"] = traceparent;
  auto text = to_compact(head);
  // The input is JSON text already; reading it only to write it again would
  // cost more than all the rest.
  text.back() = ',';
  text += "\"input\":";
  text += t.input.empty() ? "null" : t.input;
  // Outside of its texts JSON may hold line breaks; here a line is a message.
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\r', ' ');
  return text + "}";
}

} // namespace troupe::core
