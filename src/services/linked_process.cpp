#include "services/linked_process.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <utility>

#include "services/process_contract.hpp"

namespace troupe::services {

namespace {

using core::link_actions;
using std::chrono::milliseconds;

constexpr size_t read_bytes = 64 * 1024;
// An agent that asks and does not read the answers is not listened to.
constexpr size_t unread_bytes_max = 1024 * 1024;
// Of its last words, after its end.
constexpr int last_reads_max = 256;
constexpr milliseconds broken_pause{500};

} // namespace

std::shared_ptr<linked_process> linked_process::open(spawner& through,
                                                     linked_request request) {
  std::shared_ptr<linked_process> made{
    new linked_process{through, std::move(request)}};
  made->loop_.post([made] { made->begin(); });
  return made;
}

linked_process::linked_process(spawner& through, linked_request request)
  : spawner_(through), loop_(through.loop()), request_(std::move(request)),
    link_(request_.name, request_.limits, request_.allowed),
    backoff_(request_.restarts), input_(loop_, [this] { write_frames(); }) {}

core::instant linked_process::now() const {
  return core::instant{std::chrono::duration_cast<core::duration>(
    process_loop::clock::now().time_since_epoch())};
}

// -- what the node wants ------------------------------------------------------

void linked_process::assign(const task& t, const reply& done) {
  core::link_key key{t.id, t.attempt};
  loop_.post([self = shared_from_this(), t, done] {
    core::link_key key{t.id, t.attempt};
    // Twice: the link refuses the second, which must not end the first.
    if (!self->replies_.emplace(key, done).second) {
      auto twice =
        outcome::failed("attempt " + std::to_string(t.attempt) + " of task "
                        + t.id + " is running here already");
      twice.error.code = errc::invalid_state;
      return done(std::move(twice));
    }
    const auto& trace = self->request_.traceparent;
    self->apply(
      self->link_.assign(t, self->now(), trace ? trace(t) : std::string{}));
  });
  done.on_cancel([weak = weak_from_this(), key](bool force) {
    if (auto self = weak.lock())
      self->cancel(key, force);
  });
}

void linked_process::cancel(core::link_key which, bool force) {
  loop_.post([self = shared_from_this(), which = std::move(which), force] {
    self->apply(self->link_.cancel(which, force, self->now()));
  });
}

void linked_process::close() {
  loop_.post([self = shared_from_this()] {
    self->closed_ = true;
    self->unarm(self->restart_timer_);
    self->apply(self->link_.close());
  });
}

// -- lives --------------------------------------------------------------------

void linked_process::begin() {
  if (closed_ || child_ != 0)
    return;
  auto self = shared_from_this(); // Until it is gone.
  child_events events;
  events.started = [self](pid_t, child_pipes pipes) {
    self->on_started(std::move(pipes));
  };
  events.failed = [self](failure why) { self->on_gone(std::move(why)); };
  events.gone = [self](child_end end) {
    self->drain_all();
    self->on_gone(self->why_gone(end));
  };
  errors_.emplace(request_.errors, secrets_of(request_.program));
  child_ = spawner_.start(request_.program, std::move(events));
}

void linked_process::on_started(child_pipes pipes) {
  pipes_ = std::move(pipes);
  input_.open(std::move(pipes_.input));
  running_since_ = now();
  errors_watch_ = loop_.watch(pipes_.errors.get(), EPOLLIN,
                              [this](uint32_t) { read_errors(); });
  watch_output();
  apply(link_.born(now()));
  if (closed_)
    apply(link_.close()); // It was wanted no more while it started.
}

failure linked_process::why_gone(child_end end) const {
  run_end as_run;
  as_run.code = end.code;
  as_run.last_lines = errors_->last_lines();
  if (end.how == end_kind::lost)
    as_run.fate = run_fate::lost;
  else if (end.how == end_kind::signalled)
    as_run.fate = run_fate::signalled;
  if (as_run.fate != run_fate::exited)
    return judge_violent_end(as_run, request_.name).error;
  return {errc::agent_crashed, category::agent_crash,
          exit_message(as_run, request_.name)};
}

void linked_process::on_gone(failure why) {
  close_pipes();
  unarm(due_timer_);
  unarm(grace_timer_);
  unarm(broken_timer_);
  child_ = 0;
  finishing_ = false;
  apply(link_.gone(std::move(why)));
  if (!closed_)
    again_later();
}

void linked_process::again_later() {
  // One node's own agents: there is no crowd that jitter would spread.
  constexpr double middle = 0.5;
  auto delay = backoff_.next(now(), running_since_, middle);
  running_since_.reset();
  restart_timer_ = loop_.after(std::chrono::ceil<milliseconds>(delay),
                               [weak = weak_from_this()] {
                                 auto self = weak.lock();
                                 if (!self)
                                   return;
                                 self->restart_timer_ = 0;
                                 self->begin();
                               });
}

// -- what the link decides ----------------------------------------------------

void linked_process::apply(link_actions actions) {
  for (auto& x : actions.signals) {
    auto pos = replies_.find(x.key);
    if (pos == replies_.end())
      continue;
    if (x.progress)
      pos->second.progress(*x.progress, std::move(x.text));
    else
      pos->second.log(std::move(x.text));
  }
  for (auto& x : actions.ends) {
    auto done = replies_.extract(x.key);
    if (!done.empty())
      done.mapped()(std::move(x.what));
  }
  if (actions.capabilities && request_.announced)
    request_.announced(std::move(*actions.capabilities));
  input_.add(std::move(actions.frames));
  if (actions.process != link_actions::fate::none)
    end_process(actions.process);
  write_frames();
  wake_when_due();
}

void linked_process::end_process(link_actions::fate how) {
  if (child_ == 0)
    return;
  if (how == link_actions::fate::kill) {
    unarm(grace_timer_);
    return spawner_.kill(child_);
  }
  finishing_ = true;
  unarm(grace_timer_);
  grace_timer_ =
    loop_.after(std::chrono::ceil<milliseconds>(request_.limits.grace),
                [weak = weak_from_this(), child = child_] {
                  if (auto self = weak.lock())
                    self->spawner_.kill(child);
                });
}

void linked_process::wake_when_due() {
  unarm(due_timer_);
  auto due = link_.next_due();
  if (due == core::no_instant)
    return;
  auto wait = std::chrono::ceil<milliseconds>(due - now());
  due_timer_ =
    loop_.after(std::max(wait, milliseconds{0}), [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self)
        return;
      self->due_timer_ = 0;
      self->apply(self->link_.tick(self->now()));
    });
}

