#include "core/bad_files.hpp"
#include "core/workflow_cast.hpp"

using namespace troupe::core;
using namespace troupe::test;

TEST_CASE("each bad workflow gets exactly its messages, each at a line",
          "[workflow]")
{
  auto files = bad_files(TROUPE_ROOT "/tests/core/bad_workflows");
  CHECK(files.size() >= 150);
  for (const auto& file : files) {
    auto expected = expected_of(file);
    auto parsed = parse_workflow(read_file(file));
    std::string found;
    bool placed = true;
    for (const auto& x : parsed.problems) {
      found += to_text(x, file.filename()) + "\n";
      placed = placed && x.line > 0 && x.column > 0;
    }
    INFO(diff(expected, found));
    CHECK(found == expected);
    CHECK_FALSE(found.empty());
    CHECK(placed);
    CHECK_FALSE(parsed.value);
  }
}
