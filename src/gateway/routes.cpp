#include "gateway/routes.hpp"

#include <algorithm>
#include <charconv>

#include "core/id.hpp"
#include "core/json_text.hpp"
#include "core/workflow.hpp"
#include "gateway/field_words.hpp"
#include "gateway/loopback.hpp"
#include "gateway/mcp_talk.hpp"
#include "gateway/problem_details.hpp"

namespace troupe::gateway {

namespace {

// -- matching

struct match {
  const route* found = nullptr; // Null: the path is known, the method is not.
  pairs ids;                    // JSON values.
  std::string allow;            // Methods of the path; empty: unknown path.
  std::string bad_id;           // A segment that should be an id and is not.
};

/// What an agent may be called in a configuration.
bool is_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

bool fits(std::string_view pattern, const std::vector<std::string>& segments,
          match& out) {
  pairs ids;
  std::string bad;
  for (const auto& segment : segments) {
    if (pattern.empty())
      return false;
    pattern.remove_prefix(1);
    auto end = std::min(pattern.find('/'), pattern.size());
    auto word = pattern.substr(0, end);
    pattern.remove_prefix(end);
    if (!word.starts_with('{')) {
      if (word != segment)
        return false;
      continue;
    }
    if (segment.empty())
      return false;
    auto name = word.substr(1, word.size() - 2);
    if (auto id = core::id_from(segment); id && name != "agent")
      ids.emplace_back(name, json_string(to_string(*id)));
    else if (name == "agent" && is_name(segment))
      ids.emplace_back(name, json_string(segment));
    else
      bad = segment;
  }
  if (!pattern.empty())
    return false;
  out.ids = std::move(ids);
  out.bad_id = std::move(bad);
  return true;
}

void allow(match& out, std::string_view method) {
  if (!out.allow.empty())
    out.allow += ", ";
  out.allow += method;
  if (method == "GET")
    out.allow += ", HEAD";
}

match find_route(std::string_view method, const target& where) {
  // HEAD is GET without the body; the session leaves that out.
  auto wanted = method == "HEAD" ? std::string_view{"GET"} : method;
  match out;
  for (const auto& x : routes()) {
    if (!fits(x.pattern, where.segments, out))
      continue;
    allow(out, x.method);
    if (x.method == wanted)
      out.found = &x;
  }
  if (!out.allow.empty())
    out.allow += ", OPTIONS";
  return out;
}

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
  if (!plain(req.last_event_id, 1024))
    return bad("Last-Event-ID", "1024");
  if (!plain(req.workspace, 64))
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
  return name == "limit" || name == "depth" || name == "priority"
         || name == "attempt";
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
      auto digits = std::all_of(value.begin(), value.end(),
                                [](char c) { return c >= '0' && c <= '9'; });
      if (!digits || value.empty() || value.size() > 9)
        return no_number(name, value);
      out.emplace_back(name, std::to_string(std::stoul(value)));
    } else if (name == "input") {
      if (auto wrong = core::parse_json(value, "the query field `input`");
          !wrong)
        return bad_query(name, wrong.error().message, "write a JSON object");
      out.emplace_back(name, value);
    } else {
      out.emplace_back(name, json_string(value));
    }
  }
  return std::nullopt;
}

// "00-<trace id>-<parent id>-<flags>"; anything else is no trace and ignored,
// as the standard asks.
std::string trace_of(std::string_view traceparent) {
  if (traceparent.size() < 55 || traceparent[2] != '-'
      || traceparent[35] != '-')
    return {};
  auto trace = traceparent.substr(3, 32);
  auto hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  };
  if (!std::all_of(trace.begin(), trace.end(), hex)
      || trace.find_first_not_of('0') == std::string_view::npos)
    return {};
  return std::string{trace};
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
bool wants_wait(std::string_view prefer) {
  while (!prefer.empty()) {
    auto end = std::min(prefer.find(','), prefer.size());
    auto word = prefer.substr(0, end);
    auto from = word.find_first_not_of(' ');
    if (from != std::string_view::npos
        && word.substr(from, word.find_last_not_of(' ') - from + 1) == "wait")
      return true;
    prefer.remove_prefix(std::min(end + 1, prefer.size()));
  }
  return false;
}

