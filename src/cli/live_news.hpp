#pragma once

#include <chrono>
#include <memory>

#include "cli/verb.hpp"

namespace troupe::cli {

/// Whether something has happened in the workspace: a live stream, begun anew
/// where it breaks. For views that ask again then.
class live_news {
public:
  explicit live_news(verb_call& call);
  ~live_news();
  live_news(const live_news&) = delete;
  live_news& operator=(const live_news&) = delete;

  /// Something has, since the last time that this was asked.
  bool take();

  /// Blocks until something has, or the time is over.
  void wait(std::chrono::milliseconds time);

private:
  struct box;
  verb_call& call_;
  std::shared_ptr<box> box_;
};

} // namespace troupe::cli
