#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/queue_alerts.hpp"
#include "core/queue_task.hpp"

// A pass, its log, and tasks as programs of the contract see them.

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;
using enum task_state;

namespace {

const instant now = from_us(1'800'000'000'000'000);

id task(uint32_t number) {
  return id::make(now, 1, 1).with(number);
}

task_row row_in(task_state state) {
  task_row x;
  x.key = task(3);
  x.workspace = "w";
  x.type = "email";
  x.priority = 7;
  x.state = state;
  x.labels = text{R"({"kind":"activity","strategy_id":"s","phase":"p",)"
                  R"("task_type":"email","assigned_agent":"email-agent",)"
                  R"("description":"Drip","subject":"Drip",)"
                  R"("depends_on":"1,2"})"};
  x.started_at = now;
  return x;
}

failure flaky(std::string message) {
  return {errc::agent_failed, category::unknown, std::move(message)};
}

} // namespace

TEST_CASE("a pass works some at a time, in order", "[core]")
{
  queue_pass pass{{task(1), task(2), task(3)}, 2};
  CHECK(pass.take() == std::vector<id>{task(1), task(2)});
  CHECK(pass.take().empty());
  pass.ended({task(2), "completed", 5, ""});
  CHECK(pass.take() == std::vector<id>{task(3)});
  pass.ended({task(2), "completed", 5, ""}); // Said twice is said once.
  pass.ended({task(1), "failed", 5, "no"});
  CHECK_FALSE(pass.over());
  pass.forget(task(3));
  CHECK(pass.over());
  CHECK(pass.completed() == 1);
  CHECK(pass.failed() == 1);
  CHECK(pass.log().size() == 2);
  CHECK(queue_pass{{}, 0}.over());
}

TEST_CASE("a pass that is given up leaves the rest as it is", "[core]")
{
  queue_pass pass{{task(1), task(2), task(3)}, 2};
  CHECK(pass.moves() == 0);
  pass.take();
  CHECK(pass.moves() == 2);
  pass.ended({task(1), "completed", 5, ""});
  CHECK(pass.moves() == 3);
  pass.give_up("nothing happened");
  CHECK(pass.over());
  CHECK(pass.take().empty());
  REQUIRE(pass.log().size() == 2);
  CHECK(pass.log()[1].task == task(2));
  CHECK(pass.log()[1].status == "in_progress");
  CHECK(pass.log()[1].error == "nothing happened");
  CHECK(pass.completed() == 1);
}

TEST_CASE("the log of a pass tells of tries, and of their end", "[core]")
{
  auto row = row_in(retrying);
  row.retries = 1;
  row.error = flaky("no route");
  auto entry = queue_log_of(row, now + 1500ms);
  CHECK(entry.status == "retrying");
  CHECK(entry.error == "Retry 1/3: no route");
  CHECK(entry.duration_ms == 1500);
  row.state = failed;
  row.retries = 3;
  row.error.message = "no route (all 3 retries are used)";
  CHECK(queue_log_of(row, now).error == "Failed after 3 retries: no route");
  CHECK(queue_log_of(row, now).code == "TASK_005");
  CHECK(queue_error_message(row) == "Max retries exceeded: no route");
  row.retries = 0;
  row.error = {errc::agent_failed, category::validation, "bad input"};
  CHECK(queue_log_of(row, now).error == "bad input");
  CHECK(queue_log_of(row, now).code.empty());
  CHECK(queue_error_message(row) == "bad input");
}

TEST_CASE("an attempt that took too long is told with its code", "[core]")
{
  auto row = row_in(retrying);
  row.retries = 1;
  row.error = {errc::timed_out, category::timeout, "no answer within 5m"};
  CHECK(queue_log_of(row, now).code == "TASK_008");
  CHECK(queue_log_of(row, now).error == "Retry 1/3: no answer within 5m");
}

TEST_CASE("a task that cannot be worked says why, in words of the contract",
          "[core]")
{
  auto row = row_in(queued);
  row.due = due_kind::held;
  CHECK_FALSE(cannot_work(row));
  row.due = due_kind::none;
  CHECK(cannot_work(row)->code == errc::invalid_state);
  auto why = [&](task_state state) {
    row.state = state;
    return cannot_work(row)->message;
  };
  CHECK(why(waiting).starts_with("TASK_006: "));
  row.error = {errc::agent_failed, category::validation, "bad input"};
  CHECK(why(failed).find("retry it") != std::string::npos);
  row.error = flaky("no route");
  row.retries = 3;
  CHECK(why(failed).starts_with("TASK_005: "));
  for (auto state : {awaiting_approval, retrying, paused, in_progress,
                     compensating, completed, cancelled, skipped}) {
    row.state = state;
    CHECK(cannot_work(row)->code == errc::invalid_state);
  }
}

TEST_CASE("a task shows the columns of the contract", "[core]")
{
  auto x = queue_row(row_in(in_progress));
  CHECK(x["id"] == to_string(task(3)));
  CHECK(x["status"] == "in_progress");
  CHECK(x["contact_id"].is_null());
  CHECK(x["depends_on"]
        == nlohmann::json{to_string(task(1)), to_string(task(2))});
  CHECK(x["input_data"]
        == nlohmann::json{{"phase_name", "p"},
                          {"activity", "Drip"},
                          {"content_focus", ""},
                          {"strategy_id", "s"}});
  CHECK(x["max_retries"] == 3);
}

TEST_CASE("progress is what the agent says, else half", "[core]")
{
  auto row = row_in(in_progress);
  CHECK(queue_entry(row, {}, now)["progress_percentage"] == 50);
  auto told = queue_entry(row, 0.25, now + 10s);
  CHECK(told["progress_percentage"] == 25);
  CHECK(told["eta_seconds"] == 30);
  CHECK(queue_entry(row_in(completed), {}, now)["progress_percentage"] == 100);
  CHECK(queue_entry(row_in(failed), {}, now)["progress_percentage"] == 0);
  CHECK(queue_entry(row_in(waiting), {}, now)["dependencies_met"] == false);
  CHECK(queue_entry(row_in(queued), {}, now)["dependencies_met"] == true);
}

TEST_CASE("a task becomes urgent when its deadline comes near", "[core]")
{
  auto row = row_in(queued);
  auto labels = nlohmann::json::parse(row.labels.view());
  labels["deadline"] = to_rfc3339(now + 50h);
  row.labels = text{labels.dump()};
  CHECK(queue_priority(row, now) == 7);
  CHECK_FALSE(timing_of(row, now).urgent);
  CHECK(queue_priority(row, now + 2h) == 9);
  CHECK(timing_of(row, now + 2h).urgent);
  CHECK(timing_of(row, now).email);
}

TEST_CASE("an alert is told once, and once more when it is over", "[core]")
{
  queue_alerts alerts{{}};
  queue_sample busy{101, 0, 0, 0};
  auto news = alerts.look("w", busy);
  REQUIRE(news.size() == 1);
  CHECK(news[0].name == "queue_depth");
  CHECK(news[0].audience == "ops");
  CHECK(alerts.look("w", busy).empty());
  CHECK(alerts.look("v", busy).size() == 1); // Another queue's own.
  news = alerts.look("w", {100, 0, 0, 0});
  REQUIRE(news.size() == 1);
  CHECK(news[0].over);
  news = alerts.look("w", {0, 20, 3, 1});
  REQUIRE(news.size() == 2);
  CHECK(news[0].name == "failed_share");
  CHECK(news[0].audience == "dev");
  CHECK(news[1].name == "slow");
  CHECK(alerts.look("u", {0, 9, 9, 0}).empty()); // Too few to say anything.
}

TEST_CASE("agents that nobody is are told of one by one", "[core]")
{
  queue_alerts alerts{{}};
  CHECK(alerts.missing("w", {"a", "b"}).size() == 2);
  CHECK(alerts.missing("w", {"a", "b"}).empty());
  auto news = alerts.missing("w", {"a"});
  REQUIRE(news.size() == 1);
  CHECK(news[0].name == "TASK_004");
  CHECK(news[0].over);
}
