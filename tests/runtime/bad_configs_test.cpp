#include <algorithm>
#include <filesystem>
#include <vector>

#include "runtime/config_cast.hpp"

// Configurations that people get wrong, and exactly what they are told. To add
// one: put the file there, and its messages beside it in NAME.expected.

using namespace troupe::runtime;
namespace fs = std::filesystem;

namespace {

const fs::path folder = TROUPE_ROOT "/tests/runtime/bad_configs";

std::vector<fs::path> bad_files() {
  std::vector<fs::path> out;
  for (const auto& x : fs::directory_iterator{folder})
    if (x.path().extension() != ".expected")
      out.push_back(x.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::string messages_of(const fs::path& file) {
  config_sources from;
  from.file = file.filename();
  auto loaded = read_config(read_file(file), from);
  CHECK_FALSE(loaded.value);
  return joined(loaded.problems);
}

/// Lines of one text that the other has not.
std::string only_in(const std::string& a, const std::string& b, char mark) {
  std::string out, line;
  for (std::istringstream lines{a}; std::getline(lines, line);)
    if (("\n" + b).find("\n" + line + "\n") == std::string::npos)
      out += std::string{mark} + " " + line + "\n";
  return out;
}

std::string diff(const std::string& expected, const std::string& found) {
  return only_in(expected, found, '-') + only_in(found, expected, '+');
}

} // namespace

TEST_CASE("each bad configuration gets exactly its messages, each at a line",
          "[config]")
{
  auto files = bad_files();
  CHECK(files.size() >= 40);
  for (const auto& file : files) {
    auto expected_file = file;
    expected_file.replace_extension(".expected");
    auto expected = read_file(expected_file);
    auto found = messages_of(file);
    INFO(file.filename().string() << "\n" << diff(expected, found));
    CHECK(found == expected);
    CHECK_FALSE(found.empty());
    // Every line begins with FILE:LINE:COLUMN.
    std::string line;
    for (std::istringstream lines{found}; std::getline(lines, line);) {
      auto rest = line.substr(file.filename().string().size());
      INFO(line);
      CHECK(rest.size() > 4);
      CHECK(rest[0] == ':');
      CHECK((rest[1] >= '1' && rest[1] <= '9'));
    }
  }
}

TEST_CASE("a message that changed is shown as a difference", "[config]")
{
  CHECK(diff("a: one\nb: two\n", "a: one\nb: three\n")
        == "- b: two\n+ b: three\n");
  CHECK(diff("a: one\n", "a: one\n").empty());
}
