#include <catch2/catch.hpp>

#include "troupe/supervisor.hpp"

using namespace troupe;

TEST_CASE("a name keeps its place and its count over lives", "[actors]")
{
  auto names = std::make_shared<roster>();
  child_ref<> ref{names, "ann"};
  CHECK(ref.get().error() == errc::not_found);
  CHECK(names->begin("ann") == 1);
  CHECK(ref.get().error() == errc::restarting);
  CHECK(ref.generation() == 1);
  names->retract("ann", 1);
  CHECK(names->begin("ann") == 2);
  CHECK(ref.generation() == 2);
}

TEST_CASE("a forgotten name never gives a generation again", "[actors]")
{
  auto names = std::make_shared<roster>();
  child_ref<> ref{names, "ann"};
  names->begin("ann");
  CHECK(names->begin("ann") == 2);
  CHECK(ref.generation() == 2);
  names->forget("ann");
  CHECK(ref.get().error() == errc::not_found);
  CHECK(names->begin("ann") == 3);
  CHECK(ref.get().error() == errc::restarting);
  CHECK(ref.generation() == 3);
}
