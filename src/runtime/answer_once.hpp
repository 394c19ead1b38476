#pragma once

#include <atomic>
#include <functional>
#include <memory>

namespace troupe::runtime {

/// A callback that is called exactly once: if everybody who could have done so
/// is gone (an actor was killed and dropped what it was asked), with `lost`.
template <class Answer>
std::function<void(Answer)> answer_once(std::function<void(Answer)> then,
                                        Answer lost) {
  struct promise {
    std::function<void(Answer)> then;
    Answer lost;
    std::atomic<bool> done{false};
    ~promise() {
      if (!done.exchange(true))
        then(std::move(lost));
    }
  };
  auto open = std::make_shared<promise>();
  open->then = std::move(then);
  open->lost = std::move(lost);
  return [open](Answer x) {
    if (!open->done.exchange(true))
      open->then(std::move(x));
  };
}

} // namespace troupe::runtime
