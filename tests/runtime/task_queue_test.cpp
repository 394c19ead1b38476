#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <mutex>

#include "runtime/queue_node.hpp"

// The task queue with every part of a node.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_CASE("a strategy is worked phase by phase, and sqlite3 shows the truth",
          "[runtime][queue]")
{
  queue_node q;
  auto made = q.decompose();
  CHECK(made["tasks_created"] == 4);
  CHECK(made["execution_plan"]["phases"][0]["tasks"].size() == 3);
  CHECK(made["execution_plan"]["estimated_duration_days"] == 60);
  const auto& tasks = made["tasks"];
  for (const auto& task : tasks) // The view says what the answer says.
    for (auto name : {"workspace_id", "contact_id", "task_description",
                      "task_type", "assigned_agent", "status"}) {
      INFO(name);
      CHECK(q.column(name, task) == task[name].get<std::string>());
    }
  CHECK(json::parse(q.column("depends_on", tasks[2]))
        == json{tasks[0]["id"], tasks[1]["id"]});
  CHECK(json::parse(q.column("input_data", tasks[0]))
        == tasks[0]["input_data"]);
  CHECK(q.column("priority", tasks[0]) == "8");
  CHECK(q.status()["summary"]["queued"] == 4);

  auto first = q.execute(); // The second phase waits for the next pass.
  CHECK(first["tasks_executed"] == 3);
  CHECK(first["tasks_failed"] == 0);
  CHECK(first["tasks_remaining"] == 1);
  CHECK(first["execution_log"].size() == 3);
  CHECK(first["execution_log"][0]["status"] == "completed");
  CHECK(q.column("status", tasks[0]) == "completed");
  CHECK(json::parse(q.column("output_data", tasks[0]))["input"]
        == tasks[0]["input_data"]);
  CHECK(q.execute()["tasks_executed"] == 1);
  CHECK(q.status()["summary"]["completed"] == 4);
  CHECK(q.sql("SELECT count(*) FROM audit_logs WHERE action='task.executed' "
              "AND resource='autonomous_tasks' AND agent='task-orchestrator'")
        == "4");
  CHECK(q.execute()["execution_log"].empty());
}

TEST_CASE("a pass works the most important tasks first, a few at a time",
          "[runtime][queue]")
{
  queue_node q;
  std::mutex mutex;
  std::vector<std::string> order;
  q.content = [&](const task& t, context&) {
    std::lock_guard guard{mutex};
    order.push_back(json::parse(t.input)["description"]);
    return outcome::done();
  };
  q.decompose();
  q.execute({{"max_concurrent", 1}, {"filter", {{"priority_min", 8}}}});
  CHECK(order
        == std::vector<std::string>{"Publish 12 blog posts", "Write copy"});
  q.execute({{"filter", {{"task_type", "analysis"}}}});
  CHECK(order.back() == "Setup tracking for CTR");
  auto why = q.refused("queue_execute", {{"filter", {{"task_type", "mail"}}}});
  CHECK(why.message.starts_with("TASK_007: "));
}

TEST_CASE("a failed task is reported, tried again, and keeps what waits for it",
          "[runtime][queue]")
{
  queue_node q;
  std::atomic<bool> broken{true};
  q.content = [&](const task& t, context&) {
    return broken && t.name == "task_1"
             ? outcome::failed("no ideas", category::validation)
             : outcome::done();
  };
  auto tasks = q.decompose()["tasks"];
  auto pass = q.execute();
  CHECK(pass["tasks_failed"] == 1);
  CHECK(pass["tasks_executed"] == 2);
  CHECK(q.column("status", tasks[0]) == "failed");
  CHECK(q.column("error_message", tasks[0]).find("no ideas") == 0);
  auto waits = q.status({{"task_id", tasks[2]["id"]}})["tasks"][0];
  CHECK(waits["status"] == "queued");
  CHECK(waits["dependencies_met"] == false);
  CHECK(q.execute()["execution_log"].empty());
  CHECK(q.refused("queue_retry", {{"task", tasks[1]["id"]}}).code
        == errc::invalid_state);
  broken = false;
  auto retry = ask(q.n, "queue_retry", {{"task", tasks[0]["id"]}});
  CHECK(retry["new_status"] == "queued");
  // It runs at once; what waits for it is the next pass's.
  for (int i = 0; i < 1000 && q.column("status", tasks[0]) != "completed"; ++i)
    q.execute();
  CHECK(q.column("status", tasks[0]) == "completed");
  CHECK(q.column("error_message", tasks[0]) == "NULL");
}

