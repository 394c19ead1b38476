#include "cli/http_node.hpp"

#include <csignal>
#include <utility>

#include <catch2/catch.hpp>

namespace troupe::test {

namespace {

// Questions, not seconds: a slow machine is asked for longer.
constexpr int questions_max = 20'000;

} // namespace

http_node::http_node(std::string data, std::vector<std::string> args)
  : data_(std::move(data)), args_(std::move(args)) {}

void http_node::begin() {
  std::vector<std::string> all{"node", "--data", data_, "--listen",
                               "127.0.0.1:0"};
  all.insert(all.end(), args_.begin(), args_.end());
  process_.emplace(all);
}

void http_node::start() {
  begin();
  auto ready = process_->line();
  INFO(ready);
  port_ = port_of(ready);
  REQUIRE(port_ != 0);
}

ran http_node::end(int signal) {
  process_->signal(signal);
  return process_->finish();
}

void http_node::kill() {
  CHECK(end(SIGKILL).code == 128 + SIGKILL);
}

http_said http_node::say(const std::string& method, const std::string& target,
                         const std::string& body, const std::string& headers) {
  auto path = target.starts_with('/') ? target : "/api/v1/" + target;
  return ask_http(port_, method, path, body, headers);
}

nlohmann::json http_node::ask(const std::string& target) {
  return ask("GET", target, {});
}

nlohmann::json http_node::ask(const std::string& method,
                              const std::string& target,
                              const std::string& body) {
  auto said = say(method, target, body);
  INFO(method << ' ' << target << said.head << said.body);
  REQUIRE(said.status / 100 == 2);
  return nlohmann::json::parse(said.body);
}

std::string http_node::submit(const nlohmann::json& tasks) {
  return ask("POST", "tasks", tasks.dump()).at("run");
}

std::string http_node::end_of(const std::string& run) {
  for (int i = 0; i < questions_max; ++i)
    if (auto state = ask("runs/" + run).value("state", "");
        state == "completed" || state == "failed" || state == "cancelled")
      return state;
  FAIL("the run does not end: " << ask("runs/" + run).dump());
  return {};
}

nlohmann::json http_node::tasks_at_end(const std::string& run) {
  end_of(run);
  return ask("tasks?run=" + run)["tasks"];
}

} // namespace troupe::test
