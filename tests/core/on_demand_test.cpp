#include "core/on_demand.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::core;

namespace {

profile who(const std::string& name, std::vector<std::string> words) {
  profile x;
  x.name = name;
  x.capabilities = std::move(words);
  return x;
}

needs need(std::vector<std::string> words) {
  needs x;
  x.capabilities = std::move(words);
  return x;
}

const std::vector<standby> two{
  {who("snake", {"python"}), 2, std::chrono::minutes{1}, true},
  {who("ops", {"deploy.k8s", "shell"}), 1, std::chrono::minutes{1}, false}};

using made = std::optional<make_request>;

} // namespace

TEST_CASE("work that nobody can do makes an agent that can", "[demand]")
{
  CHECK(make_for(need({"python"}), two, {}) == made{{"snake", "snake"}});
  CHECK(make_for(need({"deploy", "shell"}), two, {}) == made{{"ops", "ops"}});
  CHECK(make_for(need({"deploy", "python"}), two, {}) == made{});
  auto some = need({"deploy", "cobol"});
  CHECK(make_for(some, two, {}) == made{});
  some.partial = true;
  CHECK(make_for(some, two, {}) == made{{"ops", "ops"}});
}

TEST_CASE("a deeper capability serves its parents, not its namesakes",
          "[demand]")
{
  CHECK(can_do(who("a", {"deploy.k8s"}), need({"deploy"})));
  CHECK_FALSE(can_do(who("a", {"deploy"}), need({"deploy.k8s"})));
  CHECK_FALSE(can_do(who("a", {"deployer"}), need({"deploy"})));
}

TEST_CASE("nobody is made beside one that is always there", "[demand]")
{
  std::vector<member_view> busy{{who("ann", {"python"}), "", false}};
  CHECK(make_for(need({"python"}), two, busy) == made{});
}

TEST_CASE("one at a time is made, and no more than there may be", "[demand]")
{
  std::vector<member_view> all{{who("snake", {"python"}), "snake", true}};
  CHECK(make_for(need({"python"}), two, all) == made{});
  all[0].unsettled = false;
  CHECK(make_for(need({"python"}), two, all) == made{{"snake", "snake-2"}});
  all.push_back({who("snake-2", {"python"}), "snake", false});
  CHECK(make_for(need({"python"}), two, all) == made{});
  // The first has ended: its name is free again.
  all.erase(all.begin());
  CHECK(make_for(need({"python"}), two, all) == made{{"snake", "snake"}});
}

TEST_CASE("a step that names an agent gets the one of that name", "[demand]")
{
  auto pinned = need({});
  pinned.agent = "snake";
  CHECK(make_for(pinned, two, {}) == made{{"snake", "snake"}});
  std::vector<member_view> all{{who("snake", {"python"}), "snake", false}};
  CHECK(make_for(pinned, two, all) == made{}); // Another would not be it.
  pinned.agent = "nobody";
  CHECK(make_for(pinned, two, {}) == made{});
}

TEST_CASE("what is being made is told in words", "[demand]")
{
  auto none = [](const standby&) { return 0u; };
  auto all = [](const standby& x) { return x.instances_max; };
  CHECK(standby_words(need({"python"}), two, none)
        == " An agent is being made from `agents.snake`.");
  CHECK(standby_words(need({"python"}), two, all)
        == " All that may be made from `agents.snake` are there (2, its "
           "`on_demand`).");
  CHECK(standby_words(need({"cobol"}), two, none).empty());
}

TEST_CASE("the name of one that was made is known again", "[demand]")
{
  CHECK(is_instance(two[0], "snake"));
  CHECK(is_instance(two[0], "snake-2"));
  CHECK_FALSE(is_instance(two[0], "snake-3"));
  CHECK_FALSE(is_instance(two[1], "ops-2"));
}
