#include "runtime/config_cast.hpp"

#include <fstream>

#include "core/login.hpp"
#include "runtime/config_settings.hpp"
#include "runtime/directory.hpp"
#include "runtime/login_keys.hpp"
#include "runtime/secret_reference.hpp"

// Where a value comes from, what follows from it, and that list, reader, sample
// and page agree.

using namespace troupe::runtime;
using namespace std::chrono_literals;

TEST_CASE("without any source a node is right for one machine", "[config]")
{
  auto x = good("");
  CHECK(x.node.data == "troupe-data");
  CHECK(x.node.sync);
  CHECK(troupe::problems(x.node).empty());
  CHECK(x.gateway.listen == "127.0.0.1");
  CHECK(x.gateway.port == 8765);
  CHECK(x.gateway.unix_socket == "troupe-data/troupe.sock");
  CHECK(troupe::gateway::problems(x.gateway).empty());
  REQUIRE(x.agents.size() == 4);
  for (auto name : {"echo", "sleep", "noop", "shell"}) {
    const auto* agent = find_agent(x, name);
    INFO(name);
    REQUIRE(agent);
    CHECK(word_of(agent->kind) == name);
    CHECK(agent->who.capabilities == std::vector<std::string>{name});
    CHECK(agent->who.pure == (agent->who.name != "shell"));
  }
}

TEST_CASE("a file in which all is commented out changes nothing", "[config]")
{
  CHECK(good("# node:\n#   threads: 4\n\n").node.threads == 0);
  CHECK(good("node:\n  # threads: 4\nagents:\n").agents.size() == 4);
}

TEST_CASE("flags go over the environment, it over the file", "[config]")
{
  config_sources from;
  std::string file = "node: {threads: 1, shards: 8, window: 100}";
  CHECK(good(file).node.threads == 1);
  from.environment = {{"TROUPE_NODE_THREADS", "2"},
                      {"TROUPE_NODE_SHARDS", "16"}};
  auto x = good(file, from);
  CHECK(x.node.threads == 2);
  CHECK(x.node.shards == 16);
  CHECK(x.node.window == 100);
  from.set = {"node.threads=3"};
  x = good(file, from);
  CHECK(x.node.threads == 3);
  CHECK(x.node.shards == 16);
  CHECK(x.node.window == 100);
}

TEST_CASE("idle is for agents on demand", "[config]")
{
  auto x = good("agents: {a: {kind: echo, on_demand: 3, idle: 9s}}");
  CHECK(x.agents[0].on_demand == 3);
  CHECK(x.agents[0].idle == 9s);
  CHECK(wrong("agents: {a: {kind: echo, idle: 9s}}").find("add `on_demand: 1`")
        != std::string::npos);
}

TEST_CASE("of two flags for one setting the last counts", "[config]")
{
  config_sources from;
  from.set = {"node.threads=3", "node.threads=5"};
  CHECK(good("", from).node.threads == 5);
}

TEST_CASE("the flags data and listen are settings too", "[config]")
{
  config_sources from;
  from.environment = {{"TROUPE_NODE_DATA", "a"},
                      {"TROUPE_GATEWAY_LISTEN", "127.0.0.1:1"}};
  from.data = "b";
  from.listen = "[::1]:99";
  auto x = good("node: {data: c}", from);
  CHECK(x.node.data == "b");
  CHECK(x.gateway.listen == "::1");
  CHECK(x.gateway.port == 99);
  CHECK(x.gateway.unix_socket == "b/troupe.sock");
  from.listen = "off";
  CHECK(good("", from).gateway.listen.empty());
}

TEST_CASE("a data directory too deep for its socket is told, not left out",
          "[config]")
{
  config_sources from;
  from.data = std::string(100, 'd');
  auto wrong = troupe::gateway::problems(good("", from).gateway);
  REQUIRE(wrong.size() == 1);
  CHECK(wrong[0].find("gateway.unix_socket") != std::string::npos);
  CHECK(
    troupe::gateway::problems(good("gateway: {unix_socket: off}", from).gateway)
      .empty());
}

TEST_CASE("any value can be a flag: lists, objects, texts", "[config]")
{
  config_sources from;
  from.set = {"agents.shell.capabilities=[build, test]",
              "agents.shell.env={A: b}",
              "agents.count={kind: process, command: wc}",
              "agents.count.args=[-w, \"a=b\"]",
              "limits.resources.gpu=4",
              "workspaces.team-a.weight=2.5",
              "node.data=off"};
  auto x = good("", from);
  const auto* shell = find_agent(x, "shell");
  REQUIRE(shell);
  CHECK(shell->who.capabilities == std::vector<std::string>{"build", "test"});
  CHECK(shell->program.environment.at("A") == "b");
  const auto* count = find_agent(x, "count");
  REQUIRE(count);
  CHECK(count->program.command == std::vector<std::string>{"wc", "-w", "a=b"});
  CHECK(x.agents.size() == 5);
  CHECK(x.limits.resources.at("gpu") == 4);
  CHECK(x.workspaces.at("team-a").weight == 2.5);
  CHECK(x.node.data.empty());
  CHECK(x.gateway.unix_socket.empty());
}

