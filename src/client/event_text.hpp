#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace troupe::remote {

/// Reads Server-Sent Events from pieces of any size.
class event_reader {
public:
  /// Gets an event's id (the newest seen) and data; false: enough.
  using sink = std::function<bool(const std::string&, const std::string&)>;

  /// An event may not be larger; the server's are far smaller.
  static constexpr size_t event_bytes_max = 16 * 1024 * 1024;

  /// False: the sink has had enough, or an event is `too_long`.
  bool feed(std::string_view piece, const sink& to);
  bool too_long() const {
    return rest_.size() + data_.size() > event_bytes_max;
  }

private:
  bool take_line(std::string_view line, const sink& to);

  std::string rest_;
  std::string id_;
  std::string data_;
  bool has_data_ = false;
};

} // namespace troupe::remote
