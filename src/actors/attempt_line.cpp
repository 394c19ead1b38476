#include "actors/attempt_line.hpp"

#include <algorithm>
#include <utility>

#include <caf/send.hpp>

#include "core/cut_text.hpp"
#include "core/secrets.hpp"

namespace troupe {

namespace {

/// Progress of an attempt, and its log lines: at most ten a second of each.
constexpr std::chrono::milliseconds signal_interval{100};
constexpr size_t signal_bytes_max = 1024;

thread_local token_list* collecting = nullptr;

} // namespace

ends_collector::ends_collector() {
  collecting = &list_;
}

ends_collector::~ends_collector() {
  collecting = nullptr;
}

token_list ends_collector::take() {
  return std::move(list_);
}

bool ends_collector::add(const token& x) {
  if (collecting == nullptr)
    return false;
  collecting->items.push_back(x);
  return true;
}

attempt_line::attempt_line(host_address_ptr to, token key)
  : to_(std::move(to)), key_(key) {}

void attempt_line::dropped() {
  if (!given_ && planned() == core::no_instant)
    end(core::end_kind::crashed,
        "the agent dropped the task without an answer");
}

void attempt_line::send(std::unique_ptr<ended> x) {
  x->key = key_;
  x->agent = to_->agent;
  // Whatever an agent says in its anger is kept, and shown to all who look.
  if (auto& said = x->what.error.message; !said.empty())
    said = core::line_without_secrets(std::move(said));
  uint32_t left_out = 0;
  {
    std::lock_guard guard{mutex_};
    if (kept_)
      x->log = kept_->kept();
    end_ = std::move(x);
    left_out = std::exchange(left_out_, 0);
  }
  if (left_out > 0)
    send_signal(
      {key_, 0, "(" + std::to_string(left_out) + " lines left out)", true});
  if (ends_collector::add(key_))
    return;
  // Empty while the host restarts: its next life looks at all lines.
  auto host = child_ref<host_actor>{to_->host};
  if (auto handle = host.handle())
    caf::anon_send(handle, done_atom_v, token_list{{key_}});
}

std::unique_ptr<ended> attempt_line::take_end() {
  std::lock_guard guard{mutex_};
  return std::move(end_);
}

void attempt_line::give(outcome result) {
  if (given_.exchange(true))
    return;
  std::function<void(bool)> react; // Dropped outside the lock.
  {
    std::lock_guard guard{mutex_};
    react.swap(react_);
  }
  auto x = std::make_unique<ended>();
  auto stopped = cancelled_ && result.what == verdict::failed
                 && result.error.kind == category::cancelled;
  x->how = stopped ? core::end_kind::cancelled : core::end_kind::answered;
  if (result.what == verdict::failed
      && result.error.kind == category::agent_crash)
    x->how = core::end_kind::crashed;
  // Not begun, or cut off for the sake of another task: nothing is counted.
  if (result.what == verdict::failed && result.error.code == errc::restarting)
    x->how = core::end_kind::returned;
  x->what = std::move(result);
  send(std::move(x));
}

bool attempt_line::end(core::end_kind how, std::string why) {
  if (given_.exchange(true))
    return false;
  auto x = std::make_unique<ended>();
  x->how = how;
  x->what = outcome::failed(std::move(why));
  send(std::move(x));
  return true;
}

void attempt_line::give_after(std::chrono::milliseconds delay, outcome result) {
  {
    std::lock_guard guard{mutex_};
    planned_at_ = to_->now() + delay;
    planned_ = std::make_unique<outcome>(std::move(result));
  }
  if (cancelled_) {
    end(core::end_kind::cancelled, "cancelled");
    return;
  }
  // Empty while the host restarts: its next life looks at all lines.
  auto host = child_ref<host_actor>{to_->host};
  if (auto handle = host.handle())
    caf::anon_send(handle, later{key_});
}

core::instant attempt_line::planned() const {
  std::lock_guard guard{mutex_};
  return given_ ? core::no_instant : planned_at_;
}

void attempt_line::give_planned() {
  std::unique_ptr<outcome> result;
  {
    std::lock_guard guard{mutex_};
    result = std::move(planned_);
  }
  if (result)
    give(std::move(*result));
}

bool attempt_line::cancelled() const {
  return cancelled_;
}

bool attempt_line::cancel(bool force) {
  std::function<void(bool)> react;
  auto scheduled = false;
  {
    std::lock_guard guard{mutex_};
    cancelled_ = true;
    forced_ = forced_ || force;
    react = react_;
    scheduled = planned_at_ != core::no_instant;
    cancel_came_.notify_all();
  }
  if (react)
    react(force);
  if (scheduled && !given_)
    end(core::end_kind::cancelled, "cancelled");
  return given_ || react;
}

void attempt_line::on_cancel(std::function<void(bool force)> react) {
  auto now = false;
  auto force = false;
  {
    std::lock_guard guard{mutex_};
    react_ = react;
    now = cancelled_;
    force = forced_;
  }
  if (now)
    react(force);
}

bool attempt_line::wait(std::chrono::milliseconds time) {
  std::unique_lock guard{mutex_};
  return cancel_came_.wait_for(guard, time,
                               [this] { return cancelled_.load(); });
}

bool attempt_line::allow_signal() {
  std::lock_guard guard{mutex_};
  auto now = to_->now();
  if (now < next_signal_ || given_)
    return false;
  next_signal_ = now + signal_interval;
  return true;
}

/// Lines come in bursts; but one that never ends must not fill the feed.
bool attempt_line::allow_line(std::string& line) {
  constexpr core::duration burst = 19 * signal_interval;
  std::lock_guard guard{mutex_};
  auto now = to_->now();
  next_line_ = std::max(next_line_, now - burst);
  if (next_line_ > now || given_) {
    ++left_out_;
    return false;
  }
  next_line_ += signal_interval;
  if (auto n = std::exchange(left_out_, 0); n > 0)
    line.insert(0, "(" + std::to_string(n) + " lines left out) ");
  return true;
}

void attempt_line::send_signal(troupe::progress x) {
  core::cut_text(x.note, signal_bytes_max);
  x.key = key_;
  auto feed = child_ref<feed_actor>{to_->feed};
  if (auto handle = feed.handle())
    caf::anon_send(handle, std::move(x));
}

void attempt_line::progress(double fraction, std::string note) {
  if (allow_signal())
    send_signal(
      {key_, fraction, core::line_without_secrets(std::move(note)), false});
}

core::kept_log_ptr attempt_line::log_so_far() const {
  std::lock_guard guard{mutex_};
  return kept_ ? kept_->kept() : nullptr;
}

/// As it was kept: without what must not be shown.
std::string attempt_line::keep(const std::string& line) {
  std::lock_guard guard{mutex_};
  if (given_)
    return {};
  if (!kept_)
    kept_ = std::make_unique<core::line_log>();
  return kept_->add(line, to_->now());
}

void attempt_line::log(std::string line) {
  auto shown = keep(line);
  if (allow_line(shown))
    send_signal({key_, 0, std::move(shown), true});
}

reply reply_to(const std::shared_ptr<attempt_line>& line) {
  return reply{std::shared_ptr<reply::sink>{
    line.get(), [line](reply::sink*) { line->dropped(); }}};
}

task public_task(const work& what) {
  task t;
  t.id = core::to_string(what.key.task);
  t.run = core::to_string(what.run);
  t.workspace = what.workspace.str();
  t.name = what.step->name;
  t.type = what.step->need->type;
  t.input = what.input.empty() ? "null" : what.input.str();
  t.attempt = what.key.attempt;
  t.idempotency_key =
    what.idempotency_key.empty() ? t.id : what.idempotency_key.str();
  t.timeout =
    std::chrono::duration_cast<std::chrono::milliseconds>(what.timeout);
  return t;
}

} // namespace troupe
