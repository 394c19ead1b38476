#include "gateway/mcp_talk.hpp"

#include "gateway/problem_details.hpp"

namespace troupe::gateway {

decision talk_of(const http_request& req, std::string_view method,
                 std::string workspace, core::origin by) {
  if (req.method == "HEAD")
    return to_reply(complaint{405, "invalid", "HEAD says nothing here",
                              "send messages with POST"},
                    req);
  talk out{method, {}};
  out.said.body = req.body;
  out.said.headers = req.mcp_headers;
  out.said.from.workspace = std::move(workspace);
  out.said.from.by = std::move(by);
  out.said.from.by.door = "mcp";
  return out;
}

} // namespace troupe::gateway
