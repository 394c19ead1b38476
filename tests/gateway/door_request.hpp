#pragma once

#include <string>
#include <utility>

#include "gateway/routes.hpp"

namespace troupe::test {

/// What the door has read of a request, with a JSON body or none.
inline gateway::http_request request(std::string method, std::string target,
                                     std::string body = {}) {
  gateway::http_request out;
  out.method = std::move(method);
  out.target = std::move(target);
  out.host = "localhost:8765";
  out.request_id = "r-1";
  out.content_type = body.empty() ? "" : "application/json";
  out.has_body = !body.empty();
  out.body = std::move(body);
  return out;
}

} // namespace troupe::test
