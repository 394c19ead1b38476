#include "mcp/server.hpp"

#include <map>
#include <utility>

#include "core/json_text.hpp"
#include "mcp/head.hpp"
#include "mcp/run_tasks.hpp"

// What comes in: told apart, checked, and handed to whoever does it.

namespace troupe::mcp {

using nlohmann::json;

namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
  for (auto& x : more)
    to.push_back(std::move(x));
}

reply accepted() {
  return {nullptr, 202};
}

bool is_id(const json& x) {
  return x.is_string() || x.is_number_integer();
}

/// The id of what cannot be understood otherwise, for the answer.
json id_of(const json& message) {
  const auto& id = member(message, "id");
  return is_id(id) ? id : json{};
}

reply unusable(const json& message, std::string_view why) {
  return {error_message(id_of(message), code::invalid_request, why), 400};
}

/// Why this is no message of JSON-RPC; empty: it is one.
std::string_view flaw_of(const json& message) {
  if (message.is_array())
    return "batches are not taken; send one message at a time";
  if (!message.is_object() || text_of(message, "jsonrpc") != "2.0")
    return "a message is an object with \"jsonrpc\": \"2.0\"";
  auto calls = member(message, "method").is_string();
  auto answers = message.contains("result") || message.contains("error");
  if (calls == answers)
    return "a message has either a `method`, or a `result` or an `error`";
  if ((message.contains("id") || answers) && !is_id(member(message, "id")))
    return "`id` must be a text or a whole number";
  const auto& params = member(message, "params");
  if (!params.is_null() && !params.is_object())
    return "`params` must be an object";
  return {};
}

} // namespace

server::server(surroundings around)
  : around_(std::make_shared<const surroundings>(std::move(around))),
    subscriptions_(std::make_shared<subscriptions>(around_)),
    tools_(node_tools()), resources_(node_resources()),
    prompts_(node_prompts()) {
  if (!around_->fixtures)
    return;
  fixture_tasks_ = fixtures::make_task_book();
  append(tools_, fixtures::content_tools());
  append(tools_, fixtures::talking_tools(subscriptions_));
  append(tools_, fixtures::asking_tools());
  append(tools_, fixtures::lasting_tools(fixture_tasks_));
  append(resources_, fixtures::all_resources());
  append(prompts_, fixtures::all_prompts());
}

session_ptr server::open_pipe() {
  return std::make_shared<session>("pipe", "");
}

void server::take(incoming what, const outlet_ptr& to) {
  take(std::move(what), to, nullptr);
}

void server::take(incoming what, const outlet_ptr& to,
                  const session_ptr& pipe) {
  auto parsed = core::parse_json(what.body, "the message");
  if (!parsed)
    return to->finish(
      {error_message(nullptr, code::parse_error, parsed.error().message), 400});
  auto message = std::move(*parsed);
  std::string{}.swap(what.body);
  if (auto flaw = flaw_of(message); !flaw.empty())
    return to->finish(unusable(message, flaw));
  if (era_of(what, message) == era::modern)
    take_modern(std::move(what), std::move(message), to, pipe);
  else
    take_legacy(std::move(what), std::move(message), to, pipe);
}

void server::take_modern(incoming what, json message, const outlet_ptr& to,
                         const session_ptr& pipe) {
  if (!message.contains("id")) {
    if (pipe)
      take_notification(message, pipe);
    return to->finish(accepted());
  }
  // A modern client never answers anything but with a new request.
  if (!message.contains("method"))
    return to->finish(unusable(message, "this server asks nothing by itself"));
  if (auto no = refuse_head(what, message))
    return to->finish(*no);
  if (text_of(message, "method") == "tools/call" && what.over_http)
    for (const auto& x : tools_)
      if (x.name == text_of(message["params"], "name"))
        if (auto no = refuse_params(what, message, x.input_schema))
          return to->finish(*no);
  dispatch(std::make_shared<request>(era::modern, std::move(message),
                                     std::move(what.from), to, pipe, around_));
}

session_ptr server::session_of(const incoming& what) {
  auto id = header(what, "mcp-session-id");
  return id ? book_.find(*id, owner_of(what.from), session_book::clock::now())
            : nullptr;
}

