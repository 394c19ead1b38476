#pragma once

#include "core/agent_link.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <sstream>

namespace troupe::core::test {

using namespace std::chrono_literals;
using nlohmann::json;
using fate = link_actions::fate;

inline constexpr instant t0 = instant{1000h};

inline task task_of(std::string id, uint32_t attempt = 1) {
  task t;
  t.id = std::move(id);
  t.attempt = attempt;
  t.input = "{\"n\":\n1}";
  return t;
}

inline link_limits small() {
  link_limits limits;
  limits.tasks_max = 3;
  limits.faults_max = 5;
  limits.frame_bytes_max = 1000;
  limits.remembered_max = 2;
  return limits;
}

/// A link, and an agent whose lines the test writes.
struct talk {
  explicit talk(link_limits limits = small(),
                std::vector<std::string> allowed = {})
    : link("bob", limits, std::move(allowed)) {}

  void take(link_actions x) {
    last = std::move(x);
    for (auto& end : last.ends) {
      INFO(end.key.task);
      CHECK(ends.emplace(end.key, end.what).second);
    }
    std::istringstream lines{last.frames};
    said.clear();
    for (std::string line; std::getline(lines, line);)
      said.push_back(json::parse(line));
  }
  void says(const json& frame) {
    auto whole = frame;
    whole["jsonrpc"] = "2.0";
    take(link.receive(whole.dump() + "\n", now));
  }
  void asks(std::string method, json params) {
    says({{"id", 99}, {"method", method}, {"params", std::move(params)}});
  }
  void notes(std::string method, json params = json::object()) {
    says({{"method", method}, {"params", std::move(params)}});
  }
  void greet(json params = {{"protocol", "1"}}) {
    take(link.born(now));
    asks("link/hello", std::move(params));
  }
  /// Given to the agent, which accepts it.
  void work(const std::string& id, uint32_t attempt = 1) {
    take(link.assign(task_of(id, attempt), now));
    REQUIRE(!said.empty());
    REQUIRE(said.back()["method"] == "task/assign");
    says({{"id", said.back()["id"]}, {"result", {{"accepted", true}}}});
  }
  void result(const std::string& id, json output, uint32_t attempt = 1) {
    asks("task/result",
         {{"task", id}, {"attempt", attempt}, {"output", std::move(output)}});
  }
  void tick(duration later) {
    now += later;
    take(link.tick(now));
  }
  int code() const { return said.at(0).at("error").at("code").get<int>(); }
  const outcome& end(const std::string& id, uint32_t attempt = 1) {
    INFO(id);
    REQUIRE(ends.contains({id, attempt}));
    return ends.at({id, attempt});
  }
  bool open(const std::string& id) const { return !ends.contains({id, 1}); }

  agent_link link;
  instant now = t0;
  link_actions last;
  std::vector<json> said;
  std::map<link_key, outcome> ends;
};

inline failure died() {
  return {errc::agent_crashed, category::agent_crash, "it died"};
}

inline bool is_given_back(const outcome& x) {
  return x.what == verdict::failed && x.error.code == errc::restarting;
}

} // namespace troupe::core::test
