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
constexpr std::chrono::seconds estimate_interval{2};
// How soon ^C is seen where no event comes.
constexpr std::chrono::milliseconds look_interval{100};
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

  std::optional<core::watch_event> take(clock::time_point until) {
    std::unique_lock guard{mutex_};
    auto some = [this] { return !events_.empty(); };
    if (!arrived_.wait_until(guard, until, some))
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
    : call_(call), run_(run), until_(until), view_(ask_run()), screen_(call) {
    interrupted(); // From here on ^C is ours.
  }

  int follow() {
    auto tasks =
      call_.ask("tasks", {{"run", to_string(run_)}, {"limit", 1000}});
    // Lines tell the story from its beginning, bars how things are.
    if (call_.around().terminal)
      view_.add_tasks(tasks);
    else
      view_.begin_anew(tasks);
    note_last(tasks);
    screen_.draw(view_);
    while (watch_once())
      ;
    box_->close();
    auto run = ask_run();
    if (stopped_ == nothing)
      return finish(run);
    call_.err() << "troupe: "
                << (stopped_ == time_is_up ? "the time is up" : "interrupted")
                << "; " << what_becomes_of_it() << '\n';
    return stopped_ == time_is_up ? exit_timeout : exit_interrupted;
  }

private:
  enum reason_to_stop { nothing, time_is_up, interrupt };

  bool interrupted() const {
    const auto& asked = call_.around().interrupted;
    return asked && asked();
  }

  std::string what_becomes_of_it() const {
    if (!call_.own_node())
      return "the run goes on: troupe watch " + to_string(run_);
    if (call_.has("data") || !call_.around().environment("TROUPE_DATA").empty())
      return "run " + to_string(run_) + " goes on with `troupe node --data "
             + call_.data() + "`";
    return "the run was in memory and ends with this process";
  }

  // The next event; empty: stopped, and `stopped_` says why.
  std::optional<core::watch_event> next() {
    for (;;) {
      auto look = clock::now() + look_interval;
      if (auto event = box_->take(until_ ? std::min(look, *until_) : look))
        return event;
      estimate_anew();
      if (interrupted())
        stopped_ = interrupt;
      else if (until_ && clock::now() >= *until_)
        stopped_ = time_is_up;
      else
        continue;
      return std::nullopt;
    }
  }

  // How long it still takes; every two seconds, where somebody looks on.
  void estimate_anew() {
    if (!call_.around().terminal || clock::now() < estimate_at_)
      return;
    estimate_at_ = clock::now() + estimate_interval;
    view_.set_eta(ask_run());
    screen_.draw(view_);
  }

  json ask_run() { return call_.ask("run", {{"run", to_string(run_)}}); }

  // One stream, to its end. True: another one is needed.
  bool watch_once() {
    box_ = std::make_shared<mailbox>();
    call_.node().watch(
      {call_.workspace(), run_, cursor_, call_.origin()},
      [box = box_](const core::watch_event& event) { return box->put(event); });
    while (auto event = next()) {
      auto parsed = json::parse(event->json, nullptr, false);
      if (!parsed.is_object())
        continue;
      if (parsed.value("kind", json{}) == "lost")
        return try_again(parsed);
      take(*event, parsed);
      if (event->last || stop_for_approval())
        return false;
    }
    return false;
  }

  void take(const core::watch_event& event, const json& parsed) {
    if (!event.cursor.empty())
      cursor_ = event.cursor;
    failures_ = 0;
    if (!call_.json())
      learn_name(view_.unnamed(parsed));
    auto changed = view_.apply(parsed);
    screen_.log(view_, parsed, event.json);
    // A burst is drawn once.
    if (changed && box_->empty())
      screen_.draw(view_);
  }

  // Items and rounds are made while the run goes on. Names come in pages, in
  // the order in which the tasks were made.
  void learn_name(const std::string& id) {
    if (id.empty() || id <= last_named_)
      return;
    try {
      for (auto more = true; more && last_named_ < id;) {
        auto page = call_.ask(
          "tasks",
          {{"run", to_string(run_)}, {"limit", 1000}, {"after", last_named_}});
        view_.add_names(page);
        more = note_last(page);
      }
    } catch (const stop_verb&) {
      // The stream is what counts: it says whether the node is gone.
    }
  }

  // False: there was none after those that are known.
  bool note_last(const json& page) {
    auto list = page.value("tasks", json::array());
    auto last = list.empty() ? std::string{} : list.back().value("task", "");
    if (last <= last_named_)
      return false;
    last_named_ = std::move(last);
    return true;
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
  std::string last_named_; // Id of a task; its order is that of the ids.
  int failures_ = 0;
  reason_to_stop stopped_ = nothing;
  clock::time_point estimate_at_;
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