TEST_CASE("a variable finds the agent it means", "[config]")
{
  config_sources from;
  from.environment = {{"TROUPE_AGENTS_SHELL_MAX_LOAD", "9"},
                      {"TROUPE_AGENTS_C_BUILD_LIMITS_TIME", "1h"},
                      {"TROUPE_WORKSPACES_TEAM_A_CAP", "7"},
                      {"TROUPE_LIMITS_RESOURCES", "{gpu: 2}"}};
  auto file = "agents:\n"
              "  shell: {kind: shell}\n"
              "  c-build: {kind: shell}\n"
              "workspaces: {team-a: {}}\n";
  auto x = good(file, from);
  CHECK(x.agents.size() == 2);
  CHECK(find_agent(x, "shell")->who.max_load == 9);
  CHECK(find_agent(x, "c-build")->time_max == 1h);
  CHECK(x.workspaces.at("team-a").cap == 7);
  CHECK(x.limits.resources.at("gpu") == 2);
}

TEST_CASE("variables of the command line and of tasks are no settings",
          "[config]")
{
  config_sources from;
  from.environment = {{"TROUPE_NODE", "http://127.0.0.1:1"},
                      {"TROUPE_DATA", "x"},
                      {"TROUPE_WORKSPACE", "w"},
                      {"TROUPE_TASK", "t"},
                      {"TROUPE_RUN", "r"},
                      {"TROUPE_ATTEMPT", "1"}};
  CHECK(good("", from).node.data == "troupe-data");
}

TEST_CASE("what is wrong beside the file names the flag or the variable",
          "[config]")
{
  config_sources from;
  from.set = {"node.thraeds=4", "node.shards=many", "threads", "=4"};
  CHECK(wrong("", from)
        == "--set threads: this is no setting; write its path, `=` and a "
           "value, e.g. --set node.threads=4\n"
           "--set =4: this is no setting; write its path, `=` and a value, "
           "e.g. --set node.threads=4\n"
           "--set node.shards=many: expected a whole number, found the text "
           "`many` (at /node/shards)\n"
           "--set node.thraeds=4: unknown field `thraeds` (at "
           "/node/thraeds); did you mean `threads`?\n");
  from.set = {"agents.x.max_load=4"};
  CHECK(wrong("", from)
        == "--set agents.x.max_load=4: `kind` is missing (at /agents/x); one "
           "of echo, sleep, noop, shell, process, plugin and http\n");
  from.set.clear();
  from.listen = "everywhere";
  from.environment = {{"TROUPE_NODE_THREDS", "4"},
                      {"TROUPE_NODE_WINDOW", "[1"}};
  auto found = wrong("node: {shards: 0}", from);
  CHECK(found.find("TROUPE_NODE_THREDS: there is no such setting; did you "
                   "mean `TROUPE_NODE_THREADS`?\n")
        != found.npos);
  CHECK(found.find("TROUPE_NODE_WINDOW: ") != found.npos);
  CHECK(found.find("--listen: `everywhere` is no address") != found.npos);
  CHECK(found.find("f:1:16: 0 is out of range") != found.npos);
}

TEST_CASE("a file that names agents has those and no others", "[config]")
{
  auto x = good("agents: {build: {kind: shell, max_load: 2}}");
  REQUIRE(x.agents.size() == 1);
  CHECK(x.agents[0].who.name == "build");
  CHECK(x.agents[0].who.max_load == 2);
  CHECK(good("agents: {}").agents.empty());
}

TEST_CASE("a process takes its limits from the file", "[config]")
{
  auto x = good("node: {region: here, cancel_grace: 3s}\n"
                "agents:\n"
                "  count:\n"
                "    kind: process\n"
                "    command: ./count\n"
                "    args: [-w]\n"
                "    dir: /srv\n"
                "    env: {EMPTY: \"\"}\n"
                "    region: there\n"
                "    limits:\n"
                "      memory: 2GiB\n"
                "      cpu: 90s\n"
                "      files: 64\n"
                "      file_bytes: 1024\n"
                "      time: 5m\n"
                "      stdout_bytes: 64KiB\n"
                "  echo: {kind: echo}\n");
  const auto* count = find_agent(x, "count");
  REQUIRE(count);
  const auto& program = count->program;
  CHECK(program.command == std::vector<std::string>{"./count", "-w"});
  CHECK(program.directory == "/srv");
  CHECK(program.environment.at("EMPTY").empty());
  CHECK(program.limits.memory_bytes_max == 2ull << 30);
  CHECK(program.limits.cpu_seconds_max == 90);
  CHECK(program.limits.open_files_max == 64);
  CHECK(program.limits.file_bytes_max == 1024);
  CHECK(count->time_max == 5min);
  CHECK(count->limits.output_bytes_max == 64 * 1024);
  CHECK(count->limits.grace == 3s);
  CHECK(count->who.region == "there");
  CHECK(find_agent(x, "echo")->who.region == "here");
  CHECK(x.allocation.region == "here");
}

