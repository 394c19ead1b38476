#include <catch2/catch.hpp>

#include "cli/console.hpp"

// `troupe config`: what is shown and refused, and how it is said.

using namespace troupe::cli;
using namespace troupe::test;
using nlohmann::json;

namespace {

troupe::runtime::config_report sample() {
  return {{{"node.threads", "4", "n.yaml:2:12", true, false},
           {"node.data", "\"troupe-data\"", "default", false, false},
           {"node.region", "null", "default", false, false},
           {"agents.a.env.TOKEN", "\"(hidden)\"", "TROUPE_X", true, true}},
          {}};
}

troupe::runtime::config_report broken() {
  return {{},
          {{"n.yaml",
            {"/node/thread", 3, 5, "unknown field `thread`",
             "did you mean `threads`?"}},
           {"TROUPE_NODE_X", {"", 0, 0, "there is no such setting", ""}}}};
}

} // namespace

TEST_CASE("config show lists settings, values and where they come from",
          "[config]")
{
  console at;
  at.config = sample();
  CHECK(at.run({"config", "show", "--config", "n.yaml", "--set", "a=b",
                "--listen", "off", "--data", "d"})
        == exit_ok);
  CHECK(at.out.str()
        == "SETTING             VALUE        FROM\n"
           "node.threads        4            n.yaml:2:12\n"
           "node.data           troupe-data  default\n"
           "node.region         -            default\n"
           "agents.a.env.TOKEN  (hidden)     TROUPE_X\n");
  CHECK(at.node.config == "n.yaml");
  CHECK(at.node.set == std::vector<std::string>{"a=b"});
  CHECK(at.node.listen == "off");
  CHECK(at.node.data == "d");
}

TEST_CASE("config show --changed leaves the defaults out", "[config]")
{
  console at;
  at.config = sample();
  CHECK(at.run({"config", "show", "--changed"}) == exit_ok);
  CHECK(at.said("node.threads"));
  CHECK_FALSE(at.said("node.data"));
  at.config.settings.erase(at.config.settings.begin());
  at.config.settings.pop_back();
  CHECK(at.run({"config", "show", "--changed"}) == exit_ok);
  CHECK(at.out.str() == "Nothing but defaults.\n");
}

TEST_CASE("config show --json has values with their types", "[config]")
{
  console at;
  at.config = sample();
  CHECK(at.run({"config", "show", "--json"}) == exit_ok);
  auto list = json::parse(at.out.str())["settings"];
  REQUIRE(list.size() == 4);
  CHECK(list[0]
        == json{{"setting", "node.threads"},
                {"value", 4},
                {"from", "n.yaml:2:12"},
                {"default", false}});
  CHECK(list[2]["value"].is_null());
  CHECK(list[3]["hidden"] == true);
}

TEST_CASE("config check says all problems and ends with 2", "[config]")
{
  console at;
  at.config = broken();
  CHECK(at.run({"config", "check", "n.yaml"}) == exit_usage);
  CHECK(at.node.config == "n.yaml");
  CHECK(at.out.str().empty());
  CHECK(at.err.str()
        == "troupe: the configuration has 2 problems\n"
           "  n.yaml:3:5: unknown field `thread` (at /node/thread); did you "
           "mean `threads`?\n"
           "  TROUPE_NODE_X: there is no such setting\n"
           "  hint: docs/configuration.md has every setting, "
           "configs/sample.yaml the defaults\n");
  CHECK(at.run({"config", "show"}) == exit_usage);
  CHECK(at.complained("has 2 problems"));
}

TEST_CASE("config check --json has lines and columns apart", "[config]")
{
  console at;
  at.config = broken();
  CHECK(at.run({"config", "check", "n.yaml", "--json"}) == exit_usage);
  auto got = json::parse(at.out.str());
  CHECK(got["valid"] == false);
  CHECK(got["problems"][0]
        == json{{"source", "n.yaml"},
                {"line", 3},
                {"column", 5},
                {"pointer", "/node/thread"},
                {"what", "unknown field `thread`"},
                {"hint", "did you mean `threads`?"}});
  CHECK_FALSE(got["problems"][1].contains("line"));
  at.config = sample();
  CHECK(at.run({"config", "check", "--json"}) == exit_ok);
  CHECK(json::parse(at.out.str())
        == json{{"valid", true}, {"problems", json::array()}});
}

TEST_CASE("TROUPE_CONFIG names the file, --config goes over it", "[config]")
{
  console at;
  at.config = sample();
  at.environment["TROUPE_CONFIG"] = "e.yaml";
  CHECK(at.run({"config", "check"}) == exit_ok);
  CHECK(at.node.config == "e.yaml");
  CHECK(at.said("e.yaml is right"));
  CHECK(at.run({"node"}) == exit_ok);
  CHECK(at.node.config == "e.yaml");
  CHECK(at.run({"node", "--config", "n.yaml"}) == exit_ok);
  CHECK(at.node.config == "n.yaml");
}

TEST_CASE("config knows two actions", "[config]")
{
  console at;
  CHECK(at.run({"config"}) == exit_usage);
  CHECK(at.run({"config", "edit"}) == exit_usage);
  CHECK(at.complained("troupe config show"));
  CHECK(at.run({"config", "show", "n.yaml"}) == exit_usage);
  CHECK(at.complained("--config n.yaml"));
}
