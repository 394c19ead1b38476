#include "core/payload_brief.hpp"
#include "store/adapter.hpp"

// Keys, definitions, decisions, signals, caches and pages, with every adapter.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

TEST_CASE("an idempotency key is given once per workspace", "[store]")
{
  adapter a;
  key_row key{"default", "k", id::make(t0, 1, 1), "hash", t0};
  batch b;
  b.keys = {key};
  REQUIRE(a.append(b).what == commit::done);
  CHECK(**a.reader->find_key("default", "k") == key);
  CHECK_FALSE(*a.reader->find_key("other", "k"));
  CHECK(a.append(b).what == commit::fenced);
  b.keys[0].workspace = "other";
  CHECK(a.append(b).what == commit::done);
}

TEST_CASE("definitions are found by hash, by version and by the newest",
          "[store]")
{
  adapter a;
  definition_row one{"default", "h1", "build", 1, text{"{}"}, t0};
  definition_row two{"default", "h2", "build", 2, text{"[]"}, t0 + 1s};
  batch b;
  b.definitions = {two, one, one};
  REQUIRE(a.append(b).what == commit::done);
  REQUIRE(a.append(b).what == commit::done);
  CHECK(**a.reader->find_definition("default", "h1") == one);
  CHECK(**a.reader->find_definition("default", "build", 1) == one);
  CHECK(**a.reader->find_definition("default", "build", 0) == two);
  CHECK_FALSE(*a.reader->find_definition("other", "h1"));
  CHECK_FALSE(*a.reader->find_definition("default", "build", 3));
}

TEST_CASE("what is registered is listed by name, with its newest version",
          "[store]")
{
  adapter a;
  batch b;
  b.definitions = {{"default", "h1", "build", 1, text{"{}"}, t0},
                   {"default", "h2", "build", 2, text{"[]"}, t0 + 1s},
                   {"default", "h3", "deploy", 7, text{"{}"}, t0},
                   {"default", "h4", "a run's", 0, text{"{}"}, t0},
                   {"default", "h5", "test", 1, text{"{}"}, t0},
                   {"other", "h1", "audit", 1, text{"{}"}, t0}};
  REQUIRE(a.append(b).what == commit::done);
  registered_row build{"build", 2, "h2", t0 + 1s, 2};
  registered_row deploy{"deploy", 7, "h3", t0, 1};
  auto first = a.reader->registered("default", {2, ""});
  REQUIRE(first);
  CHECK(first->rows == std::vector<registered_row>{build, deploy});
  REQUIRE_FALSE(first->next.empty());
  auto rest = a.reader->registered("default", {2, first->next});
  REQUIRE(rest->rows.size() == 1);
  CHECK(rest->rows[0].name == "test");
  CHECK(rest->next.empty());
  CHECK(a.reader->registered("other", {})->rows.size() == 1);
  CHECK(a.reader->registered("nobody's", {})->rows.empty());
}

TEST_CASE("history is read back from its end, or from anywhere", "[store]")
{
  adapter a;
  for (uint32_t i = 1; i <= 4; ++i) {
    auto b = sample_batch(1, i, 1);
    REQUIRE(a.owner.append(b, 3).what == commit::done);
  }
  auto other = sample_batch(2, 9, 1);
  REQUIRE(a.owner.append(other, 3).what == commit::done);
  auto newest = a.reader->history_before(1, 0, 2);
  REQUIRE(newest);
  REQUIRE(newest->size() == 2);
  CHECK(newest->at(0).first_seq == 10);
  CHECK(newest->at(1).first_seq == 7);
  CHECK(newest->at(0).count == 3);
  auto older = a.reader->history_before(1, 7, 10);
  REQUIRE(older->size() == 2);
  CHECK(older->at(0).first_seq == 4);
  CHECK(a.reader->history_before(1, 5, 10)->size() == 2); // It began before.
  CHECK(a.reader->history_before(1, 1, 10)->empty());
  CHECK(a.reader->history_before(0, 0, 10)->empty());
  CHECK(a.reader->check_history()->empty());
}

TEST_CASE("audits are read back from the newest", "[store]")
{
  adapter a;
  auto task = id::make(t0, 1, 1).with(1);
  auto row = [&](const char* workspace, instant at, const char* status) {
    return audit_row{workspace, "task.executed", task, status, text{"{}"}, at};
  };
  batch b;
  b.audits = {row("default", t0, "1"), row("default", t0 + 1s, "2"),
              row("other", t0 + 2s, "x"), row("default", t0 + 1s, "3")};
  REQUIRE(a.append(b).what == commit::done);
  auto first = a.reader->audits_before("default", {}, 2);
  REQUIRE(first);
  REQUIRE(first->size() == 2);
  CHECK(first->at(0).row.status == "3");
  CHECK(first->at(0).row == row("default", t0 + 1s, "3"));
  CHECK(first->at(1).row.status == "2");
  auto rest = a.reader->audits_before("default", first->at(1).place, 2);
  REQUIRE(rest->size() == 1);
  CHECK(rest->at(0).row.status == "1");
  CHECK(a.reader->audits_before("other", {}, 9)->size() == 1);
}

