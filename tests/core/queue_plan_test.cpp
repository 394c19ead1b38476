#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "core/queue_plan.hpp"
#include "core/queue_words.hpp"
#include "core/workflow.hpp"

// Strategies become tasks, as docs/task-queue.md says.

using namespace troupe;
using namespace troupe::core;
using nlohmann::json;

namespace {

const instant now = from_us(1'800'000'000'000'000);

json spring() {
  return json::parse(R"({
    "id": "0190A1B2-0000-7000-8000-00000000000a",
    "contact_id": "0190a1b2-0000-7000-8000-00000000000b",
    "campaign_calendar": {"phases": [
      {"phase_name": "Phase 1: Awareness", "content_focus": "brand",
       "estimated_days": 14,
       "key_activities": ["Publish 12 blog posts",
                          "Launch LinkedIn ad campaign"]},
      {"phase_name": "Phase 2: Nurture", "content_focus": "leads",
       "key_activities": ["Drip emails to leads", "Schedule social posts",
                          "Write copy for the webinar"]}]},
    "content_pillars": [{"name": "Trust", "percentage_allocation": 35}],
    "kpis": [{"metric_name": "CTR"}]})");
}

strategy good(const json& from) {
  auto read = read_strategy(from);
  for (const auto& x : read.problems)
    FAIL(to_text(x, "strategy"));
  return read.value;
}

std::string problems_of(const json& from) {
  std::string out;
  for (const auto& x : read_strategy(from).problems)
    out += x.where + ": " + x.what + "\n";
  return out;
}

json with_phases(json phases) {
  auto x = spring();
  x["campaign_calendar"]["phases"] = std::move(phases);
  return x;
}

} // namespace

TEST_CASE("agents are found by whole words and plain inflections", "[core]")
{
  const std::pair<std::string, std::string> table[] = {
    {"Publish 12 blog posts", "content-generator"},
    {"Launch LinkedIn ad campaign", "campaign-manager"},
    {"Run ads", "campaign-manager"},
    {"Blogging about us", "content-generator"},
    {"Copies of the leaflet", "content-generator"},
    {"Schedule the content", "content-generator"}, // The first match counts.
    {"Scheduling of posts", "calendar-agent"},
    {"CALENDAR for May", "calendar-agent"},
    {"Emails to all", "email-agent"},
    {"A drip to all", "email-agent"},
    {"Set up Analytics", "analytics-agent"},
    {"Tracking of visits", "analytics-agent"},
    {"Draw a roadmap", "general-executor"}, // No "ad" and no "road".
    {"Added pages", "general-executor"},
    {"Reload the broadcast", "general-executor"},
    {"", "general-executor"}};
  for (const auto& [activity, agent] : table) {
    INFO(activity);
    CHECK(agent_for(activity) == agent);
  }
}

TEST_CASE("a task's type follows its agent, or a word of the activity",
          "[core]")
{
  CHECK(task_type_for("calendar-agent", "Schedule") == "social_media");
  CHECK(task_type_for("analytics-agent", "") == "analysis");
  CHECK(task_type_for("general-executor", "Designs of a logo") == "design");
  CHECK(task_type_for("general-executor", "Research buyers") == "research");
  CHECK(task_type_for("general-executor", "Strategies for May") == "strategy");
  CHECK(task_type_for("general-executor", "Call them") == "other");
}

TEST_CASE("priorities follow the phase and the words of the activity", "[core]")
{
  CHECK(priority_for("Phase 1: Awareness", "Publish 12 blog posts") == 8);
  CHECK(priority_for("Phase 1: Awareness", "Launch LinkedIn ad campaign")
        == 10);
  CHECK(priority_for("phase 2", "x") == 7);
  CHECK(priority_for("The phase 3", "x") == 6);
  CHECK(priority_for("Phase 10", "x") == 5); // Is not "Phase 1".
  CHECK(priority_for("Phases 1", "x") == 5);
  CHECK(priority_for("", "Before the deadline") == 7);
  CHECK(priority_for("", "Webinars") == 6);
  CHECK(priority_for("", "Launched webinar before a deadline") == 8);
  CHECK(priority_for_share(35) == 4);
  CHECK(priority_for_share(40) == 4);
  CHECK(priority_for_share(100) == 10);
  CHECK(priority_for_share(0) == 1);
}

