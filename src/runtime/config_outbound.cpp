#include "runtime/config_outbound.hpp"

#include <array>
#include <tuple>

#include "core/facts.hpp"
#include "core/url.hpp"
#include "runtime/config_values.hpp"
#include "runtime/secret_reference.hpp"

namespace troupe::runtime {

bool http_agent_config::operator==(const http_agent_config& x) const {
  auto parts = [](const http_agent_config& y) {
    return std::tie(y.url, y.secret, y.callback, y.call_timeout, y.poll_every,
                    y.answer_bytes, y.breaker.failures_max, y.breaker.open_for,
                    y.breaker.open_max);
  };
  return parts(*this) == parts(x);
}

namespace config_reading {

namespace {

using namespace std::chrono_literals;

constexpr size_t webhooks_max = 100;

constexpr std::array<std::pair<std::string_view, log_format>, 2> format_words{
  {{"text", log_format::text}, {"json", log_format::json}}};

constexpr std::array<std::pair<std::string_view, log_level>, 3> level_words{
  {{"warning", log_level::warning},
   {"info", log_level::info},
   {"debug", log_level::debug}}};

/// The names that the task queue knows have addresses of their own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3>
  usual_paths{{{"content-generator", "/api/agents/content-generator"},
               {"calendar-agent", "/api/agents/calendar"},
               {"email-agent", "/api/agents/email"}}};

void read_url(object_reader& in, std::string_view key, std::string& to,
              bool path_will_do = false) {
  auto x = in.find(key);
  std::string text;
  if (!x || x->kind() == core::node_kind::null || !x->read(text))
    return;
  to = text;
  if (path_will_do && text.starts_with('/')) {
    if (auto whole = core::resolve({false, "h", 80, "/"}, text); !whole)
      x->fail(whole.error().message, "");
    return;
  }
  if (auto whole = core::parse_url(text); !whole)
    x->fail(whole.error().message, "");
}

/// Only where a secret is stands in a file, never the secret.
void read_secret_place(object_reader& in, std::string& to) {
  auto x = in.find("secret");
  if (!x || x->kind() == core::node_kind::null || !x->read(to))
    return;
  if (!is_secret_reference(to)) {
    x->fail("a secret does not stand in a configuration, only where it is",
            "write env:NAME, or file:PATH");
    to.clear();
  }
}

} // namespace

void read_http_agent(object_reader& in, agent_config& to) {
  auto& http = to.http;
  if (to.kind != agent_kind::http) {
    for (auto key : {"url", "secret", "callback", "call_timeout", "poll_every",
                     "answer_bytes", "breaker"})
      if (auto x = in.find(key))
        x->fail_at_key("`" + std::string{key}
                         + "` is for agents of the kind `http`",
                       "remove it");
    return;
  }
  for (const auto& [name, path] : usual_paths)
    if (to.who.name == name)
      http.url = path;
  read_url(in, "url", http.url, true);
  if (http.url.empty())
    in.require("url", "where it is: https://HOST/PATH, or a path under "
                      "`outbound.base`");
  read_secret_place(in, http.secret);
  read_url(in, "callback", http.callback);
  constexpr bounds<core::duration> time{1ms, 24h};
  read_time(in, "call_timeout", http.call_timeout,
            bounds<core::duration>{0ms, 24h});
  read_time(in, "poll_every", http.poll_every, time);
  read_size(in, "answer_bytes", http.answer_bytes, {1, gib});
  section(in, "breaker", [&](object_reader& inner) {
    auto& how = http.breaker;
    inner.read("failures", how.failures_max, bounds<int64_t>{0, 1'000'000});
    inner.read("open_for", how.open_for, time);
    inner.read("open_max", how.open_max, time);
    finish(inner, "agents.*.breaker");
  });
}

void read_outbound(object_reader& in, node_config& to) {
  auto& out = to.outbound;
  read_url(in, "base", out.base);
  read_text_or_off(in, "ca_file", out.ca_file);
  in.read("connections_max", out.connections_max, bounds<int64_t>{1, 10'000});
  finish(in, "outbound");
}

namespace {

void read_events(object_reader& in, std::vector<std::string>& to) {
  constexpr size_t kinds_max = 100;
  auto x = in.find("events");
  if (!x || !x->read(to, kinds_max))
    return;
  for (const auto& kind : to)
    if (!core::fact_kind_from(kind) && kind != "alert")
      x->fail("`" + kind.substr(0, 60) + "` is no kind of event",
              "docs/webhooks.md lists them, e.g. run_state, task_ended, alert");
}

} // namespace

void read_webhooks(const value& from, node_config& to) {
  object_reader all{from};
  if (from.kind() != core::node_kind::object)
    return;
  if (from->items.size() > webhooks_max)
    from.fail("more than " + std::to_string(webhooks_max)
                + " webhooks (webhooks_max)",
              "remove some");
  for (const auto& item : from->items) {
    auto x = *all.find(item.key);
    check_word(x, item.key, "the name of a webhook");
    object_reader in{x};
    auto& hook = to.webhooks[item.key];
    in.require("url", "where it goes: https://HOST/PATH");
    read_url(in, "url", hook.url);
    in.require("secret", "what it is signed with: env:NAME, or file:PATH");
    read_secret_place(in, hook.secret);
    read_word(in, "workspace", hook.workspace);
    read_events(in, hook.events);
    read_time(in, "timeout", hook.timeout, bounds<core::duration>{1ms, 10min});
    in.read("attempts_max", hook.attempts_max, bounds<int64_t>{1, 100});
    finish(in, "webhooks.*");
  }
}

void read_traces(object_reader& in, node_config& to) {
  auto& out = to.traces;
  read_url(in, "endpoint", out.endpoint);
  in.read("sample", out.sample, bounds<double>{0, 1});
  read_time(in, "every", out.every, bounds<core::duration>{10ms, 10min});
  finish(in, "traces");
}

void read_log(object_reader& in, node_config& to) {
  auto& out = to.log;
  in.read("format", out.format, core::words<log_format>{format_words});
  in.read("level", out.level, core::words<log_level>{level_words});
  read_text_or_off(in, "file", out.file);
  finish(in, "log");
}

} // namespace config_reading

} // namespace troupe::runtime
