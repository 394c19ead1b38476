#include "mcp/watching.hpp"

#include <algorithm>
#include <utility>

#include "core/model.hpp"
#include "mcp/people.hpp"
#include "mcp/run_tasks.hpp"
#include "mcp/tool.hpp"

namespace troupe::mcp {

using nlohmann::json;
using std::chrono::seconds;

namespace {

/// Most clients give up on a request after a minute.
constexpr seconds wait_default{50};
constexpr seconds wait_max{3600};
/// How soon it is seen that nobody waits any more.
constexpr seconds glance{5};
/// A node that restarts is worth that many new streams.
constexpr int streams_max = 20;
constexpr seconds stream_pause{1};

bool ended(const json& run) {
  auto state = core::run_state_from(text_of(run, "state"));
  return state && core::terminal(*state);
}

bool waits_for_person(const json& run) {
  return member(run, "counts").contains("awaiting_approval");
}

/// A node that is started again answers in a while.
bool is_passing(errc code) {
  return code == errc::restarting || code == errc::stopping
         || code == errc::timed_out || code == errc::overloaded;
}

enum class reason : uint8_t { ended, person, late, broken };

/// Looks at a run whenever something happens to it, until there is a reason to
/// answer. One look at a time: of many events in between the last one counts.
class run_watch : public std::enable_shared_from_this<run_watch> {
public:
  using answer = std::function<void(reason, const core::api_answer&)>;

  run_watch(request_ptr r, std::string run, answer then)
    : r_(std::move(r)), run_(std::move(run)), then_(std::move(then)) {}

  void begin(seconds time) {
    left_ = time;
    ends_ = time > seconds{0};
    tick();
    look();
  }

private:
  /// The timer keeps the watch alive; the stream of events does not, for it may
  /// be silent for days after everybody has gone.
  void tick() {
    auto step = ends_ ? std::min(left_, glance) : glance;
    left_ -= step;
    r_->around->after(step, [self = shared_from_this()] { self->on_tick(); });
  }

  void on_tick() {
    if (over_)
      return;
    if (r_->abandoned())
      return r_->cancel(); // Nothing of it is kept.
    if (!ends_ || left_ > seconds{0}) {
      tick();
      return silent_ || streamed_ > streams_max ? look() : void();
    }
    late_ = true;
    look();
  }

  void look() {
    {
      std::lock_guard guard{mutex_};
      if (std::exchange(looks_, true)) {
        again_ = true;
        return;
      }
    }
    r_->call("run", {{"run", run_}},
             [self = shared_from_this()](const core::api_answer& got) {
               self->saw(got);
             });
  }

  void saw(const core::api_answer& got) {
    auto run = body_of(got);
    silent_ = is_passing(got.error.code);
    if (got.error && (!silent_ || late_))
      return finish(reason::broken, got);
    if (silent_)
      return look_done();
    r_->progress(
      member(run, "percent").is_number() ? run["percent"].get<double>() : 0,
      100, text_of(run, "state"));
    if (ended(run))
      return finish(reason::ended, got);
    if (waits_for_person(run) || late_)
      return finish(late_ ? reason::late : reason::person, got);
    if (!std::exchange(streams_, true))
      stream();
    look_done();
  }

  void look_done() {
    std::unique_lock guard{mutex_};
    looks_ = false;
    if (!std::exchange(again_, false))
      return;
    guard.unlock();
    look();
  }

  void stream() {
    if (++streamed_ > streams_max)
      return;
    core::watch_request what;
    what.workspace = r_->from.workspace;
    what.by = r_->from.by;
    what.run = core::id_from(run_).value_or(core::id{});
    what.after = cursor_;
    r_->from.api->watch(
      what, [weak = weak_from_this()](const core::watch_event& event) {
        auto self = weak.lock();
        return self && self->take(event);
      });
  }

  bool take(const core::watch_event& event) {
    if (over_ || r_->abandoned())
      return false;
    if (!event.cursor.empty())
      cursor_ = event.cursor;
    if (event.json.empty() && !event.last)
      return true; // Only how far it is.
    auto what = json::parse(event.json, nullptr, false);
    auto kind = text_of(what, "kind");
    if (kind == "log")
      r_->log("info", text_of(what, "id"), text_of(what, "line"));
    else if (kind == "progress")
      r_->log("debug", text_of(what, "id"), text_of(what, "note"));
    else
      look();
    if (event.last && kind != "end")
      r_->around->after(stream_pause,
                        [self = shared_from_this()] { self->stream_again(); });
    return !event.last;
  }