TEST_CASE("a try that failed is told as such, and comes again by itself",
          "[runtime][queue]")
{
  queue_node q;
  std::atomic<int> tries{0};
  q.content = [&](const task& t, context&) {
    return t.name == "task_1" && ++tries == 1
             ? outcome::failed("no route", category::network)
             : outcome::done();
  };
  auto tasks = q.decompose()["tasks"];
  auto pass =
    q.execute({{"filter", {{"assigned_agent", "content-generator"}}}});
  CHECK(pass["tasks_failed"] == 0);
  auto told =
    std::find_if(pass["execution_log"].begin(), pass["execution_log"].end(),
                 [&](const json& x) { return x["task_id"] == tasks[0]["id"]; });
  REQUIRE(told != pass["execution_log"].end());
  CHECK((*told)["status"] == "retrying");
  CHECK((*told)["error"] == "Retry 1/3: no route");
  CHECK(q.column("status", tasks[0]) == "queued");
  CHECK(q.column("retry_count", tasks[0]) == "1");
  CHECK(q.sql("SELECT status FROM audit_logs WHERE resource_id='"
              + tasks[0]["id"].get<std::string>() + "'")
        == "retrying");
}

TEST_CASE("what nobody has released says so", "[runtime][queue]")
{
  queue_node q;
  auto tasks = q.decompose()["tasks"];
  CHECK(ask(q.n, "task", {{"task", tasks[0]["id"]}})["due"] == "held");
  auto why = ask(q.n, "why", {{"task", tasks[0]["id"]}});
  CHECK(why["waits_for"][0]["what"] == "held");
}

TEST_CASE("outside of its hours a task waits, and why says until when",
          "[runtime][queue]")
{
  // Two minutes of the day, half a day away: never now.
  auto far = core::instant{std::chrono::duration_cast<core::duration>(
               std::chrono::system_clock::now().time_since_epoch())}
             + 12h;
  auto of_day = far - std::chrono::floor<std::chrono::days>(far);
  auto from = std::chrono::floor<std::chrono::minutes>(of_day);
  queue_node q{true, [&](runtime::queue_settings& x) {
                 x.calendar.zone = "UTC";
                 x.calendar.email = core::day_window{from, from + 2min};
               }};
  auto tasks = q.decompose()["tasks"];
  q.execute();
  CHECK(q.execute()["execution_log"].empty());
  CHECK(q.column("status", tasks[2]) == "queued");
  auto why = ask(q.n, "why", {{"task", tasks[2]["id"]}})["waits_for"][0];
  CHECK(why["what"] == "held");
  CHECK(why["until"].get<std::string>().find(core::time_of_day_text(from)
                                             + ":00.000Z")
        != std::string::npos);
}

TEST_CASE("a running task is really stopped, with the reason",
          "[runtime][queue]")
{
  queue_node q;
  std::promise<void> began;
  std::atomic<bool> stopped{false};
  q.content = [&](const task& t, context& ctx) {
    if (t.name != "task_1")
      return outcome::done();
    began.set_value();
    stopped = ctx.wait(60s);
    return outcome::failed("cancelled", category::cancelled);
  };
  auto tasks = q.decompose()["tasks"];
  auto pass = std::async(std::launch::async, [&] { return q.execute(); });
  began.get_future().wait();
  json running = json::object(); // Its start is written with what comes next.
  while (running.value("status", "") != "in_progress")
    running = q.status({{"task_id", tasks[0]["id"]}})["tasks"][0];
  CHECK(running["status"] == "in_progress");
  CHECK(running["progress_percentage"] == 50);
  auto done = ask(q.n, "queue_cancel",
                  {{"task", tasks[0]["id"]}, {"reason", "too dear"}});
  CHECK(done["previous_status"] == "in_progress");
  CHECK(pass.get()["tasks_executed"] == 2);
  CHECK(stopped);
  CHECK(q.column("status", tasks[0]) == "cancelled");
  CHECK(q.column("error_message", tasks[0]) == "too dear");
  auto why = q.refused("queue_cancel", {{"task", tasks[1]["id"]}});
  CHECK(why.code == errc::invalid_state);
  CHECK(why.message.find("completed") != std::string::npos);
}

