#pragma once

#include <algorithm>
#include <string_view>

#include "core/document.hpp"

// What the two readers of documents share: the limits and the duplicate keys.

namespace troupe::core::documents {

/// Thrown inside a reader, caught at its door.
struct refused {
  problem why;
};

/// Counts what a document holds; throws `refused` beyond a limit.
class meter {
public:
  explicit meter(const document_limits& limits) : limits_(limits) {}

  void enter(uint32_t line, uint32_t column);
  void leave() { --depth_; }
  void count(uint64_t nodes, uint64_t bytes, uint32_t line, uint32_t column);
  uint64_t nodes() const { return nodes_; }
  uint64_t bytes() const { return bytes_; }
  uint32_t depth() const { return depth_; }
  uint32_t deepest() const { return deepest_; }
  /// An alias brings in what nests `height` deep.
  void reach(uint32_t height) {
    deepest_ = std::max(deepest_, depth_ + height);
  }
  const document_limits& limits() const { return limits_; }

private:
  const document_limits& limits_;
  uint32_t depth_ = 0;
  uint32_t deepest_ = 0;
  uint64_t nodes_ = 0;
  uint64_t bytes_ = 0;
};

/// UTF-8 without a zero byte.
bool is_text(std::string_view bytes);

/// Size and UTF-8 (where is said in line and column); throws `refused`.
void check_source(std::string_view source, const document_limits& limits);

/// Reports members of the same name. REQUIRES: an object.
void check_duplicates(const node& object, problems& out);

/// Whether it is a number as JSON writes it.
bool is_json_number(std::string_view text);

} // namespace troupe::core::documents
