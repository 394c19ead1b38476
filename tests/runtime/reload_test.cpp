#include "runtime/reload.hpp"

#include <filesystem>
#include <fstream>
#include <future>

#include "gateway/raw_client.hpp"
#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/config_cast.hpp"
#include "runtime/configured_node.hpp"
#include "runtime/directory.hpp"

// A configuration that is read again.

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::test;
using nlohmann::json;
using words = std::vector<std::string>;

namespace {

loaded_config loaded(const std::string& text) {
  auto out = read_config(text, {});
  REQUIRE(out.value);
  return out;
}

config_change between(const std::string& was, const std::string& now) {
  return compare(loaded(was), loaded(now));
}

} // namespace

TEST_CASE("an unchanged configuration changes nothing", "[reload]")
{
  auto text = "agents: {a: {kind: echo}, s: {kind: shell, env: {X: y}}}\n";
  auto x = between(text, text);
  CHECK(x.put.empty());
  CHECK(x.removed.empty());
  CHECK(x.needs_restart.empty());
}

TEST_CASE("agents are new, other or gone", "[reload]")
{
  auto x = between("agents: {a: {kind: echo}, b: {kind: echo}}\n",
                   "agents: {b: {kind: echo, max_load: 7}, c: {kind: noop}}\n");
  CHECK(x.added == words{"c"});
  CHECK(x.changed == words{"b"});
  CHECK(x.removed == words{"a"});
  REQUIRE(x.put.size() == 2);
  CHECK(x.put[0].who.max_load == 7);
  CHECK(x.needs_restart.empty());
}

TEST_CASE("agents on demand are made, not put", "[reload]")
{
  std::string always = "agents: {a: {kind: echo}}\n";
  std::string demand = "agents: {a: {kind: echo, on_demand: 2}}\n";
  auto x = between(always, demand);
  CHECK(x.changed == words{"a"});
  CHECK(x.put.empty());
  CHECK(x.leave == words{"a"});
  CHECK(x.outdated.empty());
  x = between(demand, always);
  CHECK(x.put.size() == 1);
  CHECK(x.outdated == words{"a"});
  CHECK(x.leave.empty());
  x = between(demand, "agents: {a: {kind: echo, on_demand: 2, idle: 9s}}\n");
  CHECK(x.changed == words{"a"});
  CHECK(x.outdated == words{"a"});
  x = between(demand, demand);
  CHECK(x.changed.empty());
  CHECK(x.outdated.empty());
}

TEST_CASE("every field of an agent is a change", "[reload]")
{
  std::string base = "agents:\n  p:\n    kind: process\n    command: ls\n";
  for (auto field : {"capabilities: [x]", "specialisation: x", "max_load: 9",
                     "cost: 2", "region: eu", "pure: true", "args: ['-l']",
                     "env: {TOKEN: x}", "dir: /tmp", "answers: envelope",
                     "protocol: jsonrpc", "limits: {memory: 1GiB}",
                     "limits: {time: 9s}", "limits: {stdout_bytes: 1MiB}"}) {
    INFO(field);
    auto x = between(base, base + "    " + field + "\n");
    CHECK(x.changed == words{"p"});
  }
  // A secret that is hidden where it is shown is a change all the same.
  auto x =
    between(base + "    env: {TOKEN: x}\n", base + "    env: {TOKEN: y}\n");
  CHECK(x.changed == words{"p"});
}

TEST_CASE("what holds after the next start only is named", "[reload]")
{
  std::string agents = "agents: {s: {kind: shell}}\n";
  auto x = between(agents, agents
                             + "node: {threads: 3, cancel_grace: 9s}\n"
                               "allocation: {starved_after: 2m}\n"
                               "workspaces: {w: {weight: 2}}\n");
  CHECK(x.put.empty()); // The grace is the node's, not its agents'.
  auto has = [&](const std::string& path) {
    return std::count(x.needs_restart.begin(), x.needs_restart.end(), path)
           == 1;
  };
  CHECK(has("node.threads"));
  CHECK(has("node.cancel_grace"));
  CHECK(has("allocation.starved_after"));
  CHECK(has("workspaces.w.weight"));
  CHECK_FALSE(has("node.shards"));
}

namespace {

/// A node of a file that the test writes.
struct filed_node {
  directory dir;
  std::string file = (dir / "node.yaml");
  std::unique_ptr<configured_node> n;

