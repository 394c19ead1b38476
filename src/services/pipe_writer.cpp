#include "services/pipe_writer.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

namespace troupe::services {

pipe_writer::pipe_writer(process_loop& loop, std::function<void()> writable)
  : loop_(loop), writable_(std::move(writable)) {}

pipe_writer::~pipe_writer() {
  close();
}

void pipe_writer::open(descriptor pipe) {
  unwatch();
  pipe_ = std::move(pipe);
}

void pipe_writer::close() {
  unwatch();
  pipe_.close();
  forget();
}

void pipe_writer::add(std::string bytes) {
  if (rest_.empty())
    rest_ = std::move(bytes);
  else
    rest_ += bytes;
}

write_state pipe_writer::write() {
  if (!pipe_) {
    forget(); // There is nobody who could read it.
    return write_state::closed;
  }
  while (bytes_left() > 0)
    if (!write_some()) {
      if (pipe_)
        return write_state::waiting;
      return write_state::broken;
    }
  forget();
  unwatch();
  return write_state::written;
}

/// False when no more goes in: now, or ever, and then it closes.
bool pipe_writer::write_some() {
  auto sent = ::write(pipe_.get(), rest_.data() + written_, bytes_left());
  if (sent >= 0) {
    written_ += static_cast<size_t>(sent);
    return true;
  }
  if (errno == EINTR)
    return true;
  if (errno != EAGAIN)
    close();
  else if (watch_ == 0)
    watch_ =
      loop_.watch(pipe_.get(), EPOLLOUT, [this](uint32_t) { writable_(); });
  return false;
}

void pipe_writer::forget() {
  std::string{}.swap(rest_); // It may have been large.
  written_ = 0;
}

void pipe_writer::unwatch() {
  if (watch_ != 0)
    loop_.unwatch(std::exchange(watch_, 0));
}

} // namespace troupe::services
