#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

// `troupe mcp`, as a client starts it: a message a line, both ways.

using namespace troupe::test;
using nlohmann::json;

namespace {

constexpr auto said =
  R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
this is no message
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"run","arguments":{"tasks":[{"agent":"echo","input":{"a":1}}]}}}
{"jsonrpc":"2.0","id":"three","method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}
)";

} // namespace

TEST_CASE("a client on a pipe gets an answer to each request, and only those",
          "[cli][mcp]")
{
  scratch_directory here;
  write_file(here.path("said"), said);
  write_file(here.path("node.yaml"), "agents: {echo: {kind: echo}}\n");
  auto out =
    output_of(std::string{TROUPE_PROGRAM} + " mcp --data " + here.path("data")
              + " --config " + here.path("node.yaml") + " <" + here.path("said")
              + " 2>" + here.path("errors"));
  INFO(out << read_file(here.path("errors")));
  std::map<std::string, json> answers;
  std::istringstream lines{out};
  for (std::string line; std::getline(lines, line);) {
    auto x = json::parse(line);
    CHECK(x["jsonrpc"] == "2.0");
    answers[x["id"].dump()] = x;
  }
  REQUIRE(answers.size() == 4);
  CHECK(answers["1"]["result"]["protocolVersion"] == "2025-11-25");
  CHECK(answers["null"]["error"]["code"] == -32700);
  CHECK(answers["2"]["result"]["structuredContent"]["state"] == "completed");
  CHECK(answers["\"three\""]["result"]["supportedVersions"][0] == "2026-07-28");
}
