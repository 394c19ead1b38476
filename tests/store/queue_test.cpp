#include "core/queue_words.hpp"
#include "store/adapter.hpp"

// What the task queue asks of a store, with every adapter.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

struct queue_store : adapter {
  /// Ten tasks of two agents with priorities 1 to 10, the odd ones held.
  batch queue(uint32_t unique, const std::string& workspace) {
    auto b = sample_batch(0, unique, 10);
    b.runs[0].workspace = workspace;
    b.runs[0].name = queue_run_name;
    b.runs[0].counts = {0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < 10; ++i) {
      auto& x = b.tasks[i];
      x.workspace = workspace;
      x.state = task_state::queued;
      x.priority = static_cast<uint8_t>(i + 1);
      x.due = i % 2 == 0 ? due_kind::held : due_kind::none;
      x.labels = text{i < 5 ? R"({"assigned_agent":"ann"})"
                            : R"({"assigned_agent":"bob"})"};
    }
    return b;
  }
};

std::vector<int> priorities(const task_page& page) {
  std::vector<int> out;
  for (const auto& x : page.rows)
    out.push_back(x.priority);
  return out;
}

} // namespace

TEST_CASE("the queue is listed by priority, in pages, and by its filters",
          "[store][queue]")
{
  queue_store a;
  REQUIRE(a.append(a.queue(1, "w")).what == commit::done);
  REQUIRE(a.append(a.queue(2, "v")).what == commit::done);
  queue_filter all;
  all.workspace = "w";
  auto page = a.reader->queue_tasks(all, {4, {}});
  REQUIRE(page);
  CHECK(priorities(*page) == std::vector<int>{10, 9, 8, 7});
  CHECK_FALSE(page->rows[0].labels.empty());
  page = a.reader->queue_tasks(all, {100, page->next});
  CHECK(priorities(*page) == std::vector<int>{6, 5, 4, 3, 2, 1});
  CHECK(page->next.empty());
  all.agent = "ann";
  all.held = true;
  CHECK(priorities(*a.reader->queue_tasks(all, {}))
        == std::vector<int>{5, 3, 1});
  all.priority_min = 3;
  CHECK(priorities(*a.reader->queue_tasks(all, {})) == std::vector<int>{5, 3});
  all.states = {task_state::failed};
  CHECK(a.reader->queue_tasks(all, {})->rows.empty());
  CHECK_FALSE(a.reader->queue_tasks(all, {1, "nonsense"}));
  CHECK(*a.reader->queue_workspaces(10) == std::vector<std::string>{"v", "w"});
  CHECK(a.reader->queue_workspaces(1)->size() == 1);
}

TEST_CASE("the tasks of a queue are counted by state", "[store][queue]")
{
  queue_store a;
  auto b = a.queue(1, "w");
  REQUIRE(a.append(b).what == commit::done);
  CHECK((*a.reader->queue_counts("w", no_instant))[1] == 10);
  CHECK((*a.reader->queue_counts("w", b.runs[0].created_at + 1s))[1] == 0);
  CHECK((*a.reader->queue_counts("v", no_instant))[1] == 0);
}

TEST_CASE("a strategy that comes again replaces the one before",
          "[store][queue]")
{
  queue_store a;
  strategy_row row;
  row.workspace = "w";
  row.key = "0190a1b2-0000-7000-8000-00000000000a";
  row.contact = "c";
  row.body = text{R"({"campaign_calendar":{"phases":[]},"content_pillars":)"
                  R"([1],"kpis":null})"};
  row.created_at = t0;
  batch b;
  b.strategies = {row};
  REQUIRE(a.append(b).what == commit::done);
  auto found = a.reader->find_strategy("w", row.key);
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->body == row.body);
  CHECK((*found)->contact == "c");
  CHECK_FALSE(*a.reader->find_strategy("v", row.key));
  batch again;
  again.strategies = {row};
  again.strategies[0].contact = "d";
  REQUIRE(a.append(again).what == commit::done);
  CHECK((*a.reader->find_strategy("w", row.key))->contact == "d");
}

TEST_CASE("a note that comes again replaces the one before, an empty one "
          "removes it",
          "[store]")
{
  adapter a;
  auto keep = [&](std::vector<note_row> all) {
    batch b;
    b.notes = std::move(all);
    REQUIRE(a.append(b).what == commit::done);
  };
  keep({{"a.1", text{"1"}}, {"a.2", text{"2"}}, {"b", text{"3"}}});
  keep({{"a.1", text{"4"}}});
  CHECK(*a.reader->notes("a.")
        == std::vector<note_row>{{"a.1", text{"4"}}, {"a.2", text{"2"}}});
  keep({{"a.1", {}}, {"nothing", {}}});
  CHECK(*a.reader->notes("a.") == std::vector<note_row>{{"a.2", text{"2"}}});
  CHECK(a.reader->notes("")->size() == 2);
}

TEST_CASE("executions are added up", "[store][queue]")
{
  queue_store a;
  batch b;
  auto task = id::make(t0, 1, 1).with(1);
  b.audits = {{"w", "task.executed", task, "completed",
               text{R"({"assigned_agent":"ann","duration_ms":500})"}, t0},
              {"w", "task.executed", task, "failed",
               text{R"({"assigned_agent":"bob","duration_ms":70000})"},
               t0 + 1s},
              {"v", "task.executed", task, "failed", text{"{}"}, t0}};
  REQUIRE(a.append(b).what == commit::done);
  auto sums = a.reader->audits("w", t0, 60s);
  REQUIRE(sums);
  CHECK(sums->executions == 2);
  CHECK(sums->completed == 1);
  CHECK(sums->failed == 1);
  CHECK(sums->slow == 1);
  CHECK(sums->busy == 70'500ms);
  CHECK(sums->agents["bob"] == 70s);
  CHECK(a.reader->audits("w", t0 + 1s, 60s)->executions == 1);
}
