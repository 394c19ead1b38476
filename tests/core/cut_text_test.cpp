#include "core/cut_text.hpp"

#include <catch2/catch.hpp>

using namespace troupe::core;

TEST_CASE("a text is cut before a character, not within it", "[core]")
{
  std::string text = "aä€";
  cut_text(text, 6);
  CHECK(text == "aä€");
  cut_text(text, 5);
  CHECK(text == "aä");
  cut_text(text, 2);
  CHECK(text == "a");
  cut_text(text, 0);
  CHECK(text.empty());
}

TEST_CASE("the end of a text is kept from a character on", "[core]")
{
  CHECK(end_of_text("aä€", 6) == "aä€");
  CHECK(end_of_text("aä€", 5) == "... ä€");
  CHECK(end_of_text("aä€", 4) == "... €");
  CHECK(end_of_text("aä€", 2) == "... ");
}
