#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "core/login.hpp"
#include "gateway/raw_client.hpp"
#include "runtime/agents.hpp"
#include "runtime/asking.hpp"

// A real node behind a real door that asks who comes, with two tenants: blue,
// who has work there, and red, who must not notice.

namespace troupe::test {

class opened_door {
public:
  opened_door() {
    add_echo(n);
    REQUIRE_FALSE(n.start());
    gateway::gateway_options opts;
    opts.port = 0;
    auto rules = std::make_shared<core::login_rules>();
    rules->issuers.push_back(
      {"team", "troupe", {{{}, core::jwt_algorithm::hs256, secret}}});
    opts.login = std::move(rules);
    opts.principal_requests_per_second = 0;
    opts.workspace_requests_per_second = 0;
    server = std::make_unique<gateway::http_server>(n.api(), opts);
    REQUIRE_FALSE(server->start());
    auto waits = make_blue();
    run = waits.at("run");
    task = waiting_task();
  }

  ~opened_door() {
    server->stop(std::chrono::milliseconds{0});
    n.stop();
  }

  static nlohmann::json claims(const std::string& workspace,
                               const std::string& role) {
    auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
    return {{"iss", "troupe"},
            {"aud", "troupe"},
            {"sub", workspace + "-" + role},
            {"exp", now.count() + 3600},
            {"workspaces", {{workspace, role}}}};
  }

  static std::string token(const std::string& workspace,
                           const std::string& role) {
    return core::sign_hs256(claims(workspace, role).dump(), secret);
  }

  /// As the machine's owner, behind the door.
  nlohmann::json ask_inside(const std::string& op, const nlohmann::json& params,
                            const std::string& workspace = "blue",
                            const std::string& key = {}) {
    std::promise<core::api_answer> answered;
    core::api_request what{op, workspace, {}, core::text{params.dump()}, key};
    n.api()->call(
      what, [&](core::api_answer x) { answered.set_value(std::move(x)); });
    auto got = answered.get_future().get();
    INFO(op << ' ' << params.dump() << ": " << got.error.message);
    REQUIRE_FALSE(got.error);
    return nlohmann::json::parse(got.body.view());
  }

  /// All that is to be seen of a tenant, to be compared.
  std::string state_of(const std::string& workspace) {
    auto all = nlohmann::json::array();
    auto add = [&](const char* op, const nlohmann::json& params) {
      all.push_back(ask_inside(op, params, workspace));
      all.back().erase("next"); // How far was read, in what others share.
    };
    add("runs", nlohmann::json::object());
    add("tasks", nlohmann::json::object());
    add("approvals", nlohmann::json::object());
    for (const auto& x : all[0]["runs"]) {
      add("run", {{"run", x["run"]}});
      add("history", {{"run", x["run"]}});
      add("logs", {{"run", x["run"]}});
    }
    return all.dump();
  }

  /// What the door says to these bytes on a connection of their own.
  raw_reply say(const std::string& bytes) const {
    raw_client client{server->port()};
    client.send(bytes);
    return client.read(bytes.starts_with("HEAD"));
  }

  node n{quiet()};
  std::unique_ptr<gateway::http_server> server;
  std::string run;  // Of blue: it waits for an answer.
  std::string task; // The one that waits.
  static inline const std::string secret = std::string(32, 's');
  /// Stands in all that blue has.
  static constexpr const char* mark = "ultramarine";

private:
  nlohmann::json make_blue() {
    std::string name = mark;
    auto done = ask_inside(
      "submit",
      {{"tasks",
        {{{"agent", "echo"}, {"name", name}, {"input", {{"colour", name}}}}}},
       {"wait", true}},
      "blue", "key-of-both");
    (void)done;
    auto text = "workflow: " + name
                + "\nsteps:\n  first: {agent: echo, input: {a: " + name
                + "}}\n  agree: {depends_on: [first], description: " + name
                + ", approve: {timeout: 24h}}\n  then: {agent: echo, "
                  "depends_on: [agree]}\n";
    ask_inside("register", {{"workflow", text}});
    return ask_inside("submit", {{"name", name}});
  }

  std::string waiting_task() {
    for (;;) {
      auto all = ask_inside("approvals", nlohmann::json::object());
      if (!all["decisions"].empty())
        return all["decisions"][0].at("task");
    }
  }
};

} // namespace troupe::test
