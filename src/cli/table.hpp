#pragma once

#include <string>
#include <vector>

namespace troupe::cli {

/// Aligned columns for people: two spaces between them, numbers to the right,
/// nothing after the last.
class table {
public:
  /// A heading that begins with ">" makes a column of numbers.
  explicit table(std::vector<std::string> headings);

  /// REQUIRES: as many cells as headings.
  void add(std::vector<std::string> cells);

  bool empty() const { return rows_.empty(); }
  std::string text() const;

private:
  std::vector<std::string> headings_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

/// Characters as a terminal shows them, near enough: UTF-8 code points.
size_t shown_width(const std::string& text);

/// At most `width` characters; a cut one ends in "…". Line breaks and other
/// control characters become spaces, so that data cannot command a terminal.
std::string fitted(const std::string& text, size_t width);

} // namespace troupe::cli
