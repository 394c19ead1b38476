#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "services/process_loop.hpp"

namespace troupe::services {

enum class write_state : uint8_t {
  written, // Nothing is left.
  waiting, // The pipe is full; `writable` is called when it takes more.
  broken,  // Nobody reads any more; the pipe was closed just now.
  closed,  // There is no pipe, and what was left is forgotten.
};

/// The end of a pipe that a process reads, and what it has not taken yet. Never
/// blocks. For the loop's thread; close it before the loop ends.
class pipe_writer {
public:
  pipe_writer(process_loop& loop, std::function<void()> writable);
  ~pipe_writer();
  pipe_writer(const pipe_writer&) = delete;
  pipe_writer& operator=(const pipe_writer&) = delete;

  void open(descriptor pipe);
  /// Forgets what is left.
  void close();

  /// To be written by the next `write`, after all that was added before.
  void add(std::string bytes);
  size_t bytes_left() const { return rest_.size() - written_; }

  /// Writes what goes in now.
  write_state write();

private:
  bool write_some();
  void forget();
  void unwatch();

  process_loop& loop_;
  const std::function<void()> writable_;
  descriptor pipe_;
  std::string rest_;
  size_t written_ = 0; // Of `rest_`.
  process_loop::token watch_ = 0;
};

} // namespace troupe::services