TEST_CASE("a task has one open question at a time", "[store]")
{
  adapter a;
  auto work = sample_batch(0, 1, 1);
  auto run = work.runs[0].key;
  REQUIRE(a.append(work).what == commit::done);
  decision_row asked{run.with(1), true, "default", "go?",
                     "boss",      t0,   t0 + 1h,   decision_state::open,
                     "",          "",   {}};
  batch b;
  b.decisions = {asked};
  REQUIRE(a.append(b).what == commit::done);
  auto stored = asked;
  stored.fresh = false;
  CHECK(*a.reader->open_decisions("default")
        == std::vector<decision_row>{stored});
  CHECK(a.reader->open_decisions("other")->empty());
  CHECK(a.reader->load_run(run)->decisions.size() == 1);
  CHECK(a.append(b).what == commit::fenced);
  auto answer = stored;
  answer.state = decision_state::approved;
  answer.answered_by = "ann";
  answer.comment = "fine";
  answer.answered_at = t0 + 5s;
  b.decisions = {answer};
  REQUIRE(a.append(b).what == commit::done);
  CHECK(a.reader->open_decisions("default")->empty());
  CHECK(a.reader->load_run(run)->decisions.empty());
  asked.question = "and now?";
  b.decisions = {asked};
  REQUIRE(a.append(b).what == commit::done);
  CHECK(a.reader->open_decisions("default")->at(0).question == "and now?");
  CHECK(a.reader->open_decisions("default")->at(0).answered_by.empty());
}

TEST_CASE("signals wait in order until they are taken", "[store]")
{
  adapter a;
  auto work = sample_batch(0, 1, 1);
  auto run = work.runs[0].key;
  REQUIRE(a.append(work).what == commit::done);
  signal_row one{run, "default", "paid", text{"1"}, t0, false};
  auto two = one;
  two.payload = text{"2"}; // At the same moment.
  batch b;
  b.signals = {one, two};
  REQUIRE(a.append(b).what == commit::done);
  CHECK(a.reader->load_run(run)->signals == std::vector<signal_row>{one, two});
  auto taken = one;
  taken.taken = true;
  b.signals = {taken};
  REQUIRE(a.append(b).what == commit::done);
  CHECK(a.reader->load_run(run)->signals == std::vector<signal_row>{two});
}

TEST_CASE("later attempts are rows of their own and change", "[store]")
{
  adapter a;
  auto task = id::make(t0, 1, 1).with(1);
  attempt_row second{task, 2, "default", "b", text{"{}"}, t0, {}, {}};
  attempt_row third = second;
  third.attempt = 3;
  batch b;
  b.attempts = {third, second};
  REQUIRE(a.append(b).what == commit::done);
  second.ended_at = t0 + 1s;
  second.error = {errc::timed_out, category::timeout, "slow"};
  b.attempts = {second};
  REQUIRE(a.append(b).what == commit::done);
  CHECK(*a.reader->attempts(task) == std::vector<attempt_row>{second, third});
  CHECK(a.reader->attempts(task.run().with(2))->empty());
}

TEST_CASE("a cached output is found until its time is over", "[store]")
{
  adapter a;
  cache_row kept{"default", "h", text{"7"}, t0 + 10s};
  batch b;
  b.cached = {kept};
  REQUIRE(a.append(b).what == commit::done);
  CHECK(**a.reader->find_cached("default", "h", t0 + 9s) == kept);
  CHECK_FALSE(*a.reader->find_cached("default", "h", t0 + 10s));
  CHECK_FALSE(*a.reader->find_cached("other", "h", t0));
  b.cached[0].output = text{"8"};
  REQUIRE(a.append(b).what == commit::done);
  CHECK((*a.reader->find_cached("default", "h", t0))->output.view() == "8");
  while (a.owner.writer->maintain(t0 + 11s))
    ;
  CHECK_FALSE(*a.reader->find_cached("default", "h", t0));
}

TEST_CASE("pages of runs go from the newest to the oldest", "[store]")
{
  adapter a;
  for (uint32_t i = 1; i <= 7; ++i) {
    auto b = sample_batch(i % shards, i, 1);
    b.runs[0].state = i == 3 ? run_state::failed : run_state::running;
    if (i == 5)
      b.runs[0].workspace = "other";
    REQUIRE(a.append(b).what == commit::done);
  }
  std::vector<id> seen;
  page where{2, ""};
  auto pages = 0;
  do {
    auto found = a.reader->runs({}, where);
    REQUIRE(found);
    REQUIRE(found->rows.size() <= 2);
    for (const auto& x : found->rows)
      seen.push_back(x.key);
    where.after = found->next;
  } while (!where.after.empty() && ++pages < 10);
  CHECK(seen.size() == 6);
  CHECK(std::is_sorted(seen.rbegin(), seen.rend()));
  auto failed = a.reader->runs({"default", run_state::failed, ""}, {});
  REQUIRE(failed->rows.size() == 1);
  CHECK(failed->next.empty());
  CHECK(a.reader->runs({"default", run_state::running, ""}, {})->rows.size()
        == 5);
  CHECK(a.reader->runs({"default", {}, "nothing"}, {})->rows.empty());
  auto bad = a.reader->runs({}, {10, "nonsense"});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == errc::invalid);
}

