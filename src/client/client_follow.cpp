#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <nlohmann/json.hpp>

#include "client/client_parts.hpp"

// Streams that go on where they broke.

namespace troupe {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;

/// False: it is told to stop.
bool pause_for(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock guard{mutex};
  never.wait_for(guard, stop, time, [] { return false; });
  return !stop.stop_requested();
}

class follower {
public:
  follower(remote::http_api& api, const client_options& opts,
           const follow_options& what,
           const std::function<bool(const client_event&)>& on_event,
           std::stop_token stop)
    : api_(api), opts_(opts), query_{what.run, what.after, what.kinds,
                                     what.task, what.name},
      on_event_(on_event), stop_(std::move(stop)), pause_(opts.retry_pause) {}

  client_followed follow() {
    for (uint32_t failures = 1; !done_; ++failures) {
      why_.clear();
      moved_ = false;
      auto refusal = api_.watch_here(
        query_, opts_.workspace, [this](const auto& x) { return take(x); },
        stop_);
      if (done_ || stop_.stop_requested())
        break;
      if (moved_) {
        failures = 1;
        pause_ = opts_.retry_pause;
      }
      if (failures > opts_.reconnects_max || !may_come_again(refusal))
        return broken(refusal);
      if (!pause_for(pause_, stop_))
        break;
      pause_ = std::min(pause_ * 2, opts_.retry_pause_max);
    }
    client_followed out;
    out.cursor = query_.after;
    return out;
  }

private:
  bool take(const core::watch_event& event) {
    if (event.last)
      return take_last(event);
    if (!event.cursor.empty())
      query_.after = event.cursor;
    moved_ = moved_ || !event.json.empty();
    if (!event.json.empty())
      done_ = !on_event_({event.cursor, event.json});
    return !done_ && !stop_.stop_requested();
  }

  bool take_last(const core::watch_event& event) {
    auto said = json::parse(event.json, nullptr, false);
    auto kind = said.is_object() ? said.value("kind", json{}) : json{};
    if (kind == "lost") {
      why_ = said.value("why", "no reason given");
      return false;
    }
    done_ = true;
    on_event_({event.cursor, event.json});
    return false;
  }

  /// The stream broke, or the node is not there for a moment.
  bool may_come_again(const core::api_answer& refusal) {
    if (!refusal.error || remote::is_open(refusal.error))
      return true;
    auto wanted = std::chrono::duration_cast<milliseconds>(refusal.retry_after);
    pause_ = std::max(pause_, wanted);
    return (refusal.error.code == errc::overloaded
            || refusal.error.code == errc::stopping)
           && wanted <= opts_.retry_after_max;
  }

  client_followed broken(const core::api_answer& refusal) const {
    client_followed out;
    static_cast<client_answer&>(out) = to_public(refusal);
    out.cursor = query_.after;
    if (!out.error)
      out.error = {errc::restarting, category::network,
                   "the stream broke: " + why_
                     + "; go on with its cursor when the node is back"};
    return out;
  }

  remote::http_api& api_;
  const client_options& opts_;
  remote::stream_query query_;
  const std::function<bool(const client_event&)>& on_event_;
  const std::stop_token stop_;
  milliseconds pause_;
  std::string why_;
  bool moved_ = false; // An event came.
  bool done_ = false;
};

bool has_ended(const std::string& state) {
  return state == "completed" || state == "failed" || state == "cancelled";
}

/// What the node says of a run.
client_ended ended_of(client_answer said, const std::string& run) {
  client_ended out;
  static_cast<client_answer&>(out) = std::move(said);
  out.run = run;
  auto body = json::parse(out.body, nullptr, false);
  if (out.error || !body.is_object())
    return out;
  out.state = body.value("state", "");
  if (auto output = body.find("output"); output != body.end())
    out.output = output->dump();
  auto why = body.value("error", json{});
  if (out.state == "cancelled")
    out.error = {errc::cancelled, category::cancelled, "it was cancelled"};
  if (out.state == "failed")
    out.error = {errc::agent_failed, category::unknown, "it failed"};
  if (!out.error || !why.is_object())
    return out;
  out.error = {
    errc_from(why.value("code", "")).value_or(out.error.code),
    category_from(why.value("category", "")).value_or(out.error.kind),
    why.value("message", out.error.message)};
  return out;
}

} // namespace

client_followed
client::follow(const follow_options& what,
               const std::function<bool(const client_event&)>& on_event,
               std::stop_token stop) {
  if (parts_->problem) {
    client_followed out;
    out.error = parts_->problem;
    return out;
  }
  return follower{*parts_->api, parts_->opts, what, on_event, std::move(stop)}
    .follow();
}

client_ended client::wait(const std::string& run, std::stop_token stop) {
  auto now = ended_of(status(run), run);
  if (now.state.empty() || has_ended(now.state))
    return now;
  follow_options what;
  what.run = run;
  what.kinds = "run_state";
  auto followed = follow(
    what, [](const client_event&) { return true; }, stop);
  auto end = ended_of(followed.ok() ? status(run) : followed, run);
  if (!end.error && !has_ended(end.state))
    end.error = {errc::cancelled, category::cancelled,
                 "the wait was stopped; the run goes on"};
  return end;
}

} // namespace troupe
