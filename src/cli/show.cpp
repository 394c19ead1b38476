#include "cli/show.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/table.hpp"
#include "core/json_text.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

constexpr size_t value_width = 200;

std::string plain(const json& value) {
  return fitted(value.is_string() ? value.get<std::string>()
                                  : core::to_compact(value),
                value_width);
}

std::string one_why(const json& x) {
  auto name =
    text_of(x, "name").empty() ? text_of(x, "task") : text_of(x, "name");
  auto out = plain(name) + " is " + text_of(x, "state");
  if (!text_of(x, "agent").empty())
    out += ", with agent " + plain(text_of(x, "agent"));
  if (x.contains("queue_position") && x["queue_position"].is_number())
    out += ", number " + std::to_string(count_of(x, "queue_position"))
           + " in the queue";
  out += "\n";
  if (!text_of(x, "fallback").empty())
    out += "  " + plain(text_of(x, "fallback")) + "\n";
  if (x.contains("error") && x["error"].is_object())
    out += "  " + plain(x["error"].value("code", "")) + ": "
           + plain(x["error"].value("message", "")) + "\n";
  for (const auto& wait : items(x, "waits_for")) {
    out += "  waits for " + text_of(wait, "what");
    if (!text_of(wait, "detail").empty())
      out += ": " + plain(text_of(wait, "detail"));
    if (!text_of(wait, "until").empty())
      out += ", until " + short_time(text_of(wait, "until"));
    out += "\n";
  }
  if (x.contains("score") && !x["score"].is_null())
    out += "  score " + plain(x["score"]) + "\n";
  if (x.contains("runners_up") && !x["runners_up"].empty())
    out += "  runners-up " + plain(x["runners_up"]) + "\n";
  return out;
}

// A tree of another form is shown as what it is.
void add_branch(const json& node, const std::string& indent, std::string& out) {
  if (!node.is_object())
    return;
  auto line = indent + plain(text_of(node, "name"));
  if (!text_of(node, "state").empty())
    line += "  " + text_of(node, "state");
  if (auto restarts = count_of(node, "restarts"); restarts > 0)
    line += "  restarts " + std::to_string(restarts);
  if (!text_of(node, "last_error").empty())
    line += "  last error: " + plain(text_of(node, "last_error"));
  out += line + "\n";
  for (const auto& child : items(node, "children"))
    add_branch(child, indent + "  ", out);
}

} // namespace

std::string text_of(const json& from, const char* name) {
  if (!from.is_object())
    return {};
  auto pos = from.find(name);
  return pos != from.end() && pos->is_string() ? pos->get<std::string>()
                                               : std::string{};
}

double number_of(const json& from, const char* name) {
  if (!from.is_object())
    return 0;
  auto pos = from.find(name);
  return pos != from.end() && pos->is_number() ? pos->get<double>() : 0;
}

uint64_t count_of(const json& from, const char* name) {
  auto value = number_of(from, name);
  return value > 0 && value < 1e18 ? static_cast<uint64_t>(value) : 0;
}

const json& items(const json& from, const char* name) {
  static const json none = json::array();
  if (!from.is_object())
    return none;
  auto pos = from.find(name);
  return pos != from.end() && pos->is_array() ? *pos : none;
}

std::string joined(const json& from, const char* name) {
  std::string out;
  for (const auto& x : items(from, name))
    out += (out.empty() ? "" : ", ") + plain(x);
  return out;
}

std::string percent(double fraction) {
  char out[16];
  auto cut = std::clamp(std::isfinite(fraction) ? fraction : 0, 0.0, 1.0);
  std::snprintf(out, sizeof out, "%.1f%%", std::floor(cut * 1000 + 1e-9) / 10);
  return out;
}

std::string short_time(const std::string& rfc3339) {
  if (rfc3339.size() < 19 || rfc3339[10] != 'T')
    return rfc3339;
  return rfc3339.substr(5, 5) + " " + rfc3339.substr(11, 8);
}

std::string shown(const json& object) {
  size_t width = 0;
  auto nothing = [](const json& x) {
    return x.is_null() || (x.is_string() && x.empty());
  };
  for (const auto& [name, value] : object.items())
    if (!nothing(value))
      width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, value] : object.items())
    if (!nothing(value))
      out +=
        name + std::string(width - name.size() + 2, ' ') + plain(value) + "\n";
  return out;
}

std::string milestones_text(const json& run) {
  std::string out;
  for (const auto& x : items(run, "milestones"))
    out += (out.empty() ? "" : ", ") + plain(text_of(x, "name"))
           + (x.value("reached", false) ? " reached" : " open");
  return out;
}

std::string warnings_text(const json& status) {
  std::string out;
  for (const auto& x : items(status, "warnings")) {
    out += "  " + short_time(text_of(x, "last_at")) + "  " + text_of(x, "text");
    if (auto times = count_of(x, "times"); times > 1)
      out += " (" + std::to_string(times) + " times)";
    out += "\n";
  }
  return out.empty() ? out
                     : "\nWarnings since the start, the newest last:\n" + out;
}

std::string why_text(const json& answer) {
  if (!items(answer, "tasks").empty()) {
    std::string out;
    for (const auto& x : items(answer, "tasks"))
      out += one_why(x);
    return out;
  }
  if (answer.contains("tasks"))
    return "None of its tasks waits.\n";
  return one_why(answer);
}

std::string tree_text(const json& node) {
  std::string out;
  // The root may be in an envelope.
  const auto& root =
    node.is_object() && node.contains("tree") ? node["tree"] : node;
  add_branch(root, "", out);
  return out;
}

} // namespace troupe::cli
