#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// Words of the protocol that more than one file needs.

namespace troupe::mcp {

/// The two forms in which clients speak to us.
enum class era : uint8_t {
  legacy, // Sessions that begin with `initialize`: up to 2025-11-25.
  modern, // Each request stands alone: 2026-07-28.
};

namespace revision {

inline constexpr std::string_view modern = "2026-07-28";
inline constexpr std::string_view legacy = "2025-11-25";

/// Of those a session can agree on.
bool is_legacy(std::string_view version);

} // namespace revision

namespace code {

inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int limit_reached = -32000;
inline constexpr int header_mismatch = -32020;
inline constexpr int missing_capability = -32021;
inline constexpr int unsupported_version = -32022;
/// Of 2025-11-25 alone.
inline constexpr int resource_not_found = -32002;

} // namespace code

namespace key {

inline constexpr auto version = "io.modelcontextprotocol/protocolVersion";
inline constexpr auto capabilities =
  "io.modelcontextprotocol/clientCapabilities";
inline constexpr auto log_level = "io.modelcontextprotocol/logLevel";
inline constexpr auto server_info = "io.modelcontextprotocol/serverInfo";
inline constexpr auto subscription = "io.modelcontextprotocol/subscriptionId";
inline constexpr auto related_task = "io.modelcontextprotocol/related-task";
inline constexpr auto tasks = "io.modelcontextprotocol/tasks";

} // namespace key

nlohmann::json error_message(const nlohmann::json& id, int code,
                             std::string_view message,
                             const nlohmann::json& data = nullptr);
nlohmann::json notification(std::string_view method, nlohmann::json params);
nlohmann::json server_info();

/// One line of JSON; bytes that are no UTF-8 become U+FFFD.
std::string to_line(const nlohmann::json& message);

/// The member of an object, or null where it is no object or has none.
const nlohmann::json& member(const nlohmann::json& of, std::string_view name);
/// A text member; empty where there is none.
std::string text_of(const nlohmann::json& of, std::string_view name);

/// A result of a tool with one text.
nlohmann::json text_result(std::string_view text, bool is_error = false);
/// With a value that programs read; also as text, for those that do not.
nlohmann::json value_result(const nlohmann::json& value, bool is_error = false);

} // namespace troupe::mcp
