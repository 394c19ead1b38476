#pragma once

#include <functional>
#include <future>

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"
#include "runtime/node_insides.hpp"
#include "runtime/queue_settings.hpp"

namespace troupe::test {

using nlohmann::json;

inline const std::string strategy_id = "0190a1b2-0000-7000-8000-00000000000a";

inline json strategy() {
  return {{"id", strategy_id},
          {"contact_id", "0190a1b2-0000-7000-8000-00000000000b"},
          {"campaign_calendar",
           {{"phases",
             {{{"phase_name", "Phase 1: Awareness"},
               {"content_focus", "brand"},
               {"key_activities", {"Publish 12 blog posts", "Write copy"}}},
              {{"phase_name", "Phase 2: Nurture"},
               {"key_activities", {"Drip emails"}}}}}}},
          {"kpis", {{{"metric_name", "CTR"}}}}};
}

/// What an agent does with a task.
using doing = std::function<outcome(const task&, context&)>;

class doer : public agent {
public:
  explicit doer(const doing& what) : what_(what) {}
  outcome perform(const task& t, context& ctx) override {
    return what_(t, ctx);
  }

private:
  const doing& what_;
};

/// A node whose queue is worked only when it is told to, at any time of day.
struct queue_node {
  directory dir;
  doing content = [](const task& t, context&) {
    return outcome::done(t.input);
  };
  doing mail = content;
  node n{quiet(dir / "data")};

  explicit queue_node(
    bool with_mail = true,
    const std::function<void(runtime::queue_settings&)>& change = {}) {
    auto& settings = node_insides::task_queue(n);
    settings.calendar.quiet.reset();
    settings.calendar.email.reset();
    settings.calendar.retries.reset();
    settings.calendar.cron.reset();
    settings.sweep = std::chrono::seconds{0};
    if (change)
      change(settings);
    for (auto name : {"content-generator", "analytics-agent"})
      n.add(who(name, "x", 4),
            [this] { return std::make_unique<doer>(content); });
    if (with_mail)
      n.add(who("email-agent", "x", 4),
            [this] { return std::make_unique<doer>(mail); });
    REQUIRE_FALSE(n.start());
    ask(n, "queue_strategy", strategy());
  }

  json decompose() {
    return ask(n, "queue_decompose", {{"strategy_id", strategy_id}});
  }
  json execute(const json& params = json::object()) {
    return ask(n, "queue_execute", params);
  }
  json status(const json& params = json::object()) {
    return ask(n, "queue_status", params);
  }

  /// The error of an operation that must have one.
  failure refused(const std::string& op, const json& params,
                  const std::string& workspace = "default",
                  const std::string& who = "local") {
    std::promise<core::api_answer> got;
    core::api_request what;
    what.op = op;
    what.workspace = workspace;
    what.by.principal = who;
    what.params = core::text{params.dump()};
    n.api()->call(what, [&](core::api_answer x) { got.set_value(x); });
    auto answer = got.get_future().get();
    INFO(answer.body.view());
    CHECK(answer.error);
    return answer.error;
  }

  /// The first value that the store's own shell would show.
  std::string sql(const std::string& text) {
    sqlite3* db = nullptr;
    auto file = dir / "data/troupe.db";
    REQUIRE(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr)
            == SQLITE_OK);
    std::string out;
    char* why = nullptr;
    sqlite3_exec(
      db, text.c_str(),
      [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) = values[0] ? values[0] : "NULL";
        return 0;
      },
      &out, &why);
    INFO((why ? why : ""));
    CHECK(why == nullptr);
    sqlite3_free(why);
    sqlite3_close(db);
    return out;
  }

  std::string column(const std::string& name, const json& task) {
    return sql("SELECT " + name + " FROM autonomous_tasks WHERE id='"
               + task["id"].get<std::string>() + "'");
  }
};

} // namespace troupe::test
