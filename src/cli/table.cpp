#include "cli/table.hpp"

#include <algorithm>
#include <cassert>

namespace troupe::cli {

namespace {

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

} // namespace

table::table(std::vector<std::string> headings)
  : headings_(std::move(headings)) {
  for (auto& x : headings_) {
    right_.push_back(x.starts_with('>'));
    if (right_.back())
      x.erase(0, 1);
  }
}

void table::add(std::vector<std::string> cells) {
  assert(cells.size() == headings_.size());
  for (auto& x : cells)
    x = fitted(x, 60);
  rows_.push_back(std::move(cells));
}

std::string table::text() const {
  std::vector<size_t> widths(headings_.size());
  auto widen = [&](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], shown_width(cells[i]));
  };
  widen(headings_);
  for (const auto& x : rows_)
    widen(x);
  std::string out;
  auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (size_t i = 0; i < cells.size(); ++i) {
      std::string pad(widths[i] - shown_width(cells[i]), ' ');
      text += i > 0 ? "  " : "";
      text += right_[i] ? pad + cells[i] : cells[i] + pad;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  };
  line(headings_);
  for (const auto& x : rows_)
    line(x);
  return out;
}

size_t shown_width(const std::string& text) {
  return static_cast<size_t>(
    std::count_if(text.begin(), text.end(), begins_character));
}

std::string fitted(const std::string& text, size_t width) {
  std::string out;
  size_t shown = 0;
  for (auto c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (begins_character(c) && ++shown > width)
      break;
    out += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  if (shown <= width)
    return out;
  while (!out.empty() && !begins_character(out.back()))
    out.pop_back();
  if (!out.empty())
    out.pop_back();
  return out + "…";
}

} // namespace troupe::cli
