#include "actors/member_list.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("members are listed in the order in which they came", "[crew]")
{
  member_list all;
  CHECK(all.size() == 0);
  CHECK_FALSE(all.any_inside());
  all.add("zoe", true);
  all.add("ann", true);
  CHECK_FALSE(all.any_inside());
  all.add("zoe", false); // Keeps its place.
  CHECK(all.names() == std::vector<std::string>{"zoe", "ann"});
  CHECK(all.any_inside());
  CHECK(all.works_outside("ann"));
  CHECK_FALSE(all.works_outside("zoe"));
  CHECK_FALSE(all.works_outside("bob"));
  all.remove("zoe");
  all.remove("bob");
  CHECK(all.names() == std::vector<std::string>{"ann"});
  CHECK(all.has("ann"));
  CHECK_FALSE(all.has("zoe"));
}
