#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/result.hpp"

namespace troupe::core {

/// What a frame that breaks a rule is answered with: JSON-RPC's own codes, and
/// ours from 1000 on.
enum class link_code : int32_t {
  no_json = -32700,
  no_request = -32600,
  no_method = -32601,
  wrong_params = -32602,
  wrong_protocol = 1000,
  busy = 1001,          // From the agent: no room just now.
  unsupported = 1002,   // From the agent: not work of mine.
  declined = 1003,      // From the agent: not this one, says the message.
  stale_attempt = 1004, // That attempt has ended, or was never this agent's.
  unknown_task = 1005,
  frame_too_big = 1006,
};

/// One JSON-RPC 2.0 message of a long-lived agent.
struct link_frame {
  enum class kind : uint8_t {
    request,      // Wants an answer: `method`, `id`, `params`.
    notification, // `method`, `params`.
    answer,       // To a request of ours: `id`, `result`.
    refusal,      // The same with an error: `code`, `message`, `params` (data).
  };
  kind what = kind::notification;
  std::string method;
  nlohmann::json id;
  nlohmann::json params; // Always an object.
  nlohmann::json result;
  int64_t code = 0;
  std::string message;
};

/// What is wrong with a line, and the code to answer it with.
struct link_fault {
  link_code code = link_code::no_json;
  nlohmann::json id; // null where the line had none.
  std::string message;
};

/// Reads one line. False: `fault` says why.
bool read_frame(std::string_view line, link_frame& frame, link_fault& fault);

// -- our own frames, each a whole line

std::string link_request(uint64_t id, std::string_view method,
                         std::string_view params);
std::string link_notification(std::string_view method,
                              const nlohmann::json& params);
std::string link_answer(const nlohmann::json& id, const nlohmann::json& result);
std::string link_error(const link_fault& why);

/// Cuts a stream of bytes into lines. One that is longer than `bytes_max` is
/// dropped as it comes, so that no agent decides over the node's memory.
class line_cutter {
public:
  explicit line_cutter(size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Calls `line` for each whole line with content, `too_long` for one that was
  /// dropped; stops for good when one of them says false.
  void take(std::string_view bytes,
            const std::function<bool(std::string_view)>& line,
            const std::function<bool()>& too_long);

private:
  size_t bytes_max_;
  std::string part_;
  bool dropping_ = false;
};

} // namespace troupe::core