TEST_CASE("a task without a reason is cancelled by the user",
          "[runtime][queue]")
{
  queue_node q;
  auto tasks = q.decompose()["tasks"];
  CHECK(ask(q.n, "queue_cancel", {{"task", tasks[0]["id"]}})["previous_status"]
        == "queued");
  CHECK(q.column("error_message", tasks[0]) == "Cancelled by user");
}

TEST_CASE("a task whose agent is not there stays queued, and people are told",
          "[runtime][queue]")
{
  queue_node q{false};
  auto tasks = q.decompose()["tasks"];
  q.execute();
  auto pass = q.execute();
  REQUIRE(pass["execution_log"].size() == 1);
  CHECK(pass["execution_log"][0]["status"] == "queued");
  CHECK(pass["execution_log"][0]["error"].get<std::string>().starts_with(
    "TASK_004: "));
  CHECK(q.column("status", tasks[2]) == "queued");
  auto status = ask(q.n, "status");
  auto told = status.dump();
  CHECK(told.find("alert TASK_004") != std::string::npos);
}

TEST_CASE("one workspace never sees or changes another one's tasks",
          "[runtime][queue]")
{
  queue_node q;
  auto task = q.decompose()["tasks"][0]["id"];
  for (auto op : {"queue_cancel", "queue_retry"})
    CHECK(q.refused(op, {{"task", task}}, "other")
            .message.starts_with("TASK_003: "));
  CHECK(q.refused("queue_status", {{"task_id", task}}, "other")
          .message.starts_with("TASK_003: "));
  CHECK(q.refused("queue_decompose", {{"strategy_id", strategy_id}}, "other")
          .message.starts_with("TASK_001: "));
  CHECK(q.refused("queue_execute", {{"task_id", task}}, "other")
          .message.starts_with("TASK_003: "));
  CHECK(q.refused("release", {{"task", task}}, "other").code
        == errc::not_found);
  CHECK(q.column("status", {{"id", task}}) == "queued");
}

TEST_CASE("who is at home in the default workspace is a stranger elsewhere",
          "[runtime][queue]")
{
  queue_node q;
  auto in_other = [&](const char* op, const json& params) {
    std::promise<core::api_answer> got;
    core::api_request what;
    what.op = op;
    what.workspace = "other";
    what.params = core::text{params.dump()};
    q.n.api()->call(what, [&](core::api_answer x) { got.set_value(x); });
    return json::parse(got.get_future().get().body.view());
  };
  in_other("queue_strategy", strategy());
  auto made = in_other("queue_decompose", {{"strategy_id", strategy_id}});
  auto task = made["tasks"][0]["id"];
  for (auto op : {"queue_cancel", "queue_retry"})
    CHECK(q.refused(op, {{"task", task}}).message.starts_with("TASK_003: "));
  for (auto op : {"queue_status", "queue_execute"})
    CHECK(q.refused(op, {{"task_id", task}}).message.starts_with("TASK_003: "));
  CHECK(q.status()["summary"]["total"] == 0);
  CHECK(q.execute()["execution_log"].empty());
  CHECK(q.column("status", {{"id", task}}) == "queued");
}

