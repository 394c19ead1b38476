#include <vector>

#include "core/workflow_cast.hpp"
#include "core/workflow_fields.hpp"

// docs/workflows.md must be true: its examples parse, its tables have all
// fields.

using namespace troupe::core;

namespace {

std::string page() {
  return read_file(TROUPE_ROOT "/docs/workflows.md");
}

std::vector<std::string> examples(const std::string& language) {
  std::vector<std::string> out;
  auto text = page();
  auto fence = "```" + language + "\n";
  for (size_t at = 0; (at = text.find(fence, at)) != text.npos;) {
    at += fence.size();
    auto end = text.find("```", at);
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

} // namespace

TEST_CASE("every example of the workflow page parses", "[docs]")
{
  auto all = examples("yaml");
  CHECK(all.size() >= 8);
  for (const auto& x : all) {
    // Examples of one field or of one step are shown without the rest.
    auto source = x;
    if (x.find("workflow:") != 0)
      source = x.find("steps:") == 0 ? "workflow: page\n" + x
                                     : "workflow: page\nsteps:\n" + x;
    INFO(source);
    CHECK(problems_of(source).empty());
  }
}

TEST_CASE("the messages on the workflow page are the real ones", "[docs]")
{
  auto wrong = examples("yaml-wrong");
  auto messages = examples("text");
  REQUIRE(wrong.size() == 1);
  REQUIRE(messages.size() == 1);
  CHECK(problems_of(wrong[0], "release.yaml") == messages[0]);
}

TEST_CASE("the workflow page has a row for every field", "[docs]")
{
  auto text = page();
  for (const auto& group : field_groups()) {
    auto heading =
      text.find("<!-- fields: " + std::string{group.name} + " -->");
    INFO(group.name);
    REQUIRE(heading != text.npos);
    auto table =
      text.substr(heading, text.find("\n\n", heading + 80) - heading);
    for (const auto& field : group.fields) {
      INFO(field.name);
      CHECK(table.find("| `" + std::string{field.name} + "` |")
            != std::string::npos);
    }
  }
}
