#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/score_words.hpp"

namespace troupe::core {

namespace {

decision of_ann(double load) {
  decision x;
  x.agent = text{"ann"};
  x.why = {1, load, 0.5, 1.0 / 3, 0.75};
  x.runners_up[0] = {text{"bob"}, 0.7};
  return x;
}

} // namespace

TEST_CASE("the words of a decision say each part and who came next", "[core]")
{
  score_words words;
  auto said = nlohmann::json::parse(words.of(of_ann(0.25)).view());
  CHECK(said["total"] == 0.75);
  CHECK(said["capability"] == 1);
  CHECK(said["load"] == 0.25);
  CHECK(said["performance"] == 0.5);
  CHECK(said["specialisation"] == 0.3333);
  REQUIRE(said["runners_up"].size() == 1);
  CHECK(said["runners_up"][0]["agent"] == "bob");
  CHECK(said["runners_up"][0]["total"] == 0.7);
}

TEST_CASE("decisions that say the same share their words", "[core]")
{
  score_words words;
  auto first = words.of(of_ann(0.25));
  CHECK(words.of(of_ann(0.25)).view().data() == first.view().data());
  CHECK(words.of(of_ann(0.2500001)).view().data() == first.view().data());
  auto other = words.of(of_ann(0.5));
  CHECK(nlohmann::json::parse(other.view())["load"] == 0.5);
  auto next = of_ann(0.5);
  next.runners_up[0].agent = text{"cat"};
  CHECK(nlohmann::json::parse(words.of(next).view())["runners_up"][0]["agent"]
        == "cat");
}

} // namespace troupe::core
