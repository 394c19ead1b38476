#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/api.hpp"
#include "gateway/options.hpp"

namespace troupe::gateway {

struct house;

/// Events on their way to one reader of live streams: put in on any thread,
/// taken out on the house's, many at a time where many have come. What a reader
/// has not taken is bounded; one that falls behind is cut off. What is past is
/// told at the reader's pace.
class outbox : public core::watch_pace,
               public std::enable_shared_from_this<outbox> {
public:
  /// What has come of one stream since it was last taken.
  struct parcel {
    uint32_t channel = 0; // Which of the reader's streams.
    std::string text;     // As `writer` put it.
    std::string cursor;   // The newest.
    size_t events = 0;
    size_t owed_bytes = 0;
    bool last = false; // The stream has ended.
  };
  using writer = void (*)(parcel& to, const core::watch_event&);

  /// `wake` is called on the house's thread when there is something to take.
  outbox(const std::shared_ptr<house>& in, writer how,
         std::function<void()> wake);

  /// From any thread. False: no more, please.
  bool put(uint32_t channel, const core::watch_event& event);

  // -- on the house's thread

  std::vector<parcel> take();
  /// The reader has taken so much.
  void paid(size_t bytes);
  /// Nothing more is taken in.
  void shut();
  /// It owed more than `stream_buffer_bytes_max`; what was taken in until then
  /// is whole.
  bool fell_behind();
  /// The same, and all that was taken in is taken out.
  bool is_over();

  bool has_room(std::function<void()> then) override;

private:
  parcel& parcel_of(uint32_t channel);

  // Weak: whoever tells events keeps us, and the house keeps whom it asks.
  const std::weak_ptr<house> house_;
  const size_t bytes_max_;
  const writer write_;
  const std::function<void()> wake_;

  std::mutex mutex_;
  std::vector<parcel> parcels_;
  std::vector<std::function<void()>> when_room_;
  size_t owed_bytes_ = 0;
  bool woken_ = false;
  bool shut_ = false;
  bool fell_behind_ = false;
};

} // namespace troupe::gateway