TEST_CASE("a missing file is said, and why", "[config]")
{
  config_sources from;
  from.file = "there/is/no.yaml";
  auto loaded = load_config(from);
  CHECK_FALSE(loaded.value);
  CHECK(joined(loaded.problems)
        == "cannot read the configuration there/is/no.yaml: No such file or "
           "directory; check the name and its permissions\n");
}

TEST_CASE("the environment of this process is read", "[config]")
{
  setenv("TROUPE_NODE_THREADS", "7", 1);
  config_sources from;
  from.environment = troupe_environment();
  unsetenv("TROUPE_NODE_THREADS");
  CHECK(good("", from).node.threads == 7);
  CHECK(from.environment.count("PATH") == 0);
}

TEST_CASE(
  "a node may listen beyond this machine with TLS and a login, or where "
  "it is told so in words",
  "[config]")
{
  auto listen = std::string{"gateway: {listen: \"0.0.0.0:1\""};
  auto tls = std::string{", tls: {certificate: a.pem, key: a.key}"};
  auto login = std::string{"\nauth: {issuers: {team: {keys: env:KEY}}}"};
  auto beyond = [](const std::string& what) {
    return "it needs " + what + " (at /gateway/listen)";
  };
  auto has = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != text.npos);
  };
  has(wrong(listen + "}"), beyond("TLS and a login"));
  has(wrong(listen + tls + "}"), beyond("a login"));
  has(wrong(listen + "}" + login), beyond("TLS"));
  auto x = good(listen + tls + "}" + login);
  CHECK(x.gateway.listen == "0.0.0.0");
  CHECK(x.gateway.tls.key == "a.key");
  REQUIRE(x.auth.issuers.size() == 1);
  CHECK(x.auth.issuers[0].issuer == "team");
  CHECK(x.auth.issuers[0].keys == std::vector<std::string>{"env:KEY"});
  good(listen + ", without_tls_beyond_this_machine: true}" + login);
  good(listen + ", without_login_beyond_this_machine: true" + tls + "}");
}

TEST_CASE(
  "keys come from files, the environment and credentials, and are never "
  "shown",
  "[config]")
{
  troupe::test::directory dir;
  auto secret = std::string(40, 's');
  std::ofstream{(dir / "key")} << secret << '\n';
  std::ofstream{(dir / "short")} << "hunter2";
  ::setenv("DOOR_TEST_KEY", secret.c_str(), 1);
  ::setenv("CREDENTIALS_DIRECTORY", (dir / "").c_str(), 1);
  auto rules = [](const std::string& reference) {
    auth_config from;
    from.issuers.push_back({"team", "team", {reference}, {}});
    return login_rules_of(from);
  };
  for (const auto& reference :
       {"file:" + (dir / "key"), std::string{"env:DOOR_TEST_KEY"},
        std::string{"credential:key"}}) {
    auto read = rules(reference);
    INFO(reference);
    REQUIRE(read);
    CHECK((*read)->issuers.at(0).keys.at(0).bytes == secret);
  }
  for (const auto& reference :
       {"file:" + (dir / "short"), "file:" + (dir / "none"),
        std::string{"env:DOOR_TEST_NONE"}, std::string{"credential:../key"}}) {
    auto read = rules(reference);
    INFO(reference);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find(reference) != std::string::npos);
    CHECK(read.error().message.find("hunter2") == std::string::npos);
  }
  // What the node starts has it not; the node itself has, also when it reloads.
  ::setenv("HOOK_TEST_KEY", "hunter2", 1);
  node_config from;
  from.auth.issuers.push_back({"team", "team", {"env:DOOR_TEST_KEY"}, {}});
  from.webhooks["w"].secret = "env:HOOK_TEST_KEY";
  take_out_of_environment(from);
  for (const auto* variable : {"DOOR_TEST_KEY", "HOOK_TEST_KEY"}) {
    CHECK(std::getenv(variable) == nullptr);
    CHECK(read_secret(std::string{"env:"} + variable));
  }
  CHECK(login_rules_of(from.auth));
}
