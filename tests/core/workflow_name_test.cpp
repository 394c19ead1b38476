#include <catch2/catch.hpp>

#include "core/workflow_name.hpp"

using namespace troupe::core;

TEST_CASE("a version of a workflow is named with an @", "[core]")
{
  CHECK(split_workflow_name("release@3") == workflow_name{"release", 3});
  CHECK(split_workflow_name("team.release")
        == workflow_name{"team.release", 0});
  CHECK(to_string(workflow_name{"release", 3}) == "release@3");
  CHECK(to_string(workflow_name{"release", 0}) == "release");
}

TEST_CASE("what is no version is read as none", "[core]")
{
  for (auto text : {"a@", "a@x", "a@3x", "a@99999999999", "a@-1"})
    CHECK(split_workflow_name(text).version == 0);
}
