#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

// `troupe config` with real files and variables.

using namespace troupe::test;
using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// "value from SOURCE" of one setting.
std::string shown(const json& all, const std::string& setting) {
  for (const auto& x : all["settings"])
    if (x["setting"] == setting)
      return x["value"].dump() + " from " + x["from"].get<std::string>();
  return {};
}

} // namespace

TEST_CASE("config show tells of all four sources what a node would use",
          "[config]")
{
  scratch_directory where;
  auto file = where.path("node.yaml");
  write_file(file, "node:\n  threads: 2\n  shards: 8\n  window: 300\n"
                   "agents:\n  a: {kind: shell, env: {API_TOKEN: hush}}\n");
  auto ran = real_program{{"config", "show", "--config", file, "--json",
                           "--set", "node.window=400"},
                          {"TROUPE_NODE_SHARDS=16"}}
               .finish();
  INFO(ran.err << ran.out);
  REQUIRE(ran.code == 0);
  auto all = json::parse(ran.out);
  CHECK(shown(all, "node.threads") == "2 from " + file + ":2:12");
  CHECK(shown(all, "node.shards") == "16 from TROUPE_NODE_SHARDS");
  CHECK(shown(all, "node.window") == "400 from --set node.window");
  CHECK(shown(all, "node.cancel_grace") == "\"5s\" from default");
  CHECK_FALSE(has(ran.out, "hush"));
}

TEST_CASE("config check finds what a node would not start for, by line",
          "[config]")
{
  scratch_directory where;
  auto file = where.path("node.yaml");
  write_file(file, "agents:\n  a:\n    kind: process\n"
                   "    command: there/is/no/program\n");
  auto ran = run_troupe({"config", "check", file});
  INFO(ran.err);
  CHECK(ran.code == 2);
  CHECK(has(ran.err, file
                       + ":4:14: agent `a`: its command "
                         "`there/is/no/program` is not there"));
  CHECK(run_troupe({"config", "check", "configs/sample.yaml"}).code == 0);
  ran = run_troupe({"config", "check", where.path("none.yaml")});
  CHECK(ran.code == 2);
  CHECK(has(ran.err, "cannot read the configuration"));
}
