#include "cli/follow.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <ostream>

#include "cli/progress_view.hpp"
#include "cli/table.hpp"
#include "core/time.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;
using clock = std::chrono::steady_clock;

// A node that restarts is worth this many new streams without an event.
constexpr int reconnects_max = 5;
// Far more than a terminal can show; beyond it the stream waits its turn.
constexpr size_t queued_max = 100'000;

// Events on their way from the stream's thread to this one.
class mailbox {
public:
  bool put(const core::watch_event& event) {
    std::lock_guard guard{mutex_};
    if (closed_)
      return false;
    closed_ = events_.size() >= queued_max;
    events_.push_back(closed_ ? overrun() : event);
    arrived_.notify_one();
    return !closed_;
  }

  std::optional<core::watch_event>
  take(std::optional<clock::time_point> until) {
    std::unique_lock guard{mutex_};
    auto some = [this] { return !events_.empty(); };
    if (!until)
      arrived_.wait(guard, some);
    else if (!arrived_.wait_until(guard, *until, some))
      return std::nullopt;
    auto out = std::move(events_.front());
    events_.pop_front();
    return out;
  }

  bool empty() {
    std::lock_guard guard{mutex_};
    return events_.empty();
  }

  void close() {
    std::lock_guard guard{mutex_};
    closed_ = true;
  }

private:
  // The reader begins a new stream from where it is then.
  static core::watch_event overrun() {
    return {{}, R"({"kind":"lost","why":"too many events wait"})", true};
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<core::watch_event> events_;
  bool closed_ = false;
};

// Draws the lines of a view, over the last ones where that can be.
class screen {
public:
  explicit screen(verb_call& call) : call_(call) {}

  void draw(const progress_view& view) {
    if (!call_.around().terminal || call_.json())
      return;
    std::string text = drawn_ > 0 ? "\x1b[" + std::to_string(drawn_) + "A" : "";
    auto lines = view.lines();
    for (const auto& x : lines)
      text += "\r" + fitted(x, call_.around().width - 1) + "\x1b[K\n";
    // Lines that are gone: clear to the end of the screen.
    call_.out() << text << "\x1b[J" << std::flush;
    drawn_ = lines.size();
  }

  void log(const progress_view& view, const json& event,
           const std::string& raw) {
    if (call_.json())
      call_.out() << raw << '\n' << std::flush;
    else if (!call_.around().terminal)
      if (auto line = view.line_of(event); !line.empty())
        call_.out() << line << '\n' << std::flush;
  }

private:
  verb_call& call_;
  size_t drawn_ = 0;
};

class follower {
public:
  follower(verb_call& call, core::id run,
           std::optional<clock::time_point> until)
    : call_(call), run_(run), until_(until), view_(ask_run()), screen_(call) {}

  int follow() {
    view_.add_tasks(
      call_.ask("tasks", {{"run", to_string(run_)}, {"limit", 1000}}));
    screen_.draw(view_);
    while (watch_once())
      ;
    box_->close();
    auto run = ask_run();
    if (timed_out_) {
      call_.err() << "troupe: the time is up; the run goes on: troupe watch "
                  << to_string(run_) << '\n';
      return exit_timeout;
    }
    return finish(run);
  }

private:
  json ask_run() { return call_.ask("run", {{"run", to_string(run_)}}); }

  // One stream, to its end. True: another one is needed.
  bool watch_once() {
    box_ = std::make_shared<mailbox>();
    call_.node().watch(
      {call_.workspace(), run_, cursor_, call_.origin()},
      [box = box_](const core::watch_event& event) { return box->put(event); });
    while (auto event = box_->take(until_)) {
      auto parsed = json::parse(event->json, nullptr, false);
      if (!parsed.is_object())
        continue;
      if (parsed.value("kind", json{}) == "lost")
        return try_again(parsed);
      take(*event, parsed);
      if (event->last || stop_for_approval())
        return false;
    }
    timed_out_ = true;
    return false;
  }

  void take(const core::watch_event& event, const json& parsed) {
    if (!event.cursor.empty())
      cursor_ = event.cursor;
    failures_ = 0;
    auto changed = view_.apply(parsed);
    screen_.log(view_, parsed, event.json);
    // A burst is drawn once.
    if (changed && box_->empty())
      screen_.draw(view_);
  }

  bool stop_for_approval() const {
    return call_.has("until-approval") && view_.waiting_for_approval() > 0;
  }

  bool try_again(const json& why) {
    if (++failures_ <= reconnects_max)
      return true;
    throw stop_verb{exit_no_node,
                    "the stream broke: " + why.value("why", "no reason given"),
                    "go on with `troupe watch " + to_string(run_) + "`"};
  }

  int finish(const json& run) {
    if (call_.json())
      return exit_code_of_run(run);
    screen_.draw(view_);
    call_.out() << "run " << to_string(run_) << " "
                << run.value("state", "unknown") << '\n';
    auto error = run.value("error", json{});
    if (error.is_object() && !error.value("message", "").empty())
      call_.err() << "troupe: " << error.value("message", "")
                  << "\n  hint: see `troupe tasks " << to_string(run_)
                  << " --state failed`\n";
    return exit_code_of_run(run);
  }

  verb_call& call_;
  const core::id run_;
  const std::optional<clock::time_point> until_;
  progress_view view_;
  screen screen_;
  std::shared_ptr<mailbox> box_;
  std::string cursor_;
  int failures_ = 0;
  bool timed_out_ = false;
};

} // namespace

int follow(verb_call& call, core::id run,
           std::optional<std::chrono::milliseconds> patience) {
  std::optional<clock::time_point> until;
  if (patience)
    until = clock::now() + *patience;
  return follower{call, run, until}.follow();
}

int exit_code_of_run(const json& run) {
  auto state = run.value("state", "");
  if (state == "completed")
    return exit_ok;
  if (state == "failed" || state == "cancelled")
    return exit_run_failed;
  auto counts = run.value("counts", json::object());
  auto waits = counts.is_object() ? counts.value("awaiting_approval", 0) : 0;
  return waits > 0 ? exit_waits_for_approval : exit_ok;
}

std::optional<std::chrono::milliseconds> patience_of(verb_call& call) {
  if (!call.has("timeout"))
    return std::nullopt;
  auto parsed = core::parse_duration(call.text("timeout"));
  if (!parsed)
    throw stop_verb{exit_usage, "`" + call.text("timeout") + "` is no duration",
                    "write e.g. 90s, 5m or 1h30m"};
  return std::chrono::duration_cast<std::chrono::milliseconds>(*parsed);
}

} // namespace troupe::cli
