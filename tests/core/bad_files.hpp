#pragma once

#include <algorithm>
#include <filesystem>
#include <vector>

#include "core/read_file.hpp"

// Files that people get wrong, and exactly what they are told. To add one: put
// the file into its folder, and its messages beside it in NAME.expected.

namespace troupe::test {

inline std::vector<std::filesystem::path>
bad_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& x : std::filesystem::directory_iterator{folder})
    if (x.path().extension() != ".expected")
      out.push_back(x.path());
  std::sort(out.begin(), out.end());
  return out;
}

inline std::string expected_of(std::filesystem::path file) {
  return read_file(file.replace_extension(".expected"));
}

/// Lines of one text that the other has not.
inline std::string only_in(const std::string& a, const std::string& b,
                           char mark) {
  std::string out, line;
  for (std::istringstream lines{a}; std::getline(lines, line);)
    if (("\n" + b).find("\n" + line + "\n") == std::string::npos)
      out += std::string{mark} + " " + line + "\n";
  return out;
}

inline std::string diff(const std::string& expected, const std::string& found) {
  return only_in(expected, found, '-') + only_in(found, expected, '+');
}

} // namespace troupe::test