  explicit filed_node(const std::string& text, doors which = doors::none) {
    write(text);
    n = std::make_unique<configured_node>(read());
    n->can_reload([this] { return read(); });
    auto why = n->start(which);
    INFO(why.message);
    REQUIRE_FALSE(why);
  }
  void write(const std::string& text) { std::ofstream{file} << text; }
  loaded_config read() {
    config_sources from;
    from.file = file;
    from.data = dir / "data";
    return load_config(from);
  }
  core::api_answer call(const std::string& op, const json& params = {}) {
    std::promise<core::api_answer> got;
    core::api_request what;
    what.op = op;
    what.params = core::text{params.is_null() ? "{}" : params.dump()};
    n->api()->call(what, [&](core::api_answer x) { got.set_value(x); });
    return got.get_future().get();
  }
  json asked(const std::string& op, const json& params = {}) {
    auto x = call(op, params);
    INFO(x.error.message);
    REQUIRE_FALSE(x.error);
    return json::parse(x.body.view());
  }
  std::string state_of(const std::string& capability) {
    return asked(
      "submit",
      {{"tasks",
        {{{"agent", {{"capabilities", {capability}}}}, {"timeout", "5s"}}}},
       {"wait", true}})["state"];
  }
};

} // namespace

TEST_CASE("a node takes in and lets go what its file says", "[reload]")
{
  filed_node at{"agents: {a: {kind: echo, capabilities: [a]}}\n"};
  CHECK(at.state_of("a") == "completed");
  at.write("agents: {b: {kind: echo, capabilities: [b]}}\n"
           "node: {window: 900}\n");
  CHECK(at.asked("reload")
        == json{{"added", {"b"}},
                {"changed", json::array()},
                {"removed", {"a"}},
                {"needs_restart", {"node.window"}}});
  CHECK(at.state_of("b") == "completed");
  json agents;
  do
    agents = at.asked("agents")["agents"];
  while (agents.size() > 1); // Nothing is left of `a` soon.
  CHECK(agents[0]["name"] == "b");
  at.write("agents: {b: {kind: echo, capabilities: [a, b]}}\n");
  CHECK(at.asked("reload")["changed"] == json{"b"});
  CHECK(at.state_of("a") == "completed");
  CHECK(at.asked("reload")["changed"].empty());
}

TEST_CASE("the first agent that is a process can come by reload", "[reload]")
{
  filed_node at{"agents: {a: {kind: echo}}\n"};
  at.write("agents: {p: {kind: process, command: cat, capabilities: [p]}}\n");
  CHECK(at.asked("reload")["added"] == json{"p"});
  CHECK(at.state_of("p") == "completed");
  at.write("agents: {p: {kind: process, command: cat, max_load: 100000}}\n");
  auto refused = at.call("reload");
  CHECK(refused.error.code == errc::limit_reached);
  CHECK(at.state_of("p") == "completed"); // As it was.
}

TEST_CASE("a bad file changes nothing and says why", "[reload]")
{
  filed_node at{"agents: {a: {kind: echo, capabilities: [a]}}\n"};
  at.write("agents:\n  a: {kind: ecko}\n");
  auto refused = at.call("reload");
  CHECK(refused.error.code == errc::invalid);
  REQUIRE(refused.problems.size() == 1);
  CHECK(refused.problems[0].line == 2);
  std::filesystem::remove(at.file);
  refused = at.call("reload");
  CHECK(refused.error.code == errc::invalid);
  CHECK(refused.error.message.find("cannot read") != std::string::npos);
  CHECK(at.state_of("a") == "completed");
}

TEST_CASE("a reload that is refused changes nobody who may come in", "[reload]")
{
  filed_node at{"gateway: {listen: '127.0.0.1:0'}\nagents: {a: {kind: echo}}\n",
                doors::open};
  auto address = at.n->addresses().at(0);
  auto port = std::stoi(address.substr(address.rfind(':') + 1));
  auto status = [&] {
    raw_client client{static_cast<uint16_t>(port)};
    client.send("GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                "Connection: close\r\n\r\n");
    return client.read().status;
  };
  CHECK(status() == 200);
  auto secret = at.dir / "secret";
  std::ofstream{secret} << std::string(40, 's');
  auto login = "gateway: {listen: '127.0.0.1:0'}\nauth: {issuers: {new: "
               "{issuer: new, keys: "
               "['file:"
               + secret + "']}}}\n";
  at.write(login
           + "agents: {h: {kind: http, url: 'http://127.0.0.1:1/', "
             "secret: 'file:/no/such'}}\n");
  auto refused = at.call("reload");
  CHECK(refused.error.message.find("/no/such") != std::string::npos);
  CHECK(status() == 200);
  at.write(login + "agents: {a: {kind: echo}}\n");
  at.asked("reload");
  CHECK(status() == 401);
}

TEST_CASE("a node without a file has nothing to read again", "[reload]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  std::string body;
  CHECK(n.ask("reload", "{}", body).code == errc::invalid_state);
}
