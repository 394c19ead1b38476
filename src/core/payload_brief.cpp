#include "core/payload_brief.hpp"

#include <charconv>

namespace troupe::core {

namespace {

// Neither JSON nor any other text begins with it.
constexpr char mark = '\x01';

} // namespace

text left_out(uint64_t bytes) {
  return text{mark + std::to_string(bytes)};
}

std::optional<uint64_t> left_out_bytes(const text& payload) {
  auto view = payload.view();
  if (view.empty() || view[0] != mark)
    return std::nullopt;
  uint64_t bytes = 0;
  std::from_chars(view.data() + 1, view.data() + view.size(), bytes);
  return bytes;
}

text for_page(const text& payload) {
  return payload.size() <= listed_bytes_max ? payload
                                            : left_out(payload.size());
}

} // namespace troupe::core
