#include "services/stage.hpp"

#include <poll.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <future>
#include <stdexcept>

namespace troupe::services::test {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::unique_ptr<spawner> open_spawner(spawner_options options) {
  auto made = spawner::open(std::move(options));
  if (!made)
    throw std::runtime_error{made.error().message};
  return std::move(*made);
}

std::string beside(const std::string& name) {
  return fs::read_symlink("/proc/self/exe").parent_path() / name;
}

spawn_spec shell(std::string script) {
  spawn_spec spec;
  spec.command = {"sh", "-c", std::move(script)};
  return spec;
}

watch::watch(pid_t pid)
  : pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
  if (!pidfd_)
    throw std::runtime_error{"process " + std::to_string(pid)
                             + " is not there"};
}

bool watch::ended_within(milliseconds time) const {
  pollfd wanted{pidfd_.get(), POLLIN, 0};
  return ::poll(&wanted, 1, static_cast<int>(time.count())) == 1;
}

run_events run_record::events() {
  run_events all;
  all.progress = [this](double fraction, std::string note) {
    std::lock_guard guard{mutex_};
    progress_.push_back({fraction, std::move(note)});
  };
  all.log = [this](std::string line) {
    std::lock_guard guard{mutex_};
    log_.push_back(std::move(line));
    changed_.notify_all();
  };
  all.ended = [this](run_end end) {
    std::lock_guard guard{mutex_};
    end_ = std::move(end);
    changed_.notify_all();
  };
  return all;
}

run_end run_record::end() {
  std::unique_lock guard{mutex_};
  if (!changed_.wait_for(guard, patience, [&] { return end_.has_value(); }))
    throw std::runtime_error{"the run did not end"};
  return std::move(*end_);
}

bool run_record::ended() {
  std::lock_guard guard{mutex_};
  return end_.has_value();
}

bool run_record::logged(const std::string& line) {
  std::unique_lock guard{mutex_};
  return changed_.wait_for(guard, patience, [&] {
    return std::find(log_.begin(), log_.end(), line) != log_.end();
  });
}

std::vector<std::string> run_record::log() {
  std::lock_guard guard{mutex_};
  return log_;
}

std::vector<progress_note> run_record::progress() {
  std::lock_guard guard{mutex_};
  return progress_;
}

run_end run(spawner& through, run_request request) {
  run_record record;
  process_run::start(through, std::move(request), record.events());
  return record.end();
}

run_end run(spawner& through, std::string script, std::string input) {
  run_request request;
  request.program = shell(std::move(script));
  request.input = std::move(input);
  return run(through, std::move(request));
}

child_events child_record::events() {
  child_events all;
  all.started = [this](pid_t pid, child_pipes pipes) {
    std::lock_guard guard{mutex_};
    pid_ = pid;
    pipes_ = std::move(pipes);
    changed_.notify_all();
  };
  all.failed = [this](failure why) {
    std::lock_guard guard{mutex_};
    failed_ = std::move(why);
    changed_.notify_all();
  };
  all.gone = [this](child_end end) {
    std::lock_guard guard{mutex_};
    gone_ = end;
    changed_.notify_all();
  };
  return all;
}

template <class Ready>
void child_record::wait(Ready ready) {
  std::unique_lock guard{mutex_};
  if (!changed_.wait_for(guard, patience, ready))
    throw std::runtime_error{"the child did not say so"};
}

pid_t child_record::started() {
  wait([&] { return pid_ != 0; });
  return pid_;
}

child_end child_record::gone() {
  wait([&] { return gone_.has_value(); });
  return *gone_;
}

failure child_record::failed() {
  wait([&] { return failed_.has_value(); });
  return *failed_;
}

std::string child_record::line() {
  started();
  return read_line(pipes_.output.get());
}

std::string read_line(int fd) {
  std::string line;
  for (;;) {
    pollfd wanted{fd, POLLIN, 0};
    auto limit = static_cast<int>(milliseconds{patience}.count());
    if (::poll(&wanted, 1, limit) != 1)
      throw std::runtime_error{"no line came"};
    char c = 0;
    auto got = ::read(fd, &c, 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (got <= 0 || c == '\n')
      return line;
    line += c;
  }
}

size_t open_descriptors() {
  auto all = fs::directory_iterator{"/proc/self/fd"};
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

} // namespace troupe::services::test
