#include <catch2/catch.hpp>

#include "core/command_key.hpp"

using namespace troupe::core;

TEST_CASE("a key that comes with another command is known for what it was",
          "[core]")
{
  auto pause = keyed_command("k-1", "pause k-1");
  auto cancel = keyed_command("k-1", "cancel k-1");
  auto later = keyed_command("k-2", "cancel k-2");
  CHECK(pause == keyed_command("k-1", "pause k-1"));
  const id known[] = {later, pause};
  CHECK(use_of_key(known, pause) == key_use::same);
  CHECK(use_of_key(known, cancel) == key_use::other);
  CHECK(use_of_key(known, keyed_command("k-3", "x")) == key_use::none);
  // A store of before has another first half.
  const id old[] = {{pause.high ^ 1, pause.low}};
  CHECK(use_of_key(old, pause) == key_use::same);
  CHECK(use_of_key(old, cancel) == key_use::none);
}
