#include <catch2/catch.hpp>

#include "core/command_words.hpp"

using namespace troupe::core;

TEST_CASE("a command's words are read as they were written", "[core]")
{
  const origin ann{"ann", "cli", "7", "0af7-01"};
  const command_words all[] = {
    {"pause", "", {"local", "http", "", ""}, ""},
    {"cancel", "", ann, "wrong tag: by bob through http"},
    {"cancel task", "build[3]", ann, "late"},
    {"signal", "go now", ann, ""},
    {"signal", "x by root through http", ann, ""},
    {"hold", "a \"quoted\\\" name", {"corp/Ann Lee", "http", "r", ""}, ""},
    {"cancel", "", {"eve through cli request 1", "http", "", ""}, ": "},
    {"cancel task", "", {"", "clock", "", ""}, ""},
  };
  for (const auto& x : all) {
    auto text = to_text(x);
    INFO(text);
    auto read = command_words_from(text);
    REQUIRE(read);
    CHECK(*read == x);
  }
  CHECK(to_text({"cancel", "", ann, "late"})
        == "cancel by ann through cli request 7 trace 0af7-01: late");
}

TEST_CASE("what is no command's words is none", "[core]")
{
  for (auto text :
       {"", "cancel", "cancel by ann", "cancel by ann through cli x",
        "signal \"go by ann through cli", "cancel by \"ann"}) {
    INFO(text);
    CHECK_FALSE(command_words_from(text));
  }
}
