#include "services/process_run.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <utility>

namespace troupe::services {

namespace {

constexpr size_t read_bytes = 64 * 1024;

enum class read_state : uint8_t { some, nothing, end };

struct read_result {
  read_state state;
  std::string_view bytes;
};

read_result read_some(int fd, std::array<char, read_bytes>& into) {
  for (;;) {
    auto got = ::read(fd, into.data(), into.size());
    if (got > 0)
      return {read_state::some, {into.data(), static_cast<size_t>(got)}};
    if (got == 0)
      return {read_state::end, {}};
    if (errno == EAGAIN)
      return {read_state::nothing, {}};
    if (errno != EINTR)
      return {read_state::end, {}};
  }
}

} // namespace

std::shared_ptr<process_run>
process_run::start(spawner& through, run_request request, run_events events) {
  std::shared_ptr<process_run> made{
    new process_run{through, std::move(request), std::move(events)}};
  through.loop().post([made] { made->begin(); });
  return made;
}

process_run::process_run(spawner& through, run_request request,
                         run_events events)
  : spawner_(through), loop_(through.loop()), request_(std::move(request)),
    events_(std::move(events)), input_(loop_, [this] { write_input(); }),
    lines_(request_.limits.errors, secrets_of(request_.program)) {}

void process_run::cancel() {
  loop_.post(
    [self = shared_from_this()] { self->end_politely(run_fate::cancelled); });
}

void process_run::kill() {
  loop_.post(
    [self = shared_from_this()] { self->end_now(run_fate::cancelled); });
}

void process_run::begin() {
  auto self = shared_from_this();
  child_events events;
  events.started = [self](pid_t, child_pipes pipes) {
    self->on_started(std::move(pipes));
  };
  events.failed = [self](failure why) {
    run_end end;
    end.fate = run_fate::not_started;
    end.why = std::move(why);
    self->finish(std::move(end));
  };
  events.gone = [self](child_end end) { self->on_gone(end); };
  child_ = spawner_.start(std::move(request_.program), std::move(events));
  if (request_.timeout.count() > 0)
    timer_ = loop_.after(request_.timeout,
                         [self] { self->end_politely(run_fate::timed_out); });
}

// The watches hold no reference: they end before the run does.
void process_run::on_started(child_pipes pipes) {
  pipes_ = std::move(pipes);
  output_watch_ = loop_.watch(pipes_.output.get(), EPOLLIN,
                              [this](uint32_t) { read_output(); });
  errors_watch_ = loop_.watch(pipes_.errors.get(), EPOLLIN,
                              [this](uint32_t) { read_errors(); });
  input_.open(std::move(pipes_.input));
  input_.add(std::move(request_.input));
  write_input();
}

// A process need not read what it is given: an error ends the writing only.
void process_run::write_input() {
  if (input_.write() == write_state::written)
    input_.close();
}

void process_run::stop_watching(process_loop::token& watched,
                                descriptor& pipe) {
  loop_.unwatch(watched);
  watched = 0;
  pipe.close();
}

void process_run::read_output() {
  if (!drain_output())
    stop_watching(output_watch_, pipes_.output);
}

void process_run::read_errors() {
  if (!drain_errors())
    stop_watching(errors_watch_, pipes_.errors);
}

// False at the end of the pipe. Reads at most what a pipe holds by default, so
// that one that never stops writing does not hold the loop.
bool process_run::drain_output() {
  std::array<char, read_bytes> part;
  auto [state, bytes] = read_some(pipes_.output.get(), part);
  auto room = request_.limits.output_bytes_max - output_.size();
  output_ += bytes.substr(0, room);
  if (bytes.size() > room)
    end_now(run_fate::output_too_big);
  return state != read_state::end;
}

bool process_run::drain_errors() {
  std::array<char, read_bytes> part;
  auto [state, bytes] = read_some(pipes_.errors.get(), part);
  if (!bytes.empty())
    deliver(lines_.take(bytes, process_loop::clock::now()));
  return state != read_state::end;
}

void process_run::deliver(error_lines::found found) {
  if (events_.log)
    for (auto& line : found.log)
      events_.log(std::move(line));
  if (found.progress && events_.progress)
    events_.progress(found.progress->fraction, std::move(found.progress->note));
}

void process_run::end_politely(run_fate fate) {
  if (over_ || ending_)
    return;
  ending_ = true;
  fate_ = fate;
  spawner_.terminate(child_);
  loop_.cancel(timer_);
  timer_ = loop_.after(request_.limits.grace, [self = shared_from_this()] {
    self->spawner_.kill(self->child_);
  });
}

void process_run::end_now(run_fate fate) {
  if (over_)
    return;
  if (!ending_)
    fate_ = fate;
  ending_ = true;
  loop_.cancel(timer_);
  if (!std::exchange(killed_, true))
    spawner_.kill(child_);
}

void process_run::on_gone(child_end gone) {
  run_end end;
  end.code = gone.code;
  if (ending_)
    end.fate = fate_;
  else if (gone.how == end_kind::lost)
    end.fate = run_fate::lost;
  else if (gone.how == end_kind::signalled)
    end.fate = run_fate::signalled;
  finish(std::move(end));
}

void process_run::finish(run_end end) {
  // Nobody writes any more, so what the pipes hold is all there is. Unless
  // somebody gave a pipe away, out of its tree: then only what there is now.
  auto rest = read_state::some;
  std::array<char, read_bytes> part;
  while (pipes_.output && rest == read_state::some) {
    auto got = read_some(pipes_.output.get(), part);
    auto room = request_.limits.output_bytes_max - output_.size();
    output_ += got.bytes.substr(0, room);
    if (got.bytes.size() > room) {
      if (!ending_)
        end.fate = run_fate::output_too_big;
      break;
    }
    rest = got.state;
  }
  rest = read_state::some;
  for (int i = 0; pipes_.errors && rest == read_state::some && i < 64; ++i) {
    auto got = read_some(pipes_.errors.get(), part);
    deliver(lines_.take(got.bytes, process_loop::clock::now()));
    rest = got.state;
  }
  deliver(lines_.finish(process_loop::clock::now()));
  over_ = true;
  loop_.cancel(timer_);
  input_.close();
  stop_watching(output_watch_, pipes_.output);
  stop_watching(errors_watch_, pipes_.errors);
  end.output = std::move(output_);
  end.errors = lines_.tail();
  end.last_lines = lines_.last_lines();
  auto ended = std::move(events_.ended);
  events_ = {};
  if (ended)
    ended(std::move(end));
}

} // namespace troupe::services
