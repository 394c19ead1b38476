#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <set>

#include "runtime/queue_node.hpp"

// How tasks of the queue stand while they wait and while they are worked.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_CASE(
  "status comes in pages, the most important tasks first, with the sums "
  "of all",
  "[runtime][queue]")
{
  queue_node q;
  q.decompose();
  std::vector<json> all;
  json params{{"limit", 3}};
  for (;;) {
    auto page = q.status(params);
    CHECK(page["tasks"].size() <= 3);
    CHECK(page["summary"]["total"] == 4);
    for (const auto& x : page["tasks"])
      all.push_back(x);
    if (!page.contains("next"))
      break;
    params["after"] = page["next"];
  }
  REQUIRE(all.size() == 4);
  std::set<std::string> ids;
  for (size_t i = 0; i < all.size(); ++i) {
    ids.insert(all[i]["id"]);
    CHECK((i == 0 || all[i - 1]["priority"] >= all[i]["priority"]));
  }
  CHECK(ids.size() == 4);
  auto mails = q.status({{"assigned_agent", "email-agent"}});
  CHECK(mails["tasks"].size() == 1);
  CHECK(mails["summary"]["queued"] == 4); // Of the whole workspace.
  CHECK(q.status({{"status", "completed"}})["tasks"].empty());
}

TEST_CASE("progress is what the agent reports, and tells how long it takes",
          "[runtime][queue]")
{
  queue_node q;
  std::promise<void> go_on;
  auto gone_on = go_on.get_future().share();
  q.content = [&](const task& t, context& ctx) {
    if (t.name == "task_1") {
      ctx.progress(0.25);
      gone_on.wait();
    }
    return outcome::done();
  };
  auto task = q.decompose()["tasks"][0]["id"];
  auto pass = std::async(std::launch::async, [&] { return q.execute(); });
  json row;
  do
    row = q.status({{"task_id", task}})["tasks"][0];
  while (row["progress_percentage"] != 25);
  CHECK(row["status"] == "in_progress");
  CHECK(row["eta_seconds"].is_number());
  go_on.set_value();
  CHECK(pass.get()["tasks_executed"] == 3);
  row = q.status({{"task_id", task}})["tasks"][0];
  CHECK(row["progress_percentage"] == 100);
  CHECK_FALSE(row.contains("eta_seconds"));
}

TEST_CASE("mails wait for a yes where their phase asks for one",
          "[runtime][queue]")
{
  queue_node q;
  auto with_approval = strategy();
  with_approval["campaign_calendar"]["phases"] = {
    {{"phase_name", "Phase 1"},
     {"approval", true},
     {"key_activities", {"Write copy", "Drip emails"}}}};
  ask(q.n, "queue_strategy", with_approval);
  auto mail = q.decompose()["tasks"][1];
  CHECK(mail["assigned_agent"] == "email-agent");
  CHECK(q.execute()["tasks_executed"] == 2);
  CHECK(q.execute()["execution_log"].empty());
  CHECK(q.column("status", mail) == "queued");
  auto why = q.refused("queue_execute", {{"task_id", mail["id"]}});
  CHECK(why.code == errc::invalid_state);
  CHECK(why.message.find("approve") != std::string::npos);
  ask(q.n, "approve", {{"task", mail["id"]}});
  CHECK(q.execute({{"task_id", mail["id"]}})["tasks_executed"] == 1);
  CHECK(q.column("status", mail) == "completed");
}
