#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/api.hpp"
#include "gateway/exchange.hpp"

// Errors on the wire: RFC 9457, one form for all of them.

namespace troupe::gateway {

nlohmann::json to_json(const core::problem& x);

/// The one table from our errors to HTTP's.
unsigned http_status(errc code);

/// Something the door itself refuses.
struct complaint {
  unsigned status = 400;
  std::string code; // Name of an errc, or a word of the door's own.
  std::string title;
  std::string detail;
  core::problems problems = {};
};

http_reply to_reply(const complaint& what, const http_request& about);

/// REQUIRES: `what.error`.
http_reply to_reply(const core::api_answer& what, const http_request& about);

/// A body that cannot be read (400) or means nothing (422).
complaint malformed(core::problem what);
complaint meaningless(core::problem what);

} // namespace troupe::gateway
