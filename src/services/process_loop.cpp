#include "services/process_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace troupe::services {

namespace {

descriptor opened(int fd, const char* what) {
  if (fd < 0)
    throw std::system_error{errno, std::generic_category(), what};
  return descriptor{fd};
}

} // namespace

process_loop::process_loop()
  : epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "epoll_create")),
    bell_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, bell_.get(), &wanted);
  // The thread takes no signals: those are the program's, and a write to a
  // process that reads no more must be an error here and not the end.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[this] { run(); }};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

process_loop::~process_loop() {
  assert(std::this_thread::get_id() != thread_.get_id());
  {
    std::lock_guard guard{mutex_};
    ending_ = true;
  }
  ::eventfd_write(bell_.get(), 1);
  thread_.join();
}

void process_loop::post(std::function<void()> what) {
  {
    std::lock_guard guard{mutex_};
    posted_.push_back(std::move(what));
  }
  ::eventfd_write(bell_.get(), 1);
}

process_loop::token process_loop::watch(int fd, uint32_t events,
                                        std::function<void(uint32_t)> ready) {
  auto id = ++last_;
  epoll_event wanted{};
  wanted.events = events;
  wanted.data.u64 = id;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &wanted);
  watched_.emplace(id,
                   std::make_shared<watched>(watched{fd, std::move(ready)}));
  return id;
}

void process_loop::unwatch(token id) {
  auto pos = watched_.find(id);
  if (pos == watched_.end())
    return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, pos->second->fd, nullptr);
  watched_.erase(pos);
}

process_loop::token process_loop::after(std::chrono::milliseconds delay,
                                        std::function<void()> what) {
  auto id = ++last_;
  auto due = clock::now() + delay;
  timers_.emplace(std::pair{due, id}, std::move(what));
  due_.emplace(id, due);
  return id;
}

void process_loop::cancel(token timer) {
  auto pos = due_.find(timer);
  if (pos == due_.end())
    return;
  timers_.erase({pos->second, timer});
  due_.erase(pos);
}

void process_loop::run() {
  while (take_posted()) {
    wait_and_dispatch();
    fire_timers();
  }
}

bool process_loop::take_posted() {
  for (;;) {
    std::vector<std::function<void()>> now;
    {
      std::lock_guard guard{mutex_};
      if (posted_.empty())
        return !ending_;
      now.swap(posted_);
    }
    for (auto& what : now)
      what();
  }
}

void process_loop::wait_and_dispatch() {
  std::array<epoll_event, 64> events;
  auto count = ::epoll_wait(epoll_.get(), events.data(),
                            static_cast<int>(events.size()), patience());
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u64 == 0) {
      eventfd_t ignored = 0;
      ::eventfd_read(bell_.get(), &ignored);
      continue;
    }
    // An earlier one of this batch may have ended this one.
    auto pos = watched_.find(events[i].data.u64);
    if (pos == watched_.end())
      continue;
    auto kept = pos->second; // It may end itself.
    kept->ready(events[i].events);
  }
}

void process_loop::fire_timers() {
  auto now = clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto timer = timers_.extract(timers_.begin());
    due_.erase(timer.key().second);
    timer.mapped()();
  }
}

// Milliseconds to the next timer, rounded up: early would be a busy loop.
int process_loop::patience() const {
  if (timers_.empty())
    return -1;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(
    timers_.begin()->first.first - clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60 * 60 * 1000));
}

} // namespace troupe::services
