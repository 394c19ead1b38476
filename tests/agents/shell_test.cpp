#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "agents/process_agent.hpp"
#include "agents/recording_sink.hpp"

using namespace troupe;
using nlohmann::json;

namespace {

outcome shell(const std::string& input) {
  auto spawner = services::test::open_spawner();
  agents::process_agent agent{*spawner, agents::shell_kind()};
  auto sink = std::make_shared<agents::test::recording_sink>();
  agent.start(agents::test::task_with(input), sink);
  return sink->result();
}

json output(const json& input) {
  auto result = shell(input.dump());
  INFO(result.error.message);
  REQUIRE(result.what == verdict::done);
  return json::parse(result.output);
}

} // namespace

TEST_CASE("shell answers with exit code and both outputs", "[agents]")
{
  CHECK(output({{"command", "echo out; echo err >&2"}})
        == json{{"exit", 0}, {"stdout", "out\n"}, {"stderr", "err\n"}});
}

TEST_CASE("shell takes a directory and an environment", "[agents]")
{
  CHECK(output({{"command", "echo $(pwd) $COLOUR"},
                {"dir", "/usr"},
                {"env", {{"COLOUR", "blue"}}}})["stdout"]
        == "/usr blue\n");
}

TEST_CASE("a variable may be a number, or JSON", "[agents]")
{
  CHECK(output({{"command", "echo $CENTS $LIST"},
                {"env", {{"CENTS", 1250}, {"LIST", {1, "a"}}}}})["stdout"]
        == "1250 [1,\"a\"]\n");
}

TEST_CASE("a failing command is a failure, unless it may fail", "[agents]")
{
  auto result = shell(R"({"command":"echo no tests >&2; exit 3"})");
  CHECK(result.what == verdict::failed);
  CHECK(result.error.message
        == "`echo no tests >&2; exit 3` exited with code 3: no tests");
  CHECK(output({{"command", "exit 3"}, {"allow_failure", true}})["exit"] == 3);
}

TEST_CASE("output that is no text is made one", "[agents]")
{ CHECK(output({{"command", "printf '\\377'"}})["stdout"] == "\xef\xbf\xbd"); }

TEST_CASE("shell says what is wrong with its input", "[agents]")
{
  for (auto [input, part] :
       {std::pair{"{", "no JSON"},
        {"[]", "must be an object"},
        {"{}", "`command` is missing"},
        {R"({"command":""})", "`command` is missing"},
        {R"({"command":5})", "`command` must be a text"},
        {R"({"command":"x","cwd":"/"})", "no `cwd`"},
        {R"({"command":"x","env":[]})", "`env` must"},
        {R"({"command":"x","env":{"A":null}})", "`env.A`"},
        {R"({"command":"x","env":{"A=":"1"}})", "`A=`"},
        {R"({"command":"x","allow_failure":1})", "`allow_failure` must"}}) {
    auto result = shell(input);
    INFO(result.error.message);
    CHECK(result.error.kind == category::validation);
    CHECK(result.error.message.find(part) != std::string::npos);
  }
}
