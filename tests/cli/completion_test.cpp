#include <cstdlib>

#include <catch2/catch.hpp>

#include "cli/console.hpp"
#include "cli/verb.hpp"

// What shells offer after <Tab>.

using namespace troupe::cli;
using namespace troupe::test;

TEST_CASE("a shell can complete every verb and its options", "[cli]")
{
  console at;
  REQUIRE(at.run({"completion"}) == exit_ok);
  for (const auto& x : verbs())
    CHECK(at.said("\n    " + std::string{x.name} + ") words='--"));
  CHECK(at.said("runs) words='--state --name --limit --after --watch --json"));
  CHECK(at.said("complete -F _troupe troupe\n"));
  auto script = file{at.out.str(), ".sh"};
  CHECK(std::system(("bash -n " + script.path).c_str()) == 0);
  CHECK(at.run({"completion", "tcsh"}) == exit_usage);
  CHECK(at.complained("bash, zsh and fish"));
}

TEST_CASE("zsh and fish complete every verb and its options, too", "[cli]")
{
  console at;
  REQUIRE(at.run({"completion", "zsh"}) == exit_ok);
  CHECK(at.out.str().starts_with("#compdef troupe\n"));
  for (const auto& x : verbs()) {
    auto name = std::string{x.name};
    INFO(name);
    CHECK(at.said("\n    '" + name + "':'"));
    CHECK(at.said("\n    " + name + ") words_of=(--"));
  }
  CHECK(at.said("'node':'Run a node until a signal ends it\\: store"));
  REQUIRE(at.run({"completion", "fish"}) == exit_ok);
  for (const auto& x : verbs()) {
    auto name = std::string{x.name};
    INFO(name);
    CHECK(at.said("-n __fish_use_subcommand -f -a " + name + " -d '"));
    CHECK(at.said("-n '__fish_seen_subcommand_from " + name + "' -l json "));
  }
  CHECK(at.said("subcommand_from runs' -l state -r -d"));
  CHECK(at.said("subcommand_from runs' -l watch -d"));
}
