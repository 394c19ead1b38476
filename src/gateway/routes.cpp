#include "gateway/routes.hpp"

#include <algorithm>

#include "core/id.hpp"
#include "core/json_text.hpp"
#include "core/trace.hpp"
#include "core/workflow.hpp"
#include "core/workspace_name.hpp"
#include "gateway/field_words.hpp"
#include "gateway/loopback.hpp"
#include "gateway/mcp_talk.hpp"
#include "gateway/openapi.hpp"
#include "gateway/problem_details.hpp"
#include "gateway/queue_door.hpp"
#include "gateway/route_match.hpp"
#include "gateway/stream_query.hpp"

namespace troupe::gateway {

namespace {

// -- refusals

complaint foreign(std::string detail) {
  return {403, "denied", "this request does not come from this machine",
          std::move(detail)};
}

std::optional<complaint> check_sender(const http_request& req,
                                      const host_names& names) {
  if (!req.over_tcp)
    return std::nullopt;
  if (!known_host(req.host, names))
    return foreign("the Host header must name this machine: localhost, "
                   "127.0.0.1 or [::1], or what `gateway.names` has");
  if (!req.origin.empty() && !same_origin(req.origin, req.host, req.secure))
    return foreign("the Origin header names another site; pages of other "
                   "sites cannot act here");
  return std::nullopt;
}

std::optional<complaint> check_fields(const http_request& req) {
  auto plain = [](const std::string& text, size_t bytes_max) {
    return text.size() <= bytes_max
           && std::all_of(text.begin(), text.end(),
                          [](char c) { return c > ' ' && c < 0x7f; });
  };
  auto bad = [](std::string_view name, std::string_view bytes) {
    auto header = std::string{name};
    return malformed({"", 0, 0, "the header " + header + " is not usable",
                      "use at most " + std::string{bytes}
                        + " printable ASCII characters without spaces"});
  };
  if (req.idempotency_key && !plain(*req.idempotency_key, 255))
    return bad("Idempotency-Key", "255");
  if (req.idempotency_key && req.idempotency_key->empty())
    return malformed({"", 0, 0, "the header Idempotency-Key is empty",
                      "give each submission a key of its own, or leave the "
                      "header out"});
  if (!plain(req.last_event_id, 4096))
    return bad("Last-Event-ID", "4096");
  if (!req.workspace.empty() && !core::is_workspace_name(req.workspace))
    return bad("Troupe-Workspace", "64");
  return std::nullopt;
}

http_reply options_reply(const match& at) {
  http_reply out;
  out.status = 204;
  out.headers.emplace_back("Allow", at.allow);
  return out;
}

std::optional<http_reply> refuse_match(const http_request& req,
                                       const match& at) {
  if (at.allow.empty())
    return to_reply(complaint{404, "not_found", "nothing is at this address",
                              "docs/api.md lists the addresses; they begin "
                              "with /api/v1"},
                    req);
  if (req.method == "OPTIONS")
    return options_reply(at);
  if (!at.found) {
    auto out =
      to_reply(complaint{405, "invalid",
                         "this address does not take the method " + req.method,
                         "it takes " + at.allow},
               req);
    out.headers.emplace_back("Allow", at.allow);
    return out;
  }
  req.route = at.found->pattern;
  if (!at.bad_id.empty())
    return to_reply(malformed({"", 0, 0, "`" + at.bad_id + "` is no id",
                               "ids are UUIDs; see GET /api/v1/runs"}),
                    req);
  if (!req.has_body)
    return std::nullopt;
  auto form = at.found->body.form;
  if (auto wrong = refuse_media(form, media_of(req.content_type)))
    return to_reply(*wrong, req);
  return std::nullopt;
}

// -- translation

complaint bad_query(const std::string& name, std::string what,
                    std::string hint) {
  return malformed({"?" + name, 0, 0, std::move(what), std::move(hint)});
}

bool is_number(std::string_view name) {
  return name == "limit" || name == "depth" || name == "attempt"
         || name == "version" || name == "from" || name == "to";
}

bool is_count(const std::string& text) {
  return !text.empty() && text.size() <= 9
         && std::all_of(text.begin(), text.end(),
                        [](char c) { return c >= '0' && c <= '9'; });
}

complaint no_number(const std::string& name, const std::string& value) {
  return bad_query(name, "`" + name + "` is no number: " + value,
                   "write digits, e.g. ?" + name + "=100");
}

// Query fields become params; numbers stay numbers, `input` is JSON already.
std::optional<complaint> add_query(const route& at, const target& where,
                                   pairs& out) {
  auto known = field_words(at.query);
  for (const auto& [name, value] : where.query) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return bad_query(name, "unknown query field `" + name + "`",
                       known_fields(name, at.query, "this address takes none"));
    auto same = [&name = name](const auto& x) { return x.first == name; };
    if (std::any_of(out.begin(), out.end(), same))
      return bad_query(name, "`" + name + "` is given twice", "leave one out");
    if (is_number(name)) {
      if (!is_count(value))
        return no_number(name, value);
      out.emplace_back(name, std::to_string(std::stoul(value)));
    } else if (name == "input") {
      if (auto wrong = core::parse_json(value, "the query field `input`");
          !wrong)
        return bad_query(name, wrong.error().message, "write a JSON object");
      out.emplace_back(name, value);
    } else if (name == "estimate" && (value == "true" || value == "false")) {
      out.emplace_back(name, value);
    } else if (name == "priority" && is_count(value)) { // Else it is a word.
      out.emplace_back(name, std::to_string(std::stoul(value)));
    } else {
      out.emplace_back(name, json_string(value));
    }
  }
  return std::nullopt;
}

// Anything else is no trace and ignored, as the standard asks.
std::string trace_of(std::string_view traceparent) {
  auto found = core::parse_traceparent(traceparent);
  return found ? core::to_origin(*found) : std::string{};
}

core::origin origin_of(const http_request& req) {
  auto who = req.who ? req.who->principal : std::string{core::local_principal};
  return {std::move(who), "http", req.request_id, trace_of(req.traceparent)};
}

std::string workspace_of(const http_request& req) {
  return req.workspace.empty() ? "default" : req.workspace;
}

// `Prefer: wait`; with a number of seconds it is not taken, which the standard
// allows: we either wait for the end or do not.
bool prefers(std::string_view prefer, std::string_view what) {
  while (!prefer.empty()) {
    auto end = std::min(prefer.find(','), prefer.size());
    auto word = prefer.substr(0, end);
    auto from = word.find_first_not_of(' ');
    if (from != std::string_view::npos
        && word.substr(from, word.find_last_not_of(' ') - from + 1) == what)
      return true;
    prefer.remove_prefix(std::min(end + 1, prefer.size()));
  }
  return false;
}

core::watch_request watch_of(const http_request& req) {
  core::watch_request what;
  what.workspace = workspace_of(req);
  what.by = origin_of(req);
  return what;
}

std::optional<complaint> fill(core::watch_request& what, const route& at,
                              const target& where) {
  pairs fields;
  if (auto wrong = add_query(at, where, fields))
    return wrong;
  for (const auto& [name, value] : where.query)
    if (auto wrong = set_stream_field(what, name, value, "?" + name))
      return wrong;
  return std::nullopt;
}

decision stream_of(const http_request& req, const match& at,
                   const target& where) {
  auto what = watch_of(req);
  for (const auto& [name, value] : at.ids)
    what.run = *core::id_from(std::string_view{value}.substr(1, 36));
  if (auto wrong = fill(what, *at.found, where))
    return to_reply(*wrong, req);
  auto given = [&](std::string_view name) {
    return std::any_of(where.query.begin(), where.query.end(),
                       [&](const auto& x) { return x.first == name; });
  };
  if (given("after"))
    if (auto wrong = refuse_cursor(what, "?after"))
      return to_reply(*wrong, req);
  // What the browser remembers is newer than what the address says.
  if (!req.last_event_id.empty()) {
    what.after = req.last_event_id;
    if (auto wrong = refuse_cursor(what, "Last-Event-ID"))
      return to_reply(*wrong, req);
  }
  return open_stream{std::move(what)};
}

decision socket_of(const http_request& req, const match& at,
                   const target& where) {
  auto each = watch_of(req);
  if (auto wrong = fill(each, *at.found, where))
    return to_reply(*wrong, req);
  if (req.upgrades && req.method == "GET" && req.web_socket_version == "13"
      && !req.web_socket_key.empty())
    return open_socket{std::move(each)};
  auto out = to_reply(complaint{426,
                                "invalid",
                                "this address speaks WebSocket",
                                "ask for it as RFC 6455 says (version 13), or "
                                "use /api/v1/events, which any client can read",
                                {}},
                      req);
  out.headers.emplace_back("Upgrade", "websocket");
  out.headers.emplace_back("Sec-WebSocket-Version", "13");
  return out;
}

// {"answer": "approve" | "reject", ...}: the word becomes the operation.
std::optional<complaint> take_answer(std::string& params, std::string& op) {
  auto body = nlohmann::json::parse(params); // Checked by to_params.
  auto word = body.value("answer", nlohmann::json{});
  if (word != "approve" && word != "reject")
    return meaningless({"/answer", 0, 0, "`answer` is missing or unknown",
                        "it is `approve` or `reject`"});
  op = word.get<std::string>();
  body.erase("answer");
  params = core::to_compact(body);
  return std::nullopt;
}

/// What this program says of itself.
decision document_of(const http_request& req, const match& at,
                     const target& where) {
  pairs none;
  if (auto wrong = add_query(*at.found, where, none))
    return to_reply(*wrong, req);
  if (at.found->kind == route_kind::openapi)
    return http_reply{200, "application/json", {}, openapi_document()};
  return http_reply{
    200, "application/schema+json", {}, core::workflow_schema()};
}

decision forward_of(const http_request& req, match at, const target& where) {
  const auto& way = *at.found;
  if (auto wrong = add_query(way, where, at.ids))
    return to_reply(*wrong, req);
  forward out;
  out.waits = way.kind == route_kind::run_made && prefers(req.prefer, "wait");
  auto pass = way.kind == route_kind::queue_pass;
  auto async = pass && prefers(req.prefer, "respond-async");
  out.lasts = out.waits || pass || way.op == "backup";
  if (async)
    at.ids.emplace_back("async", "true");
  if (out.waits)
    at.ids.emplace_back("wait", "true");
  if (way.kind == route_kind::figures)
    at.ids.emplace_back("text", "true");
  auto made = to_params(way.body, media_of(req.content_type), req.body, at.ids);
  if (auto* wrong = std::get_if<complaint>(&made))
    return to_reply(*wrong, req);
  auto& params = std::get<std::string>(made);
  out.call.op = way.op;
  if (way.kind == route_kind::answer)
    if (auto wrong = take_answer(params, out.call.op))
      return to_reply(*wrong, req);
  out.call.workspace = workspace_of(req);
  if (auto wrong = take_workspace(req, out.call.op, params, out.call.workspace))
    return to_reply(*wrong, req);
  out.call.params = core::text{std::move(params)};
  out.call.by = origin_of(req);
  out.call.idempotency_key = req.idempotency_key.value_or("");
  out.form = way.kind == route_kind::run_made  ? answer_form::run_made
             : way.kind == route_kind::made    ? answer_form::made
             : way.kind == route_kind::ready   ? answer_form::ready
             : way.kind == route_kind::figures ? answer_form::figures
             : async                           ? answer_form::started
                                               : answer_form::plain;
  return out;
}

} // namespace

