#include "core/bad_files.hpp"
#include "runtime/config_cast.hpp"

using namespace troupe::runtime;
using namespace troupe::test;
namespace fs = std::filesystem;

namespace {

std::string messages_of(const fs::path& file) {
  config_sources from;
  from.file = file.filename();
  auto loaded = read_config(read_file(file), from);
  CHECK_FALSE(loaded.value);
  return joined(loaded.problems);
}

} // namespace

TEST_CASE("each bad configuration gets exactly its messages, each at a line",
          "[config]")
{
  auto files = bad_files(TROUPE_ROOT "/tests/runtime/bad_configs");
  CHECK(files.size() >= 90);
  for (const auto& file : files) {
    auto expected = expected_of(file);
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
