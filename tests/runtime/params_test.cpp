#include <catch2/catch.hpp>

#include <algorithm>
#include <future>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "core/access.hpp"
#include "core/api.hpp"
#include "gateway/field_words.hpp"
#include "gateway/routes.hpp"
#include "runtime/agents.hpp"
#include "runtime/api_params.hpp"
#include "runtime/asking.hpp"

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

core::api_answer call(node& n, const char* what, const json& params,
                      const std::string& key = {}) {
  std::promise<core::api_answer> answered;
  core::api_request request;
  request.op = what;
  request.params = core::text{params.dump()};
  request.idempotency_key = key;
  n.api()->call(request, [&answered](core::api_answer x) {
    answered.set_value(std::move(x));
  });
  return answered.get_future().get();
}

struct wrong_case {
  const char* op;
  const char* params;
  const char* where;
  const char* told; // A part of what is said, or of the hint.
};

} // namespace

TEST_CASE("params that are wrong are told by name, all at once", "[runtime]")
{
  const wrong_case table[] = {
    {"submit", R"({"tasks":[],"priorty":3})", "/priorty", "`priority`?"},
    {"submit", R"({"tasks":[],"workflow_name":"w"})", "/workflow_name", ""},
    {"submit", R"({"tasks":[],"name":"w"})", "/name", "contradict"},
    {"submit", R"({"workflow":"w","definition":{}})", "/definition",
     "`workflow`, `definition`"},
    {"submit", R"({"workflow":{"steps":{}}})", "/workflow", "a text"},
    {"submit", R"({"tasks":[],"priority":"hight"})", "/priority", "1 to 10"},
    {"submit", R"({"tasks":[],"priority":11})", "/priority", "1 to 10"},
    {"submit", R"({"tasks":[],"priority":1.5})", "/priority", "1 to 10"},
    {"submit", R"({"tasks":[],"wait":"yes"})", "/wait", "true or false"},
    {"submit", R"({"tasks":{}})", "/tasks", "a list"},
    {"submit", R"({"tasks":[],"format":"wfcommons"})", "/format", "`workflow`"},
    {"submit", R"({"workflow":"","time_scale":1})", "/time_scale", "`format`"},
    {"submit", R"({"workflow":"","format":"dot"})", "/format", "`wfcommons`"},
    {"plan", R"({"tasks":[],"wait":true})", "/wait", "unknown"},
    {"register", R"({"tasks":[]})", "/tasks", "unknown"},
    {"cancel", R"({"run":"x","reason":7})", "/reason", "a text"},
    {"cancel", R"({"run":"x","task":"y"})", "/task", "contradict"},
    {"runs", R"({"status":"failed"})", "/status", "`state`?"},
    {"status", R"({"all":true})", "/all", "it takes no fields"},
  };
  for (const auto& x : table) {
    INFO(x.op << ' ' << x.params);
    auto all = runtime::params_problems(x.op, json::parse(x.params));
    REQUIRE(all.size() == 1);
    CHECK(all[0].where == x.where);
    CHECK((all[0].what + all[0].hint).find(x.told) != std::string::npos);
  }
  CHECK(runtime::params_problems("submit", {{"a", 1}, {"b", 2}}).size() == 2);
  CHECK(runtime::params_problems("submit", {{"tasks", json::array()}}).empty());
}

TEST_CASE("the door takes the fields of each operation, and no other",
          "[runtime]")
{
  // What says a source has a form of its own; `answer` is the door's word, and
  // `text` is an address of its own, `async` a header.
  const std::set<std::string_view> elsewhere{
    "workflow", "definition", "tasks",  "name",       "input", "priority",
    "format",   "wait",       "answer", "time_scale", "text",  "async"};
  std::map<std::string_view, std::set<std::string_view>> taken;
  for (const auto& x : gateway::routes()) {
    auto& fields = taken[x.op];
    for (auto list : {x.query, x.body.fields})
      for (auto word : gateway::field_words(list))
        fields.insert(word);
    for (auto id : {"run", "task", "agent", "token", "letter", "request"})
      if (x.pattern.find("{" + std::string{id} + "}") != x.pattern.npos)
        fields.insert(id);
  }
  taken.erase("");
  for (const auto& [op, fields] : taken) {
    INFO(op);
    auto known = runtime::fields_of(op);
    for (auto x : fields) {
      if (x == "workspace_id")
        continue; // The door's word for where.
      INFO(x);
      CHECK(std::count(known.begin(), known.end(), x) == 1);
    }
    for (auto x : known) {
      INFO(x);
      CHECK((fields.count(x) > 0 || elsewhere.count(x) > 0));
    }
  }
  CHECK(taken.size() > 20);
}

TEST_CASE("a submission with a wrong field stores nothing", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto no = call(n, "submit",
                 {{"tasks", json::array({json::object()})}, {"priorty", 3}});
  CHECK(no.error.code == errc::invalid);
  CHECK(no.error.message == "unknown field `priorty`");
  CHECK(ask(n, "runs")["runs"].empty());
}

TEST_CASE("a key is for one content: workflow, input and priority", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  const auto flow = std::string{"workflow: w\ninput: {x: {type: any}}\n"
                                "steps: {a: {type: t}}\n"};
  json first{{"workflow", flow}, {"input", {{"x", 1}}}};
  REQUIRE_FALSE(call(n, "submit", first, "k").error);
  auto again = call(n, "submit", first, "k");
  CHECK(json::parse(again.body.view())["repeated"] == true);
  auto other = [&](const char* field, json value) {
    auto params = first;
    params[field] = std::move(value);
    return call(n, "submit", params, "k").error;
  };
  CHECK(other("input", {{"x", 2}}).code == errc::key_reused);
  CHECK(other("workflow", flow + "deadline: 1h\n").code == errc::key_reused);
  auto hurried = other("priority", 9);
  CHECK(hurried.code == errc::key_reused);
  CHECK(hurried.message.find("use a new key") != std::string::npos);
  CHECK(ask(n, "runs")["runs"].size() == 1);
}

TEST_CASE("every operation says which role it needs", "[runtime]")
{
  for (auto op : runtime::operations()) {
    INFO(op);
    CHECK(core::has_need(op));
  }
}
