#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "runtime/agent_kinds.hpp"
#include "runtime/config_cast.hpp"
#include "runtime/configured_node.hpp"
#include "runtime/directory.hpp"
#include "runtime/node_insides.hpp"
#include "runtime/plugin.hpp"

using namespace troupe;
using namespace troupe::runtime;

namespace {

std::string library(const std::string& name) {
  return TROUPE_PLUGINS "/libplugin_" + name + ".so";
}

std::string refusal(const std::string& name, const std::string& agent = {}) {
  auto got = load_plugin(library(name), agent);
  return got ? "" : got.error().message;
}

bool says(const std::string& text, const std::string& what) {
  INFO(text);
  return text.find(what) != text.npos;
}

std::string config_with(const std::string& agent) {
  return "node: {data: off}\ngateway: {listen: off, unix_socket: off}\n"
         "agents: {x: {kind: plugin, library: "
         + library("two_agents") + ", agent: " + agent + "}}";
}

std::string end_of(const std::string& agent, const std::string& input) {
  auto config = good(config_with(agent));
  node x{config.node};
  for (const auto& each : config.agents)
    if (each.kind == agent_kind::plugin)
      node_insides::add(x, *spec_of(each, {}));
  REQUIRE_FALSE(x.start());
  auto end =
    x.run(R"({"workflow":"w","steps":{"a":{"agent":"x","retries":0,"input":)"
          + input + "}}}");
  REQUIRE_FALSE(x.stop());
  return end.state + " " + end.output;
}

} // namespace

TEST_CASE("agents of a shared library do a node's work", "[plugin]")
{
  CHECK(says(end_of("shouting", R"("quiet")"), R"("QUIET")"));
  CHECK(says(end_of("adding", "4"), "7"));
  CHECK(says(end_of("adding", "[]"), "failed"));
}

TEST_CASE("every wrong library is refused with its reason", "[plugin]")
{
  CHECK(says(refusal("absent"), "is not there, seen as /"));
  CHECK(says(refusal("no_head"), "is no plug-in"));
  CHECK(says(refusal("misses_a_function"), "cannot be loaded: "));
  CHECK(says(refusal("misses_a_function"), "nobody_has_this"));
  CHECK(says(refusal("foreign"), "is not ours"));
  CHECK(says(refusal("old"), "compiled for contract 0"));
  CHECK(says(refusal("old"), "troupe 0.0.1"));
  CHECK(says(refusal("other_layout"), "another compiler or standard library"));
  CHECK(says(refusal("throws"), "no licence"));
  CHECK(says(refusal("empty"), "offers no agent"));
  auto text = load_plugin(TROUPE_ROOT "/README.md", "");
  REQUIRE_FALSE(text);
  CHECK(says(text.error().message, "cannot be loaded: "));
}

TEST_CASE("an agent is chosen by name where there are several", "[plugin]")
{
  CHECK(refusal("two_agents", "adding").empty());
  CHECK(says(refusal("two_agents"), "say which with `agent`: `adding`, "
                                    "`shouting`"));
  CHECK(says(refusal("two_agents", "adder"), "offers no agent `adder`, but"));
}

TEST_CASE("a node does not start with a library that it cannot use", "[plugin]")
{
  auto missing = what_is_missing(read_config(config_with("adder"), {}));
  REQUIRE(missing.size() == 1);
  CHECK(says(missing[0].what.what, "agent `x`: its library `"));
  CHECK(what_is_missing(read_config(config_with("adding"), {})).empty());
}

TEST_CASE("a library that is gone after the check stops no program", "[plugin]")
{
  test::directory where;
  auto copy = where / "libgone.so";
  std::filesystem::copy(library("two_agents"), copy);
  auto text = config_with("adding");
  text.replace(text.find(library("two_agents")), library("two_agents").size(),
               copy);
  auto loaded = read_config(text, {});
  REQUIRE(what_is_missing(loaded).empty());
  std::filesystem::remove(copy);
  configured_node x{loaded};
  auto why = x.start(doors::none);
  REQUIRE(why);
  CHECK(says(why.message,
             "agent `x`: its library `" + copy + "` is not there, seen as /"));
}
