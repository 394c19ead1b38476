#include "core/http_contract.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "core/backoff.hpp"
#include "core/cut_text.hpp"
#include "core/json_text.hpp"
#include "core/task_object.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr size_t message_bytes_max = 4 * 1024;
/// Of an agent that is busy and does not say for how long.
constexpr duration busy_for{std::chrono::seconds{5}};

http_verdict ended(outcome result, http_health health = http_health::well) {
  http_verdict out;
  out.result = std::move(result);
  out.health = health;
  return out;
}

http_verdict failed(std::string message, category kind, http_health health) {
  return ended(outcome::failed(std::move(message), kind), health);
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

/// {"output", "tasks"?}; nothing else may stand there.
result<outcome> read_envelope(const json& body) {
  auto wrong = [](std::string why) {
    return failure{errc::invalid_result, category::invalid_result,
                   "the agent's answer is no {\"output\": .., \"tasks\": "
                   "[..]}: "
                     + std::move(why)};
  };
  if (!body.is_object())
    return wrong("it is no object");
  for (const auto& [key, value] : body.items())
    if (key != "output" && key != "tasks")
      return wrong("unknown key `" + key + "`");
  auto out = outcome::done(to_compact(body.value("output", json{})));
  auto tasks = body.value("tasks", json::array());
  if (!tasks.is_array())
    return wrong("`tasks` is no list");
  if (tasks.empty())
    return out;
  return std::move(out).with_tasks(to_compact(tasks));
}

outcome unusable(const failure& why) {
  auto out = outcome::failed(why.message, category::invalid_result);
  out.error.code = errc::invalid_result;
  return out;
}

http_verdict judge_success(const http_seen& got, const http_rules& how) {
  if (blank(got.body) && !how.envelope)
    return ended(outcome::done());
  auto body = parse_json(got.body, "the agent's answer");
  if (!body)
    return ended(unusable(body.error()));
  if (!how.envelope)
    return ended(outcome::done(to_compact(*body)));
  auto out = read_envelope(*body);
  return ended(out ? *out : unusable(out.error()));
}

/// What the body of a failure says, in its usual forms; else its beginning.
std::string words_of(std::string_view text) {
  auto body = json::parse(text, nullptr, false);
  std::string out;
  auto take = [&out](const json& from, const char* name) {
    auto pos = from.is_object() ? from.find(name) : from.end();
    if (out.empty() && pos != from.end() && pos->is_string())
      out = pos->get<std::string>();
  };
  if (body.is_object()) {
    take(body.value("error", json{}), "message");
    for (auto name : {"message", "detail", "error", "title"})
      take(body, name);
  }
  if (out.empty())
    out.assign(text.substr(0, 300));
  cut_text(out, message_bytes_max);
  return blank(out) ? out : ": " + out;
}

category kind_of(unsigned status) {
  switch (status) {
    case 401:
    case 403:
      return category::security;
    case 408:
      return category::timeout;
    case 409:
      return category::business;
    case 429:
      return category::rate_limit;
    default:
      return status >= 500 ? category::network : category::validation;
  }
}

bool asks_for_patience(const http_seen& got) {
  return got.status == 429 || (got.status == 503 && !got.retry_after.empty());
}

duration patience(const http_seen& got, instant now, duration usual) {
  auto told = parse_retry_after(got.retry_after, now);
  return std::clamp(told.value_or(usual), duration{milliseconds{100}},
                    retry_after_max);
}

http_verdict judge_failure(const http_seen& got, instant now) {
  auto text = "the agent answered " + std::to_string(got.status);
  if (asks_for_patience(got)) {
    auto wait = patience(got, now, busy_for);
    return ended(outcome::snooze(std::chrono::ceil<milliseconds>(wait)),
                 http_health::busy);
  }
  if (got.status >= 300 && got.status < 400)
    return failed(text
                    + " (a redirect, which is not followed); configure the "
                      "address that it names",
                  category::validation, http_health::well);
  auto ill = got.status >= 500 && got.status != 501;
  auto kind = got.status == 501 ? category::validation : kind_of(got.status);
  return failed(text + words_of(got.body), kind,
                ill ? http_health::ill : http_health::well);
}

void read_progress(std::string_view text, http_verdict& to) {
  auto body = json::parse(text, nullptr, false);
  if (!body.is_object())
    return;
  if (auto x = body.value("progress", json{}); x.is_number())
    to.progress = std::clamp(x.get<double>(), 0.0, 1.0);
  if (auto x = body.value("note", json{}); x.is_string())
    to.note = x.get<std::string>();
  cut_text(to.note, message_bytes_max);
}

/// Still at work: where and when to look next.
http_verdict judge_accepted(const http_seen& got, const url& from, bool first,
                            const http_rules& how, instant now) {
  http_verdict out;
  out.what = http_next::poll;
  out.at = from;
  out.wait = patience(got, now, how.poll_every);
  read_progress(got.body, out);
  if (!got.location.empty()) {
    auto at = resolve(from, got.location);
    if (!at)
      return failed("the agent answered 202, and its Location is unusable: "
                      + at.error().message,
                    category::validation, http_health::well);
    // A token is for whom it was made.
    if (at->host != from.host || at->port != from.port
        || at->secure != from.secure)
      return failed("the agent answered 202 with a Location on another host, "
                    "which is not asked",
                    category::security, http_health::well);
    out.at = *at;
  } else if (first && how.callbacks) {
    out.what = http_next::hear;
  } else if (first) {
    return failed("the agent answered 202 without a Location, and no callback "
                  "is configured: nobody could learn how it ends",
                  category::validation, http_health::well);
  }
  return out;
}

/// What the body says of a task's input.
struct told_input {
  std::string description;
  std::string input; // JSON.
};

/// An input of exactly {"description", "input"}, as tasks of the queue have it,
/// is sent as the two.
told_input told(const task& t) {
  auto input = json::parse(t.input, nullptr, false);
  if (input.is_object())
    for (auto name : {"description", "task_description"})
      if (auto x = input.value(name, json{}); x.is_string()) {
        auto both = input.size() == 2 && input.contains("description")
                    && input.contains("input");
        return {x.get<std::string>(),
                both ? to_compact(input["input"]) : t.input};
      }
  return {t.name, t.input};
}

} // namespace