  void stream_again() {
    if (over_ || r_->abandoned())
      return;
    stream();
    look();
  }

  void finish(reason why, const core::api_answer& got) {
    if (!over_.exchange(true))
      then_(why, got);
  }

  const request_ptr r_;
  const std::string run_;
  const answer then_;
  seconds left_{0};
  bool ends_ = false;
  std::mutex mutex_; // Of the two that a look shares with the next one.
  bool looks_ = false;
  bool again_ = false;
  bool streams_ = false;
  std::atomic<int> streamed_{0};
  std::string cursor_;
  std::atomic<bool> silent_{false}; // The node did not answer the last look.
  std::atomic<bool> late_{false};
  std::atomic<bool> over_{false};
};

void answer_with(const request_ptr& r, const json& run, const json& waiting) {
  auto out = run_result(run, waiting);
  if (r->method == "tasks/result")
    out["_meta"][key::related_task] = {{"taskId", text_of(run, "run")}};
  r->succeed(std::move(out));
}

void ask_person(const request_ptr& r, const json& run, const json& done,
                const json& waiting) {
  auto questions = questions_of(waiting, done);
  if (questions.empty() || !r->can("elicitation"))
    return answer_with(r, run, waiting);
  r->ask(std::move(questions), {{"run", text_of(run, "run")}, {"done", done}});
}

void watch(const request_ptr& r, const std::string& run, json done,
           seconds time) {
  auto then = [r, run, done](reason why, const core::api_answer& got) {
    if (why == reason::broken)
      return r->succeed(failed_result(got));
    auto body = body_of(got);
    if (why == reason::ended)
      return answer_with(r, body, json::array());
    find_decisions(r, run, [r, body, done, why](const json& waiting) {
      if (why == reason::late)
        answer_with(r, body, waiting);
      else
        ask_person(r, body, done, waiting);
    });
  };
  std::make_shared<run_watch>(r, run, std::move(then))->begin(time);
}

seconds patience_of(const request_ptr& r) {
  const auto& given = argument(*r, "timeout_s");
  if (!given.is_number_unsigned())
    return wait_default;
  return seconds{
    std::clamp<uint64_t>(given.get<uint64_t>(), 1, uint64_t{wait_max.count()})};
}

void begin(const request_ptr& r, const std::string& run) {
  if (wants_task(*r))
    return answer_with_task(r, run);
  follow_run(r, run, patience_of(r));
}

} // namespace

json wait_schema() {
  return {{"type", "integer"},
          {"minimum", 1},
          {"maximum", wait_max.count()},
          {"description", "answer after that many seconds at the latest; "
                          "default 50"}};
}

void follow_run(const request_ptr& r, const std::string& run, seconds time) {
  auto go_on = [r, run, time](json done) {
    watch(r, run, std::move(done), time);
  };
  record_answers(r, r->answers(), member(r->state(), "done"), go_on);
}

void watch_run(const request_ptr& r) {
  begin(r, text_of(member(r->params, "arguments"), "run"));
}

void run_and_watch(const request_ptr& r) {
  // After a question it is the run that was made before.
  if (auto run = text_of(r->state(), "run"); !run.empty())
    return follow_run(r, run, patience_of(r));
  auto asked = arguments(*r);
  auto key = text_of(asked, "idempotency_key");
  asked.erase("idempotency_key");
  asked.erase("timeout_s");
  r->call(
    "submit", asked,
    [r](const core::api_answer& got) {
      if (got.error)
        return r->succeed(failed_result(got));
      begin(r, text_of(body_of(got), "run"));
    },
    key);
}

json run_result(const json& run, const json& approvals) {
  auto state = text_of(run, "state");
  auto value = run;
  auto said =
    "run " + text_of(run, "run") + " (" + text_of(run, "name") + "): " + state;
  if (!ended(run) && approvals.empty())
    said += "; it goes on, `watch` waits for it again";
  if (!approvals.empty()) {
    value["approvals"] = approvals;
    said += "; a person has to decide. Ask the user, call `approve` or "
            "`reject` with the task, then `watch`";
  }
  auto out = value_result(value, state == "failed");
  out["content"].insert(out["content"].begin(),
                        json{{"type", "text"}, {"text", said}});
  return out;
}

} // namespace troupe::mcp