// -- pipes --------------------------------------------------------------------

void linked_process::write_frames() {
  switch (input_.write()) {
    case write_state::waiting:
    case write_state::closed:
      return;
    case write_state::broken:
      return break_later("closed its stdin and was ended; let it read there as "
                         "long as it lives");
    case write_state::written:
      break;
  }
  if (finishing_)
    input_.close();
  watch_output(); // It may have been full.
}

/// Pipes close a moment before the end of a process is known, which says more.
void linked_process::break_later(std::string why) {
  if (broken_timer_ != 0 || child_ == 0)
    return;
  broken_timer_ =
    loop_.after(broken_pause, [weak = weak_from_this(), why = std::move(why)] {
      auto self = weak.lock();
      if (!self)
        return;
      self->broken_timer_ = 0;
      self->apply(self->link_.broken(why));
    });
}

void linked_process::watch_output() {
  if (output_watch_ == 0 && reading_timer_ == 0 && pipes_.output)
    output_watch_ = loop_.watch(pipes_.output.get(), EPOLLIN,
                                [this](uint32_t) { read_output(); });
}

/// What it has to say waits in its pipe, and then it waits itself.
void linked_process::pause_output() {
  auto until = link_.resume_reading_at() - now();
  if (until.count() > 0 && reading_timer_ == 0) {
    unwatch(output_watch_);
    reading_timer_ = loop_.after(std::chrono::ceil<milliseconds>(until),
                                 [weak = weak_from_this()] {
                                   auto self = weak.lock();
                                   if (!self)
                                     return;
                                   self->reading_timer_ = 0;
                                   self->watch_output();
                                 });
  }
  if (input_.bytes_left() > unread_bytes_max)
    unwatch(output_watch_);
}

void linked_process::read_output() {
  auto self = shared_from_this(); // What it says may be the last of us.
  if (!drain_output()) {
    unwatch(output_watch_);
    pipes_.output.close();
    return break_later("closed its stdout and was ended; let it keep that "
                       "open as long as it lives");
  }
  pause_output();
}

void linked_process::read_errors() {
  if (drain_errors())
    return;
  unwatch(errors_watch_);
  pipes_.errors.close();
}

// False at the end of the pipe. Reads at most what a pipe holds by default, so
// that one that never stops writing does not hold the loop.
bool linked_process::drain_output() {
  std::array<char, read_bytes> part;
  auto got = ::read(pipes_.output.get(), part.data(), part.size());
  if (got > 0)
    apply(link_.receive({part.data(), static_cast<size_t>(got)}, now()));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

bool linked_process::drain_errors() {
  std::array<char, read_bytes> part;
  auto got = ::read(pipes_.errors.get(), part.data(), part.size());
  if (got <= 0)
    return got < 0 && (errno == EAGAIN || errno == EINTR);
  auto found = errors_->take({part.data(), static_cast<size_t>(got)},
                             process_loop::clock::now());
  const auto* of = link_.only_task();
  auto pos = of == nullptr ? replies_.end() : replies_.find(*of);
  if (pos != replies_.end())
    for (auto& line : found.log)
      pos->second.log(std::move(line));
  return true;
}

/// Nobody writes any more, so what the pipes hold is all there is. Unless
/// somebody gave a pipe away, out of its tree: then only what there is now.
void linked_process::drain_all() {
  auto readable = [](const descriptor& pipe) {
    pollfd wanted{pipe.get(), POLLIN, 0};
    return pipe && ::poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLIN) != 0;
  };
  input_.close(); // Nobody is there to be answered.
  for (int i = 0; i < last_reads_max && readable(pipes_.errors); ++i)
    drain_errors();
  for (int i = 0; i < last_reads_max && readable(pipes_.output); ++i)
    drain_output();
}

void linked_process::close_pipes() {
  input_.close();
  unwatch(output_watch_);
  unwatch(errors_watch_);
  unarm(reading_timer_);
  pipes_ = {};
}

void linked_process::unwatch(process_loop::token& watched) {
  if (watched != 0)
    loop_.unwatch(std::exchange(watched, 0));
}

void linked_process::unarm(process_loop::token& timer) {
  if (timer != 0)
    loop_.cancel(std::exchange(timer, 0));
}

} // namespace troupe::services