// What a store can count to.
constexpr uint64_t event_id_max = INT64_MAX;

// A cursor that none of our streams gave would begin anywhere or never.
std::optional<complaint> refuse_cursor(const core::watch_request& what,
                                       const std::string& from, bool given) {
  if (!given)
    return std::nullopt;
  if (!what.run)
    return malformed({from, 0, 0,
                      "the stream of all runs has no ids to go on "
                      "from",
                      "it begins now; what was before is in the history of "
                      "each run"});
  uint64_t number = 0;
  const auto* end = what.after.data() + what.after.size();
  auto read = std::from_chars(what.after.data(), end, number);
  if (!what.after.empty() && read.ec == std::errc{} && read.ptr == end
      && number <= event_id_max)
    return std::nullopt;
  return malformed({from, 0, 0,
                    "`" + what.after.substr(0, 60) + "` is no id of an event",
                    "give the `id` of the last event that came, as it is, or "
                    "none to begin at the start"});
}

decision stream_of(const http_request& req, const match& at,
                   const target& where) {
  core::watch_request what;
  what.workspace = workspace_of(req);
  what.by = origin_of(req);
  for (const auto& [name, value] : at.ids)
    what.run = *core::id_from(std::string_view{value}.substr(1, 36));
  pairs fields;
  if (auto wrong = add_query(*at.found, where, fields))
    return to_reply(*wrong, req);
  for (const auto& [name, value] : where.query)
    what.after = value;
  if (auto wrong = refuse_cursor(what, "?after", where.query.size() > 0))
    return to_reply(*wrong, req);
  // What the browser remembers is newer than what the address says.
  if (!req.last_event_id.empty())
    what.after = req.last_event_id;
  if (auto wrong =
        refuse_cursor(what, "Last-Event-ID", !req.last_event_id.empty()))
    return to_reply(*wrong, req);
  return open_stream{std::move(what)};
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

decision forward_of(const http_request& req, match at, const target& where) {
  const auto& way = *at.found;
  if (auto wrong = add_query(way, where, at.ids))
    return to_reply(*wrong, req);
  forward out;
  out.waits = way.kind == route_kind::run_made && wants_wait(req.prefer);
  out.lasts = out.waits || way.op == "backup";
  if (out.waits)
    at.ids.emplace_back("wait", "true");
  auto made = to_params(way.body, media_of(req.content_type), req.body, at.ids);
  if (auto* wrong = std::get_if<complaint>(&made))
    return to_reply(*wrong, req);
  auto& params = std::get<std::string>(made);
  out.call.op = way.op;
  if (way.kind == route_kind::answer)
    if (auto wrong = take_answer(params, out.call.op))
      return to_reply(*wrong, req);
  out.call.params = core::text{std::move(params)};
  out.call.workspace = workspace_of(req);
  out.call.by = origin_of(req);
  out.call.idempotency_key = req.idempotency_key.value_or("");
  out.form = way.kind == route_kind::run_made ? answer_form::run_made
             : way.kind == route_kind::made   ? answer_form::made
             : way.kind == route_kind::ready  ? answer_form::ready
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
    case route_kind::schema:
      return http_reply{
        200, "application/schema+json", {}, core::workflow_schema()};
    case route_kind::mcp:
      return talk_of(req, at.found->method, workspace_of(req), origin_of(req));
    case route_kind::alive:
      return http_reply{200, "application/json", {}, R"({"status":"ok"})"};
    case route_kind::call:
    case route_kind::run_made:
    case route_kind::made:
    case route_kind::answer:
    case route_kind::ready:
      break;
  }
  return forward_of(req, std::move(at), where);
}

} // namespace troupe::gateway
