#include "gateway/stream_talk.hpp"

#include <algorithm>

#include "core/json_text.hpp"
#include "core/reader.hpp"
#include "gateway/field_words.hpp"
#include "gateway/json_shape.hpp"
#include "gateway/stream_query.hpp"

namespace troupe::gateway {

namespace {

using nlohmann::json;

constexpr size_t subscription_id_bytes_max = 64;
constexpr std::string_view message_fields =
  "type id to after run task name kinds";

complaint wrong(std::string pointer, std::string what, std::string hint) {
  return meaningless(
    {std::move(pointer), 0, 0, std::move(what), std::move(hint)});
}

std::optional<complaint> wrong_fields(const json& message) {
  auto known = field_words(message_fields);
  for (const auto& [field, value] : message.items()) {
    if (std::find(known.begin(), known.end(), field) == known.end())
      return wrong("/" + field, "unknown field `" + field + "`",
                   known_fields(field, message_fields, ""));
    auto list = field == "to" || field == "kinds";
    auto fits = list ? value.is_array() : value.is_string();
    for (const auto& x : list&& fits ? value : json::array())
      fits = fits && x.is_string();
    if (!fits)
      return wrong("/" + field,
                   "`" + field + "` must be "
                     + (list ? "a list of texts" : "a text"),
                   "write it so, or leave it out");
  }
  return std::nullopt;
}

std::string joined(const json& words) {
  std::string out;
  for (const auto& x : words)
    out += x.get<std::string>() + ",";
  return out;
}

/// `to`: groups of events, and "metrics".
std::optional<complaint> read_groups(const json& message,
                                     subscribe_message& out) {
  if (!message.contains("to"))
    return std::nullopt;
  out.events = false;
  for (const auto& x : message["to"]) {
    auto word = x.get<std::string>();
    if (word == "metrics") {
      out.metrics = true;
      continue;
    }
    if (word != "runs" && word != "tasks" && word != "decisions"
        && word != "logs")
      return wrong("/to", "nothing is called `" + word.substr(0, 60) + "`",
                   "known are runs, tasks, decisions, logs and metrics");
    out.events = true;
    if (auto bad = set_stream_field(out.what, "kinds", word, "/to"))
      return bad;
  }
  if (!out.events && !out.metrics)
    return wrong("/to", "`to` names nothing",
                 "name some of runs, tasks, decisions, logs and metrics, or "
                 "leave it out for all events");
  return std::nullopt;
}

std::optional<complaint> read_subscription(const json& message,
                                           subscribe_message& out) {
  if (auto bad = read_groups(message, out))
    return bad;
  for (const auto& [field, value] : message.items()) {
    if (field == "type" || field == "id" || field == "to")
      continue;
    auto text = value.is_array() ? joined(value) : value.get<std::string>();
    if (auto bad = set_stream_field(out.what, field, text, "/" + field))
      return bad;
  }
  if (message.contains("after"))
    return refuse_cursor(out.what, "/after");
  return std::nullopt;
}

stream_message read_checked(const json& message,
                            const core::watch_request& about) {
  auto type = message.value("type", std::string{});
  auto id = message.value("id", std::string{});
  auto bad = [&id](complaint why) { return bad_message{id, std::move(why)}; };
  if (type == "ping")
    return ping_message{};
  if (type != "subscribe" && type != "unsubscribe")
    return bad(wrong("/type", "`type` is missing or unknown",
                     "it is `subscribe`, `unsubscribe` or `ping`"));
  if (id.empty() || id.size() > subscription_id_bytes_max)
    return bad(wrong("/id", "`id` is missing, empty or longer than 64 bytes",
                     "give each subscription a name of its own"));
  if (type == "unsubscribe")
    return unsubscribe_message{id};
  subscribe_message out;
  out.id = id;
  out.what = about;
  if (auto why = read_subscription(message, out))
    return bad(std::move(*why));
  return out;
}

std::string text_of(const json& message) {
  return core::to_compact(message);
}

} // namespace

stream_message read_message(std::string_view text,
                            const core::watch_request& about) {
  auto shape = shape_of(text);
  if (shape.problem)
    return bad_message{{}, malformed(std::move(*shape.problem))};
  auto message = json::parse(text, nullptr, false);
  if (!message.is_object())
    return bad_message{{},
                       malformed({"", 0, 0, "this message is no JSON object",
                                  "docs/streams.md shows what can be said"})};
  if (auto why = wrong_fields(message)) {
    auto id = message.value("id", json{});
    return bad_message{id.is_string() ? id.get<std::string>() : std::string{},
                       std::move(*why)};
  }
  return read_checked(message, about);
}

std::string subscribed_text(const std::string& id) {
  return text_of({{"type", "subscribed"}, {"id", id}});
}

std::string unsubscribed_text(const std::string& id,
                              const std::string& cursor) {
  return text_of({{"type", "unsubscribed"}, {"id", id}, {"cursor", cursor}});
}

std::string pong_text() {
  return R"({"type":"pong"})";
}

std::string error_text(const std::string& id, const std::string& body) {
  json out{{"type", "error"}, {"problem", json::parse(body, nullptr, false)}};
  if (!id.empty())
    out["id"] = id;
  return text_of(out);
}

std::string goodbye_text(std::string_view type, const std::string& why) {
  return text_of({{"type", type},
                  {"why", why},
                  {"hint", "connect again and subscribe after the last cursor "
                           "of each subscription"}});
}

std::string events_text(const std::string& id, const std::string& cursor,
                        std::string_view events) {
  // By hand: a message for each burst of a busy stream.
  auto out = R"({"type":"events","id":)" + text_of(id) + R"(,"cursor":)"
             + text_of(cursor) + R"(,"events":[)";
  return out.append(events) += "]}";
}

void write_message_event(outbox::parcel& to, const core::watch_event& event) {
  if (event.json.empty())
    return;
  if (!to.text.empty())
    to.text += ',';
  to.text += event.json;
}

} // namespace troupe::gateway