TEST_CASE("a page says that there are more only where there are", "[store]")
{
  adapter a;
  for (uint32_t i = 1; i <= 6; ++i) {
    auto b = sample_batch(i % shards, i, 1);
    if (i <= 2)
      b.runs[0].workspace = "other";
    REQUIRE(a.append(b).what == commit::done);
  }
  CHECK(a.reader->runs({}, {4, ""})->next.empty());
  auto part = a.reader->runs({}, {3, ""});
  REQUIRE_FALSE(part->next.empty());
  CHECK(a.reader->runs({}, {3, part->next})->rows.size() == 1);
}

TEST_CASE("a page leaves out large payloads and says how large they are",
          "[store]")
{
  adapter a;
  auto b = sample_batch(0, 1, 2);
  const std::string large(15u << 20, 'x');
  b.runs[0].output = text{'"' + large + '"'};
  b.tasks[0].output = b.runs[0].output;
  b.tasks[0].input = text{'"' + std::string(2000, 'y') + '"'};
  b.tasks[1].output = text{"1"};
  REQUIRE(a.append(b).what == commit::done);
  auto runs = a.reader->runs({}, {});
  REQUIRE(runs);
  CHECK(left_out_bytes(runs->rows.at(0).output) == large.size() + 2);
  task_filter of_run;
  of_run.run = b.runs[0].key;
  auto tasks = a.reader->tasks(of_run, {});
  REQUIRE(tasks);
  REQUIRE(tasks->rows.size() == 2);
  CHECK(left_out_bytes(tasks->rows[0].output) == large.size() + 2);
  CHECK(left_out_bytes(tasks->rows[0].input) == 2002u);
  CHECK_FALSE(left_out_bytes(tasks->rows[1].output));
  CHECK(tasks->rows[1].output.view() == "1");
  CHECK((*a.reader->find_run(b.runs[0].key))->output == b.runs[0].output);
  CHECK((*a.reader->find_task(b.tasks[0].key))->input == b.tasks[0].input);
}

TEST_CASE("pages of tasks keep to their run, or show all from the newest",
          "[store]")
{
  adapter a;
  auto b = sample_batch(0, 1, 5);
  b.tasks[3].state = task_state::failed;
  b.tasks[4].agent = "other";
  REQUIRE(a.append(b).what == commit::done);
  REQUIRE(a.append(sample_batch(1, 2, 2)).what == commit::done);
  task_filter of_run;
  of_run.run = b.runs[0].key;
  auto first = a.reader->tasks(of_run, {3, ""});
  REQUIRE(first);
  REQUIRE(first->rows.size() == 3);
  CHECK(first->rows[0].key.number() == 1);
  auto rest = a.reader->tasks(of_run, {3, first->next});
  REQUIRE(rest->rows.size() == 2);
  CHECK(rest->rows[1].key.number() == 5);
  CHECK(rest->next.empty());
  auto all = a.reader->tasks({}, {});
  REQUIRE(all->rows.size() == 7);
  CHECK(all->rows[0].key > all->rows[1].key);
  task_filter failed;
  failed.state = task_state::failed;
  CHECK(a.reader->tasks(failed, {})->rows.size() == 1);
  task_filter by_agent;
  by_agent.agent = "other";
  CHECK(a.reader->tasks(by_agent, {})->rows.size() == 1);
  failed.workspace = "other";
  CHECK(a.reader->tasks(failed, {})->rows.empty());
}

TEST_CASE("what attempts said is found by run and by task", "[store]")
{
  adapter a;
  auto run = id::make(t0, 1, 7);
  auto row = [&](uint32_t task, uint32_t attempt) {
    return log_row{run.with(task), attempt, "default", attempt, text{"t x\n"}};
  };
  auto other = row(1, 1);
  other.task = id::make(t0, 1, 8).with(1);
  batch b;
  b.logs = {row(2, 1), row(1, 1), row(1, 2), other};
  REQUIRE(a.append(b).what == commit::done);
  using rows = std::vector<log_row>;
  log_filter what;
  what.of = run;
  CHECK(*a.reader->logs(what) == rows{row(1, 1), row(1, 2), row(2, 1)});
  what.task = run.with(1);
  what.attempt = 2;
  CHECK(*a.reader->logs(what) == rows{row(1, 2), row(2, 1)});
  what.rows_max = 1;
  CHECK(*a.reader->logs(what) == rows{row(1, 2)});
  what = {};
  what.of = run.with(1);
  CHECK(*a.reader->logs(what) == rows{row(1, 1), row(1, 2)});
}
