#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <optional>

#include "cli/plain_http.hpp"
#include "cli/real_program.hpp"

// Secrets are planted wherever a node has any, and looked for wherever it says
// or keeps anything.

using namespace troupe::test;

namespace {

const std::string of_agent = "planted-in-an-agents-environment";
const std::string of_node = "planted-in-the-nodes-environment";
const std::string of_address = "planted-in-an-address";
const std::string of_line = "planted-in-a-line";
const std::string key = "planted-as-the-key-that-signs-all-tokens";

/// Says all that it has, and fails.
const char* config = R"(
auth: {issuers: {troupe: {keys: env:DOOR_KEY}}}
agents:
  leaky:
    kind: process
    command: sh
    args: ['-c', 'env >&2; echo "it is $API_TOKEN." >&2;
      echo "password=planted-in-a-line --token planted-in-a-line" >&2;
      echo "at https://ann:planted-in-an-address@example.org" >&2;
      echo "$API_TOKEN is no output" >&2; exit 3']
    env: {API_TOKEN: planted-in-an-agents-environment}
)";

struct place {
  std::string name;
  std::string text;
};

/// Where it is, if it is anywhere.
std::string found_in(const std::vector<place>& all, const std::string& secret) {
  std::string out;
  for (const auto& x : all)
    if (auto at = x.text.find(secret); at != x.text.npos)
      out += x.name + ": "
             + x.text.substr(at > 60 ? at - 60 : 0, secret.size() + 120) + '\n';
  return out;
}

/// A node that has all of them, and what it said so far.
class leaky_node {
public:
  leaky_node() {
    write_file(file, config);
    write_file(where.path("key"), key);
    write_file(where.path("w.yaml"),
               "workflow: w\nsteps: {a: {agent: leaky, retries: 0}}\n");
    token = run_troupe({"token", "make", "--key", where.path("key"), "--name",
                        "ann", "--role", "*=admin"})
              .out;
    token.pop_back();
    write_file(where.path("token"), token);
    process.emplace(
      std::vector<std::string>{"node", "--config", file, "--data",
                               where.path("data"), "--listen", "127.0.0.1:0"},
      std::vector<std::string>{"DOOR_KEY=" + key, "NODE_PASSWORD=" + of_node,
                               "TROUPE_TOKEN=" + token});
    port = port_of(process->line());
    REQUIRE(port != 0);
  }

  ran troupe(std::vector<std::string> args) {
    auto name = args[0];
    args.insert(args.end(),
                {"--node", "http://127.0.0.1:" + std::to_string(port),
                 "--token-file", where.path("token")});
    return keep(name, run_troupe(args));
  }

  ran keep(const std::string& name, ran x) {
    said.push_back({name + " (stdout)", x.out});
    said.push_back({name + " (stderr)", x.err});
    return x;
  }

  int ask(const std::string& name, const std::string& authorization) {
    auto got = ask_http(port, "GET", "/api/v1/tasks", {},
                        "Authorization: " + authorization + "\r\n");
    said.push_back({name, got.head + got.body});
    return got.status;
  }

  /// Ends it, and adds all that it has written.
  void end() {
    process->signal(SIGTERM);
    keep("node", process->finish());
    for (const auto& x :
         std::filesystem::recursive_directory_iterator(where.path("data")))
      if (x.is_regular_file())
        said.push_back({x.path().filename(), read_file(x.path())});
  }

  scratch_directory where;
  const std::string file = where.path("node.yaml");
  std::string token;
  std::vector<place> said;
  std::optional<real_program> process;
  int port = 0;
};

} // namespace

TEST_CASE("secrets that were planted turn up nowhere", "[secrets]")
{
  leaky_node at;
  CHECK(at.troupe({"submit", at.where.path("w.yaml"), "--wait"}).code == 6);
  auto logs = at.troupe({"logs", "@latest/a"}).out;
  // It was said, and hidden: else nothing is shown by not finding it.
  INFO(logs);
  CHECK(logs.find("API_TOKEN=(hidden)") != logs.npos);
  CHECK(logs.find("it is (hidden).") != logs.npos);
  CHECK(logs.find("NODE_PASSWORD=(hidden)") != logs.npos);
  CHECK(logs.find("DOOR_KEY") == logs.npos);
  CHECK(at.troupe({"status", "@latest/a", "--json"}).out.find("code 3")
        != std::string::npos);
  for (auto what : {"runs", "tasks", "agents", "tree", "approvals"})
    at.troupe({what, "--json"});
  at.troupe({"status", "@latest", "--json"});
  at.troupe({"watch", "@latest", "--json"});
  at.keep("config show", run_troupe({"config", "show", "--config", at.file}));
  at.keep("token show",
          run_troupe({"token", "show", "--key", at.where.path("key"),
                      at.where.path("token")}));
  CHECK(at.ask("a good token", "Bearer " + at.token) == 200);
  CHECK(at.ask("a bad token", "Bearer " + at.token + "xx") == 401);
  CHECK(at.ask("a bad header", "Basic " + at.token) == 401);
  at.end();
  CHECK(at.said.size() > 20);
  for (const auto& secret :
       {of_agent, of_node, of_address, of_line, key, at.token})
    CHECK(found_in(at.said, secret).empty());
}
