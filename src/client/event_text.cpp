#include "client/event_text.hpp"

#include <utility>

namespace troupe::remote {

bool event_reader::feed(std::string_view piece, const sink& to) {
  rest_ += piece;
  size_t from = 0;
  for (;;) {
    auto end = rest_.find('\n', from);
    if (end == std::string::npos)
      break;
    auto line = std::string_view{rest_}.substr(from, end - from);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    from = end + 1;
    if (!take_line(line, to))
      return false;
  }
  rest_.erase(0, from);
  return !too_long();
}

bool event_reader::take_line(std::string_view line, const sink& to) {
  if (line.empty()) {
    auto had = std::exchange(has_data_, false);
    auto data = std::exchange(data_, {});
    return !had || to(id_, data);
  }
  auto colon = line.find(':');
  if (colon == 0)
    return true; // A comment.
  auto name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{}
                                               : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (name == "id") {
    id_ = value;
  } else if (name == "data") {
    if (has_data_)
      data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  return true;
}

} // namespace troupe::remote
