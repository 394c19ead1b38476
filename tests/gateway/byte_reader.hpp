#pragma once

#include <string>
#include <utility>

namespace troupe::test {

/// What comes in on a connection, taken in pieces.
class byte_reader {
public:
  virtual ~byte_reader() = default;

  /// All up to the end of `mark`; what has come, where the other side ends
  /// before.
  std::string read_until(const std::string& mark) {
    while (buffer_.find(mark) == std::string::npos)
      if (!fill())
        return std::exchange(buffer_, {});
    return take(buffer_.find(mark) + mark.size());
  }

  /// So many bytes; fewer if the other side ends.
  std::string read_bytes(size_t count) {
    while (buffer_.size() < count && fill())
      ;
    return take(count);
  }

  /// Until the other side ends.
  std::string read_all() {
    while (fill())
      ;
    return std::exchange(buffer_, {});
  }

protected:
  byte_reader() = default;
  byte_reader(byte_reader&&) = default;
  byte_reader& operator=(byte_reader&&) = default;

  /// Adds what has come to `buffer_`. False: the other side has ended.
  virtual bool fill() = 0;

  std::string take(size_t count) {
    auto out = buffer_.substr(0, count);
    buffer_.erase(0, out.size());
    return out;
  }

  std::string buffer_;
};

} // namespace troupe::test