TEST_CASE("a strategy becomes a task for each activity, pillar and metric",
          "[core]")
{
  auto plan = decompose(good(spring()), now);
  REQUIRE(plan.tasks.size() == 7);
  CHECK(plan.tasks[0].description == "Publish 12 blog posts");
  CHECK(plan.tasks[5].description == "Create content for Trust pillar");
  CHECK(plan.tasks[5].agent == "content-generator");
  CHECK(plan.tasks[5].priority == 4);
  CHECK(plan.tasks[5].depends_on.empty());
  CHECK(plan.tasks[6].description == "Setup tracking for CTR");
  CHECK(plan.tasks[6].type == "analysis");
  CHECK(plan.tasks[6].priority == 7);
  REQUIRE(plan.phases.size() == 2);
  CHECK(plan.phases[0].tasks == std::vector<uint32_t>{1, 2, 6, 7});
  CHECK(plan.phases[1].depends_on == std::vector<uint32_t>{1, 2});
  CHECK(plan.phases[0].days == 14);
  CHECK(plan.phases[1].days == 30);
  CHECK(plan.days == 44);
}

TEST_CASE("inside of a phase, calendars and mails wait for its content",
          "[core]")
{
  auto plan = decompose(good(spring()), now);
  CHECK(plan.tasks[2].depends_on == std::vector<uint32_t>{1, 2, 5}); // Emails.
  CHECK(plan.tasks[3].depends_on == std::vector<uint32_t>{1, 2, 5}); // Social.
  CHECK(plan.tasks[4].depends_on == std::vector<uint32_t>{1, 2});    // Content.
}

TEST_CASE("a phase without activities does not break the order", "[core]")
{
  auto plan = decompose(
    good(with_phases({{{"phase_name", "a"}, {"key_activities", {"x"}}},
                      {{"phase_name", "b"}},
                      {{"phase_name", "c"}, {"key_activities", {"y"}}}})),
    now);
  CHECK(plan.tasks[1].depends_on == std::vector<uint32_t>{1});
  CHECK(plan.days == 90);
}

TEST_CASE("a deadline within two days makes a phase's tasks urgent", "[core]")
{
  auto phase = [](instant due) {
    return json::array({{{"phase_name", "a"},
                         {"deadline", to_rfc3339(due)},
                         {"key_activities", {"x"}}}});
  };
  using std::chrono::hours;
  auto priority = [&](instant due) {
    return decompose(good(with_phases(phase(due))), now).tasks[0].priority;
  };
  CHECK(priority(now + hours{48}) == 9);
  CHECK(priority(now - hours{1}) == 9);
  CHECK(priority(now + hours{49}) == 5);
}

TEST_CASE("the workflow of a plan holds its tasks and says what they are",
          "[core]")
{
  auto of =
    good(with_phases({{{"phase_name", "p ${x}"},
                       {"approval", "marketing"},
                       {"key_activities", {"Email ${name}", "Copy"}}}}));
  queue_attempts how;
  how.agents = {{"email-agent", "mailer"}};
  auto plan = decompose(of, now);
  auto parsed = parse_workflow(queue_workflow(plan, of, how));
  for (const auto& x : parsed.problems)
    FAIL(to_text(x, "workflow"));
  const auto& mail = parsed.value->steps[0];
  CHECK(mail.hold);
  CHECK(mail.retries == 3);
  CHECK(mail.backoff.base == std::chrono::seconds{2});
  CHECK(mail.backoff.max == std::chrono::seconds{8});
  CHECK(*mail.timeout == std::chrono::minutes{5});
  CHECK(mail.need->agent == "mailer");
  REQUIRE(mail.approve);
  CHECK(mail.approve->by == "marketing");
  REQUIRE(mail.depends_on.size() == 1);
  CHECK(mail.depends_on[0].step == 1);
  auto labels = json::parse(mail.labels.view());
  CHECK(labels["assigned_agent"] == "email-agent");
  CHECK(labels["depends_on"] == "2");
  CHECK(labels["contact_id"] == of.contact);
  auto input = json::parse(mail.input.view());
  CHECK(input["input"]["activity"] == "Email $${name}"); // A plain `${`.
}

TEST_CASE("everything that is wrong with a strategy is said at once", "[core]")
{
  auto x = with_phases({{{"phase_name", 3}, {"key_activities", {"", 4}}},
                        {{"estimated_days", 0}, {"phase_name", "p"}},
                        "no object"});
  x["id"] = "spring";
  x["content_pillars"][0]["percentage_allocation"] = 101;
  x["kpis"] = json::object();
  CHECK(problems_of(x)
        == "/id: `id` is no UUID\n"
           "/campaign_calendar/phases/0/phase_name: `phase_name` is no text\n"
           "/campaign_calendar/phases/0/key_activities/0: `` is empty\n"
           "/campaign_calendar/phases/0/key_activities/1: `` is no text\n"
           "/campaign_calendar/phases/1/estimated_days: `estimated_days` is no "
           "whole number from 1 to 3650 (strategy_days_max)\n"
           "/campaign_calendar/phases/2: this is no object\n"
           "/content_pillars/0/percentage_allocation: `percentage_allocation` "
           "is no number from 0 to 100\n"
           "/kpis: `kpis` is no list\n");
  CHECK(problems_of({{"id", "0190a1b2-0000-7000-8000-00000000000a"}})
        == ": nothing in it makes a task\n");
}