std::optional<http_reply> refuse_head(const http_request& req,
                                      size_t url_bytes_max,
                                      const host_names& names) {
  if (auto wrong = check_sender(req, names))
    return to_reply(*wrong, req);
  if (req.target.size() > url_bytes_max)
    return to_reply(complaint{414, "limit_reached", "the address is too long",
                              "at most " + std::to_string(url_bytes_max)
                                + " bytes (url_bytes_max)"},
                    req);
  if (auto wrong = check_fields(req))
    return to_reply(*wrong, req);
  auto where = parse_target(req.target);
  if (!where)
    return to_reply(malformed({"", 0, 0, "the address cannot be read",
                               "percent-encode it as UTF-8"}),
                    req);
  return refuse_match(req, find_route(req.method, *where));
}

decision decide(const http_request& req) {
  auto where = *parse_target(req.target);
  auto at = find_route(req.method, where);
  switch (at.found->kind) {
    case route_kind::events:
      return stream_of(req, at, where);
    case route_kind::socket:
      return socket_of(req, at, where);
    case route_kind::schema:
    case route_kind::openapi:
      return document_of(req, at, where);
    case route_kind::mcp:
      return talk_of(req, at.found->method, workspace_of(req), origin_of(req));
    case route_kind::alive:
      return http_reply{200, "application/json", {}, R"({"status":"ok"})"};
    case route_kind::call:
    case route_kind::run_made:
    case route_kind::made:
    case route_kind::answer:
    case route_kind::ready:
    case route_kind::figures:
    case route_kind::queue_pass:
      break;
  }
  return forward_of(req, std::move(at), where);
}

} // namespace troupe::gateway
