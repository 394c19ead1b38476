#include "client/http_call.hpp"

#include <cctype>

#include <nlohmann/json.hpp>

#include "core/json_text.hpp"

namespace troupe::remote {

namespace {

using nlohmann::json;

struct way {
  std::string_view op;
  std::string_view method;
  std::string_view path; // "{x}" is taken out of the params.
};

// The first whose path can be filled from the params is taken.
constexpr way ways[] = {
  {"submit", "POST", "/api/v1/runs"},
  {"plan", "GET", "/api/v1/runs/{run}/plan"},
  {"plan", "POST", "/api/v1/plans"},
  {"register", "POST", "/api/v1/workflows"},
  {"workflows", "GET", "/api/v1/workflows"},
  {"workflow", "GET", "/api/v1/workflows/{name}"},
  {"diff", "GET", "/api/v1/workflows/{name}/diff"},
  {"report", "GET", "/api/v1/runs/{run}/report"},
  {"decision", "GET", "/api/v1/decisions/{task}"},
  {"request", "POST", "/api/v1/requests"},
  {"request_status", "GET", "/api/v1/requests/{request}"},
  {"state", "GET", "/api/v1/state"},
  {"audit", "GET", "/api/v1/audit"},
  {"audit_check", "GET", "/api/v1/audit/check"},
  {"run", "GET", "/api/v1/runs/{run}"},
  {"runs", "GET", "/api/v1/runs"},
  {"tasks", "GET", "/api/v1/runs/{run}/tasks"},
  {"tasks", "GET", "/api/v1/tasks"},
  {"task", "GET", "/api/v1/tasks/{task}"},
  {"logs", "GET", "/api/v1/tasks/{task}/logs"},
  {"logs", "GET", "/api/v1/runs/{run}/logs"},
  {"why", "GET", "/api/v1/tasks/{task}/why"},
  {"why", "GET", "/api/v1/runs/{run}/why"},
  {"history", "GET", "/api/v1/runs/{run}/history"},
  {"cancel", "POST", "/api/v1/tasks/{task}/cancel"},
  {"cancel", "POST", "/api/v1/runs/{run}/cancel"},
  {"retry", "POST", "/api/v1/tasks/{task}/retry"},
  {"retry", "POST", "/api/v1/runs/{run}/retry"},
  {"release", "POST", "/api/v1/tasks/{task}/release"},
  {"hold", "POST", "/api/v1/tasks/{task}/hold"},
  {"queue_strategy", "POST", "/api/v1/strategies"},
  {"queue_decompose", "POST", "/api/v1/queue/decompose"},
  {"queue_execute", "POST", "/api/v1/queue/execute"},
  {"queue_status", "GET", "/api/v1/queue"},
  {"queue_cancel", "POST", "/api/v1/queue/{task}/cancel"},
  {"queue_retry", "POST", "/api/v1/queue/{task}/retry"},
  {"queue_metrics", "GET", "/api/v1/queue/metrics"},
  {"pause", "POST", "/api/v1/runs/{run}/pause"},
  {"resume", "POST", "/api/v1/runs/{run}/resume"},
  {"signal", "POST", "/api/v1/runs/{run}/signal"},
  {"approve", "POST", "/api/v1/tasks/{task}/approve"},
  {"reject", "POST", "/api/v1/tasks/{task}/reject"},
  {"approvals", "GET", "/api/v1/approvals"},
  {"drain", "POST", "/api/v1/agents/{agent}/drain"},
  {"webhooks", "GET", "/api/v1/webhooks"},
  {"dead_letters", "GET", "/api/v1/dead-letters"},
  {"redeliver", "POST", "/api/v1/dead-letters/{letter}/redeliver"},
  {"callback", "POST", "/api/v1/agents/callback/{token}"},
  {"drain", "POST", "/api/v1/drain"},
  {"reload", "POST", "/api/v1/reload"},
  {"agents", "GET", "/api/v1/agents"},
  {"tree", "GET", "/api/v1/tree"},
  {"status", "GET", "/api/v1/status"},
  {"metrics", "GET", "/api/v1/metrics"},
  {"backup", "POST", "/api/v1/backup"},
};

std::string encoded(const std::string& text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (auto c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~')
      out += c;
    else
      out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

std::string plain(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// The path with ids from the params, which lose them; empty: one is missing.
std::string filled(std::string_view path, json& params) {
  auto open = path.find('{');
  if (open == std::string_view::npos)
    return std::string{path};
  auto close = path.find('}', open);
  auto name = std::string{path.substr(open + 1, close - open - 1)};
  if (!params.contains(name))
    return {};
  auto out = std::string{path.substr(0, open)} + encoded(plain(params[name]))
             + std::string{path.substr(close + 1)};
  params.erase(name);
  return out;
}

std::string query_of(const json& params) {
  std::string out;
  for (const auto& [name, value] : params.items())
    out += (out.empty() ? "?" : "&") + name + "=" + encoded(plain(value));
  return out;
}

core::problems problems_of(const json& body) {
  core::problems out;
  auto list = body.find("problems");
  if (list == body.end() || !list->is_array())
    return out;
  for (const auto& x : *list) {
    if (!x.is_object())
      continue;
    out.push_back({x.value("pointer", ""), x.value("line", 0u),
                   x.value("column", 0u), x.value("what", ""),
                   x.value("hint", "")});
  }
  return out;
}

failure failure_of(unsigned status, const json& body) {
  auto code = errc_from(body.value("code", ""));
  auto denied = status == 401 || status == 403;
  failure out;
  out.code = denied ? errc::rejected : code.value_or(errc::internal);
  out.message = body.value("detail", "");
  if (out.message.empty())
    out.message = std::string{message(out.code)};
  if (body.value("code", "") == "unanswered")
    return {errc::timed_out, category::timeout,
            "the node took it and did not answer in time "
            "(gateway.limits.answer_timeout)"};
  return out;
}

} // namespace

std::optional<http_call> to_http(const core::api_request& what) {
  auto given = json::parse(what.params.empty() ? "{}" : what.params.view(),
                           nullptr, false);
  if (!given.is_object())
    return std::nullopt;
  for (const auto& x : ways) {
    if (x.op != what.op)
      continue;
    auto params = given;
    auto target = filled(x.path, params);
    if (target.empty())
      continue;
    http_call out{std::string{x.method}, std::move(target), {}, false, {}};
    if (params.value("wait", json{}) == true) {
      out.waits = true;
      params.erase("wait");
    }
    out.waits = out.waits || x.op == "queue_execute";
    if (x.method == "GET")
      out.target += query_of(params);
    else
      out.body = core::to_compact(params);
    return out;
  }
  return std::nullopt;
}

std::string stream_target(const stream_query& what) {
  auto out = what.run.empty() ? std::string{"/api/v1/events"}
                              : "/api/v1/runs/" + encoded(what.run) + "/events";
  json query = json::object();
  for (const auto& [name, value] : {std::pair{"after", &what.after},
                                    {"kinds", &what.kinds},
                                    {"task", &what.task},
                                    {"name", &what.name}})
    if (!value->empty())
      query[name] = *value;
  return out + query_of(query);
}

core::api_answer to_answer(unsigned status, const std::string& body,
                           const std::string& retry_after) {
  core::api_answer out;
  if (status >= 200 && status < 300) {
    out.body = core::text{body};
    return out;
  }
  auto parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object())
    parsed = json::object();
  try {
    out.error = failure_of(status, parsed);
    out.problems = problems_of(parsed);
  } catch (const json::exception&) {
    out.error = {errc::internal, category::unknown,
                 "the node answered something that is no problem document"};
  }
  if (!retry_after.empty() && retry_after.size() < 7
      && std::isdigit(static_cast<unsigned char>(retry_after[0])))
    out.retry_after = std::chrono::seconds{std::stoul(retry_after)};
  return out;
}

} // namespace troupe::remote