http_verdict judge_start(const http_seen& got, const url& to,
                         const http_rules& how, instant now) {
  if (got.status == 202)
    return judge_accepted(got, to, true, how, now);
  if (got.status >= 200 && got.status < 300)
    return judge_success(got, how);
  return judge_failure(got, now);
}

http_verdict judge_poll(const http_seen& got, const url& from,
                        const http_rules& how, instant now) {
  if (got.status == 202)
    return judge_accepted(got, from, false, how, now);
  if (got.status >= 200 && got.status < 300)
    return judge_success(got, how);
  if (asks_for_patience(got)) {
    http_verdict later;
    later.what = http_next::poll;
    later.at = from;
    later.wait = patience(got, now, how.poll_every);
    later.health = http_health::busy;
    return later;
  }
  if (got.status == 404 || got.status == 410)
    return failed("the agent knows nothing more of its work ("
                    + std::to_string(got.status) + " at its Location)",
                  category::agent_crash, http_health::well);
  return judge_failure(got, now);
}

http_verdict judge_silence(const failure& why) {
  auto out = outcome::failed(why.message, why.kind);
  out.error.code = why.code;
  return ended(std::move(out), http_health::ill);
}

result<outcome> judge_callback(std::string_view text) {
  auto body = parse_json(text, "the body");
  if (!body)
    return body.error();
  if (!body->is_object() || !body->contains("error"))
    return read_envelope(*body);
  const auto& error = (*body)["error"];
  auto part = [&](const char* name) {
    return error.is_object() ? error.value(name, json{}) : json{};
  };
  auto message = part("message");
  if (!message.is_string())
    return failure{errc::invalid, category::validation,
                   "`error` is no object with a `message`"};
  auto words = message.get<std::string>();
  cut_text(words, message_bytes_max);
  auto out = outcome::failed(words);
  if (auto x = part("category"); x.is_string())
    out.error.kind =
      category_from(x.get<std::string>()).value_or(category::unknown);
  if (auto x = part("retry_after_ms"); x.is_number()) {
    constexpr double longest =
      std::chrono::duration_cast<milliseconds>(retry_after_max).count();
    out.delay = milliseconds{
      static_cast<int64_t>(std::clamp(x.get<double>(), 0.0, longest))};
  }
  return out;
}

std::optional<duration> parse_retry_after(std::string_view text, instant now) {
  if (text.empty() || text.size() > 40)
    return std::nullopt;
  uint32_t seconds = 0;
  auto end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, seconds);
  if (read.ec == std::errc{} && read.ptr == end)
    return std::min<duration>(std::chrono::seconds{seconds}, retry_after_max);
  static constexpr std::array<std::string_view, 12> months{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  unsigned day = 0, year = 0, hour = 0, minute = 0, second = 0;
  char month[4] = {};
  if (std::sscanf(std::string{text}.c_str(),
                  "%*3s, %2u %3s %4u %2u:%2u:%2u GMT", &day, month, &year,
                  &hour, &minute, &second)
      != 6)
    return std::nullopt;
  auto pos = std::find(months.begin(), months.end(), month);
  char stamp[40];
  std::snprintf(stamp, sizeof stamp, "%04u-%02u-%02uT%02u:%02u:%02uZ", year,
                static_cast<unsigned>(pos - months.begin()) + 1, day, hour,
                minute, second);
  auto at = from_rfc3339(stamp);
  if (!at || pos == months.end())
    return std::nullopt;
  return std::clamp<duration>(*at - now, duration{}, retry_after_max);
}

std::string http_task_body(const task& t, std::string_view callback_url) {
  auto what = told(t);
  auto head = task_head(t);
  head["task_id"] = t.id;
  head["description"] = std::move(what.description);
  if (!callback_url.empty())
    head["callback_url"] = callback_url;
  return with_input(head, what.input);
}

std::string http_claims(const task& t, std::string_view audience, instant now,
                        duration lives) {
  auto seconds = [](instant x) {
    return std::chrono::floor<std::chrono::seconds>(x)
      .time_since_epoch()
      .count();
  };
  return to_compact(json{{"iss", "troupe"},
                         {"sub", t.id},
                         {"aud", audience},
                         {"iat", seconds(now)},
                         {"exp", seconds(now + lives)},
                         {"jti", t.id + "/" + std::to_string(t.attempt)},
                         {"task", t.id},
                         {"attempt", t.attempt},
                         {"run", t.run},
                         {"workspace", t.workspace}});
}

} // namespace troupe::core
