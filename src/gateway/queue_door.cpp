#include "gateway/queue_door.hpp"

#include <algorithm>

#include "core/access.hpp"
#include "core/json_text.hpp"
#include "core/queue_words.hpp"
#include "core/workspace_name.hpp"

namespace troupe::gateway {

using nlohmann::json;

bool is_queue_path(const std::string& target) {
  return target.starts_with("/api/tasks/");
}

http_reply queue_reply(const complaint& what, const http_request& about) {
  auto told = core::queue_complaint_of(what.code, what.detail);
  json details{{"request", about.request_id}};
  for (const auto& x : what.problems)
    details["problems"].push_back(to_json(x));
  http_reply out;
  out.status = what.status;
  out.body = core::to_compact(
    {{"success", false},
     {"error",
      {{"code", told.code}, {"message", told.message}, {"details", details}}}});
  return out;
}

namespace {

bool may_name_none(const http_request& req, const std::string& op) {
  return (op == "queue_cancel" || op == "queue_retry")
         && is_queue_path(req.target) && req.workspace.empty() && req.who
         && req.who->is(core::need_of(op).least, core::every_workspace);
}

} // namespace

std::optional<complaint> take_workspace(const http_request& req,
                                        const std::string& op,
                                        std::string& params,
                                        std::string& workspace) {
  if (!op.starts_with("queue_"))
    return std::nullopt;
  auto body = json::parse(params); // Checked by to_params.
  auto pos = body.find("workspace_id");
  if (pos == body.end()) {
    if (may_name_none(req, op))
      workspace.clear();
    return std::nullopt;
  }
  auto word = pos->is_string() ? pos->get<std::string>() : std::string{};
  if (!core::is_workspace_name(word))
    return meaningless({"/workspace_id", 0, 0,
                        "`workspace_id` names no workspace",
                        "write a UUID or a name of at most 64 printable ASCII "
                        "characters"});
  workspace = std::move(word);
  body.erase(pos);
  params = core::to_compact(body);
  return std::nullopt;
}

} // namespace troupe::gateway
