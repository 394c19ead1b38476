#include "gateway/problem_details.hpp"

#include <algorithm>

#include "core/json_text.hpp"
#include "gateway/queue_door.hpp"

namespace troupe::gateway {

using nlohmann::json;

json to_json(const core::problem& x) {
  json out{{"pointer", x.where}, {"what", x.what}};
  if (x.line > 0) {
    out["line"] = x.line;
    out["column"] = x.column;
  }
  if (!x.hint.empty())
    out["hint"] = x.hint;
  return out;
}

namespace {

std::string path_of(const std::string& target) {
  return target.substr(0, target.find('?'));
}

// Whole seconds, at least one: Retry-After knows no less.
std::string retry_seconds(core::duration wait) {
  auto whole = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return std::to_string(std::max<int64_t>(1, whole));
}

bool worth_retrying(errc code) {
  return code == errc::overloaded || code == errc::store_full
         || code == errc::stopping || code == errc::restarting;
}

} // namespace

unsigned http_status(errc code) {
  switch (code) { // No default: -Wswitch finds the code you forgot.
    case errc::none:
      return 200;
    case errc::rejected:
      return 403;
    case errc::not_found:
      return 404;
    case errc::invalid_state:
    case errc::already_answered:
    case errc::cancelled:
    case errc::no_agent:
    case errc::quarantined:
    case errc::retries_exhausted:
    case errc::dependency_failed:
      return 409;
    case errc::invalid:
    case errc::key_reused:
    case errc::template_failed:
    case errc::limit_reached:
      return 422;
    case errc::overloaded:
      return 429;
    case errc::store_failed:
    case errc::internal:
      return 500;
    case errc::agent_crashed:
    case errc::agent_failed:
    case errc::invalid_result:
      return 502;
    case errc::store_locked:
    case errc::fenced:
    case errc::stopping:
    case errc::escalated:
    case errc::restarting:
      return 503;
    case errc::timed_out:
      return 504;
    case errc::store_full:
      return 507;
  }
  return 500;
}

http_reply to_reply(const complaint& what, const http_request& about) {
  if (is_queue_path(about.target))
    return queue_reply(what, about);
  json body{{"type", "urn:troupe:problem:" + what.code},
            {"title", what.title},
            {"status", what.status},
            {"detail", what.detail},
            {"instance", path_of(about.target)},
            {"request", about.request_id},
            {"code", what.code}};
  if (!what.problems.empty()) {
    auto& list = body["problems"] = json::array();
    for (const auto& x : what.problems)
      list.push_back(to_json(x));
  }
  http_reply out;
  out.status = what.status;
  out.content_type = "application/problem+json";
  out.body = core::to_compact(body);
  return out;
}

http_reply to_reply(const core::api_answer& what, const http_request& about) {
  auto code = what.error.code;
  complaint body{http_status(code), std::string{to_string(code)},
                 std::string{message(code)}, what.error.message, what.problems};
  if (body.detail.empty())
    body.detail = body.title;
  auto out = to_reply(body, about);
  if (worth_retrying(code) || what.retry_after > core::duration{0})
    out.headers.emplace_back("Retry-After", retry_seconds(what.retry_after));
  return out;
}

complaint malformed(core::problem what) {
  auto detail = what.what;
  return {400,
          "invalid",
          std::string{message(errc::invalid)},
          std::move(detail),
          {std::move(what)}};
}

complaint meaningless(core::problem what) {
  auto out = malformed(std::move(what));
  out.status = 422;
  return out;
}

} // namespace troupe::gateway