TEST_CASE("one task can be worked alone, or says why not", "[runtime][queue]")
{
  queue_node q{false};
  auto tasks = q.decompose()["tasks"];
  auto code = [&](const json& params) {
    return q.refused("queue_execute", params).message.substr(0, 8);
  };
  CHECK(code({{"task_id", tasks[2]["id"]}}) == "TASK_006");
  CHECK(code({{"task_id", strategy_id}}) == "TASK_003");
  auto pass = q.execute({{"task_id", tasks[1]["id"]}});
  CHECK(pass["tasks_executed"] == 1);
  CHECK(pass["tasks_remaining"] == 3);
  CHECK(pass["execution_log"][0]["task_id"] == tasks[1]["id"]);
  CHECK(q.refused("queue_execute", {{"task_id", tasks[1]["id"]}}).code
        == errc::invalid_state);
  CHECK(q.refused("queue_execute", {{"task_id", tasks[0]["id"]},
                                    {"filter", {{"task_type", "content"}}}})
          .code
        == errc::invalid);
  q.execute();
  CHECK(code({{"task_id", tasks[2]["id"]}}) == "TASK_004");
  CHECK(q.execute()["execution_log"][0]["error_code"] == "TASK_004");
}

TEST_CASE("a task that is worked alone and takes too long is a timeout",
          "[runtime][queue]")
{
  queue_node q{true,
               [](runtime::queue_settings& x) { x.attempts.timeout = 20ms; }};
  q.content = [](const task&, context& ctx) {
    ctx.wait(60s);
    return outcome::failed("stopped", category::cancelled);
  };
  auto tasks = q.decompose()["tasks"];
  auto why = q.refused("queue_execute", {{"task_id", tasks[0]["id"]}});
  CHECK(why.code == errc::timed_out);
  CHECK(why.message.starts_with("TASK_008: Retry 1/3: "));
  CHECK(q.column("retry_count", tasks[0]) == "1");
}

TEST_CASE("a strategy that makes no sense is refused with every reason",
          "[runtime][queue]")
{
  queue_node q;
  auto why = q.refused("queue_strategy", {{"id", strategy_id}});
  CHECK(why.message.starts_with("TASK_002: "));
  CHECK(q.refused("queue_decompose", {{"strategy_id", "spring"}})
          .message.starts_with("TASK_001: "));
  CHECK(q.refused("submit",
                  {{"workflow", "workflow: autonomous_tasks\nsteps: {a: {}}"}})
          .code
        == errc::invalid);
}

TEST_CASE("a decomposition with a key happens once", "[runtime][queue]")
{
  queue_node q;
  auto call = [&] {
    std::promise<core::api_answer> got;
    core::api_request what;
    what.op = "queue_decompose";
    what.params = core::text{json{{"strategy_id", strategy_id}}.dump()};
    what.idempotency_key = "k";
    q.n.api()->call(what, [&](core::api_answer x) { got.set_value(x); });
    return json::parse(got.get_future().get().body.view());
  };
  auto first = call();
  CHECK(call()["tasks"] == first["tasks"]);
  CHECK(q.status()["summary"]["total"] == 4);
}

TEST_CASE("a decomposition that is to be executed is worked to its end",
          "[runtime][queue]")
{
  queue_node q;
  std::promise<void> last;
  q.mail = [&](const task&, context&) {
    last.set_value();
    return outcome::done();
  };
  ask(q.n, "queue_decompose",
      {{"strategy_id", strategy_id}, {"auto_execute", true}});
  CHECK(last.get_future().wait_for(20s) == std::future_status::ready);
}

TEST_CASE("the figures of a queue are those of today", "[runtime][queue]")
{
  queue_node q;
  q.content = [](const task& t, context&) {
    return t.name == "task_1" ? outcome::give_up("no") : outcome::done();
  };
  q.decompose();
  q.execute();
  auto x = ask(q.n, "queue_metrics");
  CHECK(x["tasks_created_today"] == 4);
  CHECK(x["tasks_executed_today"] == 2);
  CHECK(x["tasks_failed_today"] == 1);
  CHECK(x["queue_depth"] == 1);
  CHECK(x["agents_utilization"]["email-agent"] == 0);
}
