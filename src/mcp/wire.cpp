#include "mcp/wire.hpp"

#include "core/json_text.hpp"

namespace troupe::mcp {

using nlohmann::json;

bool revision::is_legacy(std::string_view version) {
  return version == "2025-11-25" || version == "2025-06-18"
         || version == "2025-03-26";
}

json error_message(const json& id, int code, std::string_view message,
                   const json& data) {
  json error{{"code", code}, {"message", message}};
  if (!data.is_null())
    error["data"] = data;
  return {{"jsonrpc", "2.0"}, {"id", id}, {"error", std::move(error)}};
}

json notification(std::string_view method, json params) {
  return {
    {"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

json server_info() {
  return {{"name", "troupe"}, {"title", "Troupe"}, {"version", TROUPE_VERSION}};
}

std::string to_line(const json& message) {
  return core::to_compact(message);
}

const json& member(const json& of, std::string_view name) {
  static const json none;
  if (!of.is_object())
    return none;
  auto pos = of.find(name);
  return pos == of.end() ? none : *pos;
}

std::string text_of(const json& of, std::string_view name) {
  const auto& found = member(of, name);
  return found.is_string() ? found.get<std::string>() : std::string{};
}

json text_result(std::string_view text, bool is_error) {
  json out;
  out["content"] = json::array({{{"type", "text"}, {"text", text}}});
  if (is_error)
    out["isError"] = true;
  return out;
}

json value_result(const json& value, bool is_error) {
  auto out = text_result(core::to_compact(value), is_error);
  out["structuredContent"] = value;
  return out;
}

} // namespace troupe::mcp