void server::take_legacy(incoming what, json message, const outlet_ptr& to,
                         const session_ptr& pipe) {
  if (text_of(message, "method") == "initialize" && message.contains("id"))
    return initialize(what.from, message, to, pipe);
  auto in = pipe ? pipe : session_of(what);
  if (!in && !header(what, "mcp-session-id"))
    return to->finish(unusable(message, "the header Mcp-Session-Id is missing; "
                                        "begin with `initialize`"));
  if (!in) {
    auto gone = unusable(message, "there is no such session (any more); begin "
                                  "again with `initialize`");
    gone.status = 404;
    return to->finish(gone);
  }
  if (!message.contains("method")) {
    in->answer(message);
    return to->finish(accepted());
  }
  if (!message.contains("id")) {
    take_notification(message, in);
    return to->finish(accepted());
  }
  auto r = std::make_shared<request>(era::legacy, std::move(message),
                                     std::move(what.from), to, in, around_);
  dispatch(r);
}

void server::take_notification(const json& message, const session_ptr& in) {
  if (text_of(message, "method") != "notifications/cancelled")
    return;
  if (auto r = in->find(member(member(message, "params"), "requestId")))
    r->cancel();
}

void server::dispatch(const request_ptr& r) {
  struct way {
    void (server::*here)(const request_ptr&) = nullptr;
    void (*there)(const request_ptr&) = nullptr;
  };
  static const std::map<std::string_view, way> both{
    {"tools/list", {&server::list_tools}},
    {"tools/call", {&server::call_tool}},
    {"resources/list", {&server::list_resources}},
    {"resources/templates/list", {&server::list_templates}},
    {"resources/read", {&server::read}},
    {"prompts/list", {&server::list_prompts}},
    {"prompts/get", {&server::get_prompt}},
    {"completion/complete", {&server::complete}},
    {"tasks/get", {nullptr, get_task}},
    {"tasks/cancel", {nullptr, cancel_task}},
  };
  static const std::map<std::string_view, way> modern{
    {"server/discover", {&server::discover}},
    {"subscriptions/listen", {&server::listen_to}},
    {"tasks/update", {nullptr, update_task}},
  };
  static const std::map<std::string_view, way> legacy{
    {"ping", {&server::ping}},
    {"logging/setLevel", {&server::set_level}},
    {"resources/subscribe", {&server::subscribe}},
    {"resources/unsubscribe", {&server::unsubscribe}},
    {"tasks/result", {nullptr, task_result}},
    {"tasks/list", {nullptr, list_tasks_of_client}},
  };
  const auto& own = r->spoken == era::modern ? modern : legacy;
  auto found = own.find(r->method);
  if (found == own.end()) {
    found = both.find(r->method);
    if (found == both.end())
      return r->fail(code::method_not_found,
                     "there is no method `" + r->method.substr(0, 100) + "`",
                     nullptr, 404);
  }
  if (r->in)
    r->in->begin(r->id, r);
  if (r->spoken == era::modern && r->method.starts_with("tasks/")
      && !r->can_tasks())
    return r->need_capability({{"extensions", {{key::tasks, json::object()}}}});
  if (fixture_tasks_ && fixtures::takes_task(*fixture_tasks_, r))
    return;
  try {
    if (found->second.here)
      return (this->*found->second.here)(r);
    found->second.there(r);
  } catch (const json::exception& e) {
    // A bug, but not one that ends the node.
    r->fail(code::internal_error, std::string{"a bug in Troupe, please "
                                              "report it: "}
                                    + e.what());
  }
}

std::optional<reply> server::listen(const incoming& what, outlet_ptr to) {
  if (!header(what, "mcp-session-id"))
    return reply{unusable({}, "only a session (2025-11-25) has such a stream; "
                              "send messages with POST")
                   .message,
                 405};
  auto in = session_of(what);
  if (!in)
    return reply{unusable({}, "there is no such session; begin again with "
                              "`initialize`")
                   .message,
                 404};
  in->listen(std::move(to));
  return std::nullopt;
}

reply server::leave(const incoming& what) {
  auto id = header(what, "mcp-session-id");
  if (!id)
    return {unusable({}, "only a session (2025-11-25) can be ended").message,
            405};
  if (!book_.close(*id, owner_of(what.from)))
    return {unusable({}, "there is no such session").message, 404};
  subscriptions_->remove(*id);
  return {nullptr, 204};
}

void server::close() {
  subscriptions_->clear();
  book_.clear();
}

} // namespace troupe::mcp
