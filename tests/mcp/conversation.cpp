#include "mcp/conversation.hpp"

#include <catch2/catch.hpp>

namespace troupe::test {

using nlohmann::json;

conversation::conversation(bool fixtures) {
  mcp::surroundings around;
  around.after = [this](std::chrono::milliseconds, std::function<void()> then) {
    alarms.push_back(std::move(then));
  };
  around.chance = [n = 0]() mutable { return "chance-" + std::to_string(++n); };
  around.secret = "secret";
  around.fixtures = fixtures;
  server = std::make_unique<mcp::server>(std::move(around));
}

std::shared_ptr<recording_outlet> conversation::say(const std::string& body,
                                                    headers with) {
  auto to = std::make_shared<recording_outlet>();
  server->take(
    {body, {api, "default", {"ann", "mcp", "r-1", ""}}, true, std::move(with)},
    to);
  return to;
}

std::shared_ptr<recording_outlet>
conversation::modern(const std::string& method, json params,
                     json capabilities) {
  params["_meta"][mcp::key::version] = mcp::revision::modern;
  params["_meta"][mcp::key::capabilities] = std::move(capabilities);
  headers with{{"mcp-protocol-version", std::string{mcp::revision::modern}},
               {"mcp-method", method}};
  for (const auto* name : {"name", "uri", "taskId"})
    if (params.contains(name))
      with.emplace_back("mcp-name", params[name].get<std::string>());
  json message{{"jsonrpc", "2.0"},
               {"id", ++last_id},
               {"method", method},
               {"params", std::move(params)}};
  return say(message.dump(), std::move(with));
}

std::shared_ptr<recording_outlet>
conversation::legacy(const std::string& method, json params) {
  json message{{"jsonrpc", "2.0"},
               {"id", ++last_id},
               {"method", method},
               {"params", std::move(params)}};
  return say(message.dump(), {{"mcp-session-id", session},
                              {"mcp-protocol-version", "2025-11-25"}});
}

void conversation::initialize(json capabilities) {
  json message{{"jsonrpc", "2.0"}, {"id", ++last_id}, {"method", "initialize"}};
  message["params"] = {{"protocolVersion", "2025-11-25"},
                       {"capabilities", std::move(capabilities)},
                       {"clientInfo", {{"name", "test"}, {"version", "1"}}}};
  auto got = say(message.dump());
  CHECK(result_of(*got)["protocolVersion"] == "2025-11-25");
  session = got->answers()[0].session;
  REQUIRE(!session.empty());
}

json conversation::call(const std::string& tool, json arguments) {
  return result_of(*modern(
    "tools/call", {{"name", tool}, {"arguments", std::move(arguments)}}));
}

void conversation::ring() {
  std::vector<std::function<void()>> now;
  now.swap(alarms);
  for (const auto& x : now)
    x();
}

std::string run_json(const std::string& state, int percent,
                     const json& counts) {
  return json{{"run", run},
              {"name", "release"},
              {"state", state},
              {"percent", percent},
              {"created_at", "2026-11-22T03:00:00.000Z"},
              {"counts", counts}}
    .dump();
}

void has_open_decision(conversation& with) {
  with.api->on("run", run_json("running", 50, {{"awaiting_approval", 1}}));
  json decision{{"task", task}, {"run", run}, {"question", "Deploy?"}};
  with.api->on("approvals",
               json{{"decisions", json::array({decision})}}.dump());
}

json watch_call(int timeout_s) {
  return {{"name", "watch"},
          {"arguments", {{"run", run}, {"timeout_s", timeout_s}}}};
}

size_t times_asked(conversation& with, const std::string& op) {
  size_t out = 0;
  for (const auto& x : with.api->calls())
    out += x.op == op ? 1 : 0;
  return out;
}

json result_of(const recording_outlet& from) {
  auto all = from.answers();
  REQUIRE(all.size() == 1);
  INFO(all[0].message.dump());
  REQUIRE(all[0].message.contains("result"));
  return all[0].message["result"];
}

json error_of(const recording_outlet& from) {
  auto all = from.answers();
  REQUIRE(all.size() == 1);
  INFO(all[0].message.dump());
  REQUIRE(all[0].message.contains("error"));
  return all[0].message["error"];
}

std::vector<json> said_by(const recording_outlet& from,
                          const std::string& method) {
  std::vector<json> out;
  for (const auto& x : from.said())
    if (x.value("method", "") == method)
      out.push_back(x);
  return out;
}

} // namespace troupe::test
