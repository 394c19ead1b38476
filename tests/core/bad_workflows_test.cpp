#include <algorithm>
#include <filesystem>
#include <vector>

#include "core/workflow_cast.hpp"

// Files that people get wrong, and exactly what they are told. To add one: put
// the file there, and its messages beside it in NAME.expected.

using namespace troupe::core;
namespace fs = std::filesystem;

namespace {

const fs::path folder = TROUPE_ROOT "/tests/core/bad_workflows";

std::vector<fs::path> bad_files() {
  std::vector<fs::path> out;
  for (const auto& x : fs::directory_iterator{folder})
    if (x.path().extension() != ".expected")
      out.push_back(x.path());
  std::sort(out.begin(), out.end());
  return out;
}

/// Lines of one text that the other has not.
std::string only_in(const std::string& a, const std::string& b, char mark) {
  std::string out, line;
  for (std::istringstream lines{a}; std::getline(lines, line);)
    if (("\n" + b).find("\n" + line + "\n") == std::string::npos)
      out += std::string{mark} + " " + line + "\n";
  return out;
}

} // namespace

TEST_CASE("each bad workflow gets exactly its messages, each at a line",
          "[workflow]")
{
  auto files = bad_files();
  CHECK(files.size() >= 65);
  for (const auto& file : files) {
    auto expected_file = file;
    expected_file.replace_extension(".expected");
    auto expected = read_file(expected_file);
    auto parsed = parse_workflow(read_file(file));
    std::string found;
    bool placed = true;
    for (const auto& x : parsed.problems) {
      found += to_text(x, file.filename()) + "\n";
      placed = placed && x.line > 0 && x.column > 0;
    }
    INFO(only_in(expected, found, '-') << only_in(found, expected, '+'));
    CHECK(found == expected);
    CHECK_FALSE(found.empty());
    CHECK(placed);
    CHECK_FALSE(parsed.value);
  }
}
