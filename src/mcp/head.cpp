#include "mcp/head.hpp"

#include <algorithm>

#include "core/json_text.hpp"
#include "mcp/seal.hpp"

namespace troupe::mcp {

using nlohmann::json;

namespace {

reply refusal(const json& message, int code, std::string_view what,
              const json& data = nullptr) {
  return {error_message(member(message, "id"), code, what, data), 400};
}

// Step by step: in one expression GCC 12 sees bounds that are not there.
std::string missing_meta() {
  std::string out = "params._meta must have `";
  out += key::version;
  out += "` and `";
  out += key::capabilities;
  out += '`';
  return out;
}

reply mismatch(const json& message, const std::string& name) {
  return refusal(message, code::header_mismatch,
                 "the header " + name
                   + " is missing or says something else than the body");
}

/// What a header means: some values are wrapped, so that they can stand there.
std::optional<std::string> unwrapped(const std::string& value) {
  constexpr std::string_view open = "=?base64?", close = "?=";
  if (!value.starts_with(open) || !value.ends_with(close)
      || value.size() < open.size() + close.size())
    return value;
  return from_base64(std::string_view{value}.substr(
    open.size(), value.size() - open.size() - close.size()));
}

/// The param that `Mcp-Name` repeats; empty: none.
std::string_view named_param(const std::string& method) {
  if (method == "tools/call" || method == "prompts/get")
    return "name";
  if (method == "resources/read")
    return "uri";
  if (method == "tasks/get" || method == "tasks/update"
      || method == "tasks/cancel")
    return "taskId";
  return {};
}

std::optional<reply> refuse_headers(const incoming& what, const json& message,
                                    const std::string& version) {
  if (header(what, "mcp-protocol-version") != version)
    return mismatch(message, "MCP-Protocol-Version");
  if (version != revision::modern)
    return std::nullopt; // To be told which there are.
  auto method = text_of(message, "method");
  if (header(what, "mcp-method") != method)
    return mismatch(message, "Mcp-Method");
  auto param = named_param(method);
  const auto& named = member(member(message, "params"), param);
  if (param.empty() || !named.is_string())
    return std::nullopt;
  auto given = header(what, "mcp-name");
  if (!given || unwrapped(*given) != named.get<std::string>())
    return mismatch(message, "Mcp-Name");
  return std::nullopt;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// How an argument stands in a header.
std::string header_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : core::to_compact(value);
}

} // namespace

std::optional<std::string> header(const incoming& of, std::string_view name) {
  for (const auto& [key, value] : of.headers)
    if (key == name)
      return value;
  return std::nullopt;
}

era era_of(const incoming& what, const json& message) {
  auto method = text_of(message, "method");
  const auto& meta = member(member(message, "params"), "_meta");
  if (!member(meta, key::version).is_null() || method == "server/discover"
      || method == "subscriptions/listen")
    return era::modern;
  if (auto version = header(what, "mcp-protocol-version"))
    return revision::is_legacy(*version) ? era::legacy : era::modern;
  return header(what, "mcp-method") ? era::modern : era::legacy;
}

std::optional<reply> refuse_head(const incoming& what, const json& message) {
  const auto& meta = member(member(message, "params"), "_meta");
  auto version = text_of(meta, key::version);
  if (version.empty() || !member(meta, key::capabilities).is_object())
    return refusal(message, code::invalid_params, missing_meta());
  if (what.over_http)
    if (auto no = refuse_headers(what, message, version))
      return no;
  if (version != revision::modern)
    return refusal(message, code::unsupported_version,
                   "this revision is not spoken here",
                   {{"supported", {revision::modern}}, {"requested", version}});
  return std::nullopt;
}

std::optional<reply> refuse_params(const incoming& what, const json& message,
                                   const json& input_schema) {
  const auto& arguments = member(member(message, "params"), "arguments");
  for (const auto& [name, schema] :
       member(input_schema, "properties").items()) {
    auto repeated = text_of(schema, "x-mcp-header");
    if (repeated.empty())
      continue;
    auto given = header(what, "mcp-param-" + lower(repeated));
    const auto& value = member(arguments, name);
    auto same = value.is_null()
                  ? !given
                  : given && unwrapped(*given) == header_text(value);
    if (!same)
      return mismatch(message, "Mcp-Param-" + repeated);
  }
  return std::nullopt;
}

} // namespace troupe::mcp