TEST_CASE("a strategy has limits, and the errors name them", "[core]")
{
  json many = json::array();
  for (size_t i = 0; i < strategy_tasks_max; ++i)
    many.push_back({{"metric_name", "m"}});
  auto x = spring();
  x["kpis"] = many;
  CHECK(problems_of(x).find("strategy_tasks_max") != std::string::npos);
  x = spring();
  x["kpis"][0]["metric_name"] = std::string(strategy_text_bytes_max + 1, 'x');
  CHECK(problems_of(x).find("strategy_text_bytes_max") != std::string::npos);
}

TEST_CASE("the largest strategy becomes a workflow that can be run", "[core]")
{
  json phases = json::array();
  std::string longest(strategy_text_bytes_max - 4, 'x');
  for (auto name : {"Phase 1", "Phase 2"}) {
    json activities = json::array();
    for (size_t i = 0; i < strategy_tasks_max / 2 - 1; ++i)
      activities.push_back("copy" + longest);
    phases.push_back({{"phase_name", name}, {"key_activities", activities}});
  }
  auto of = good(with_phases(phases));
  auto plan = decompose(of, now);
  CHECK(plan.tasks.size() == strategy_tasks_max);
  auto parsed = parse_workflow(queue_workflow(plan, of, {}));
  CHECK(parsed.problems.empty());
  CHECK(parsed.value);
}

TEST_CASE("whatever a strategy says, its plan keeps the rules", "[core]")
{
  CHECK(rc::check([] {
    auto words = rc::gen::elementOf(std::vector<std::string>{
      "blog", "Email", "ads", "calendar", "launch", "tracking", "x", "webinar",
      "Phase", "1", "2", "${a}", "\xc3\xbc", "\"", "deadline"});
    auto line = [&] {
      std::string out;
      for (const auto& word : *rc::gen::nonEmpty(
             rc::gen::container<std::vector<std::string>>(words)))
        out += word + " ";
      return out.substr(0, strategy_text_bytes_max / 2);
    };
    json phases = json::array();
    auto count = *rc::gen::inRange(1, 5);
    for (int i = 0; i < count; ++i) {
      json activities = json::array();
      auto size = *rc::gen::inRange(i == 0 ? 1 : 0, 6);
      for (int j = 0; j < size; ++j)
        activities.push_back(line());
      phases.push_back(
        {{"phase_name", line()}, {"key_activities", activities}});
    }
    auto of = read_strategy(with_phases(phases));
    RC_ASSERT(of.problems.empty());
    auto plan = decompose(of.value, now);
    size_t listed = 0;
    for (const auto& phase : plan.phases)
      listed += phase.tasks.size();
    RC_ASSERT(listed == plan.tasks.size());
    for (const auto& task : plan.tasks) {
      RC_ASSERT(task.priority >= 1 && task.priority <= 10);
      RC_ASSERT(is_queue_task_type(task.type));
      for (auto other : task.depends_on)
        RC_ASSERT(plan.tasks[other - 1].phase <= task.phase);
    }
    RC_ASSERT(parse_workflow(queue_workflow(plan, of.value, {})).value);
  }));
}

TEST_CASE("states of tasks have the contract's words", "[core]")
{
  using enum task_state;
  const std::pair<task_state, queue_state> table[] = {
    {waiting, queue_state::queued},
    {queued, queue_state::queued},
    {retrying, queue_state::queued},
    {paused, queue_state::queued},
    {awaiting_approval, queue_state::queued},
    {in_progress, queue_state::in_progress},
    {compensating, queue_state::in_progress},
    {completed, queue_state::completed},
    {failed, queue_state::failed},
    {rolled_back, queue_state::failed},
    {cancelled, queue_state::cancelled},
    {skipped, queue_state::cancelled}};
  CHECK(std::size(table) == task_states);
  for (const auto& [state, word] : table)
    CHECK(queue_state_of(state) == word);
  CHECK(states_of(queue_state::failed)
        == std::vector<task_state>{failed, rolled_back});
  CHECK(queue_state_from("in_progress") == queue_state::in_progress);
  CHECK_FALSE(queue_state_from("waiting"));
}

TEST_CASE("errors of the queue carry the contract's codes", "[core]")
{
  auto why = queue_failure(queue_error::strategy_not_found, "no such");
  CHECK(why.code == errc::not_found);
  CHECK(why.message == "TASK_001: no such");
  auto told = queue_complaint_of("not_found", why.message);
  CHECK(told.code == "TASK_001");
  CHECK(told.message == "no such");
  CHECK(code_of(queue_error::execution_timeout) == "TASK_008");
  CHECK(queue_complaint_of("invalid_state", "it is done").code
        == "INVALID_STATE");
}
