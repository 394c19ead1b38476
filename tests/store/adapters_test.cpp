#include "store/adapter.hpp"

// What every adapter of the port does alike. Each case runs with all of them.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

template <class Row>
Row stored(Row x) {
  x.fresh = false;
  return x;
}

} // namespace

TEST_CASE("every field of a run and a task reads back as it was written",
          "[store]")
{
  adapter a;
  auto b = sample_batch(1, 1, 2);
  REQUIRE(a.owner.append(b).what == commit::done);
  auto loaded = a.reader->load_run(b.runs[0].key);
  REQUIRE(loaded);
  CHECK(loaded->run == stored(b.runs[0]));
  REQUIRE(loaded->tasks.size() == 2);
  CHECK(loaded->tasks[0] == stored(b.tasks[0]));
  CHECK(loaded->tasks[1] == stored(b.tasks[1]));
  CHECK(**a.reader->find_run(b.runs[0].key) == stored(b.runs[0]));
  CHECK(**a.reader->find_task(b.tasks[1].key) == stored(b.tasks[1]));
}

TEST_CASE("rows with nothing set read back as nothing", "[store]")
{
  adapter a;
  batch b;
  run_row run;
  run.key = id::make(t0, 5, 5);
  run.fresh = true;
  run.workspace = "default";
  task_row task;
  task.key = run.key.with(1);
  task.fresh = true;
  task.workspace = "default";
  b.runs = {run};
  b.tasks = {task};
  REQUIRE(a.owner.append(b).what == commit::done);
  CHECK(**a.reader->find_run(run.key) == stored(run));
  CHECK(**a.reader->find_task(task.key) == stored(task));
}

TEST_CASE("a change touches the columns that change and no others", "[store]")
{
  adapter a;
  auto b = sample_batch(0, 1, 1);
  REQUIRE(a.owner.append(b).what == commit::done);
  batch later;
  task_row task;
  task.key = b.tasks[0].key;
  task.workspace = "default";
  task.state = task_state::completed;
  task.output = text{"42"};
  run_row run;
  run.key = b.runs[0].key;
  run.workspace = "default";
  run.state = run_state::completed;
  run.ended_at = t0 + 9s;
  later.tasks = {task};
  later.runs = {run};
  REQUIRE(a.owner.append(later).what == commit::done);
  auto now = **a.reader->find_task(task.key);
  CHECK(now.state == task_state::completed);
  CHECK(now.output.view() == "42");
  CHECK(now.input.empty());
  CHECK_FALSE(now.error);
  CHECK(now.spec == b.tasks[0].spec);
  CHECK(now.name == "compile");
  auto ended = **a.reader->find_run(run.key);
  CHECK(ended.state == run_state::completed);
  CHECK(ended.ended_at == t0 + 9s);
  CHECK(ended.input == b.runs[0].input);
  CHECK(ended.by == b.runs[0].by);
}

TEST_CASE("a shard with a wrong epoch or sequence is left out, others are not",
          "[store]")
{
  adapter a;
  auto good = sample_batch(0, 1, 1);
  auto old = sample_batch(1, 2, 1);
  auto gap = sample_batch(2, 3, 1);
  a.owner.place(good);
  a.owner.place(old).epoch -= 1;
  a.owner.place(gap).first_seq += 1;
  auto report = a.owner.writer->append({&old, &good, &gap});
  CHECK(report.what == commit::done);
  CHECK(report.fenced == std::vector<uint32_t>{1, 2});
  CHECK(report.why.code == errc::fenced);
  CHECK(*a.reader->find_run(good.runs[0].key));
  CHECK_FALSE(*a.reader->find_run(old.runs[0].key));
  CHECK_FALSE(*a.reader->find_run(gap.runs[0].key));
  // The same batch once more: an answer was lost, but it is not written twice.
  CHECK(a.owner.writer->append({&good}).what == commit::fenced);
  batch stranger;
  stranger.shard = shards;
  stranger.epoch = a.owner.state.epoch;
  CHECK(a.owner.writer->append({&stranger}).what == commit::fenced);
}

TEST_CASE("a batch that contradicts the rows is fenced as a whole", "[store]")
{
  adapter a;
  auto b = sample_batch(0, 1, 1);
  REQUIRE(a.owner.append(b).what == commit::done);
  auto twice = sample_batch(0, 2, 1);
  twice.tasks.push_back(b.tasks[0]);
  auto other = sample_batch(1, 3, 1);
  a.owner.place(twice);
  a.owner.place(other);
  auto report = a.owner.writer->append({&twice, &other});
  CHECK(report.what == commit::done);
  CHECK(report.fenced == std::vector<uint32_t>{0});
  CHECK_FALSE(*a.reader->find_run(twice.runs[0].key));
  CHECK(*a.reader->find_run(other.runs[0].key));
  batch missing;
  missing.tasks = {stored(sample_task(id::make(t0, 1, 99), 1))};
  CHECK(a.owner.append(missing).what == commit::fenced);
  // And the shard goes on where it was.
  auto next = sample_batch(0, 4, 1);
  CHECK(a.owner.append(next).what == commit::done);
}

TEST_CASE("the epoch grows at every open and sequences go on", "[store]")
{
  adapter a;
  auto b = sample_batch(3, 1, 1);
  REQUIRE(a.owner.append(b, 5).what == commit::done);
  CHECK(a.owner.state.clean);
  auto before = a.owner.state.epoch;
  SECTION("after a clean close")
  {
    CHECK_FALSE(a.owner.writer->close());
    session next{*a.made};
    CHECK(next.state.clean);
    CHECK(next.state.epoch > before);
    CHECK(next.state.next_seq == std::vector<uint64_t>{1, 1, 1, 6});
    CHECK(next.state.newest == t0 + 4s);
  }
  SECTION("after a crash")
  {
    a.owner.writer.reset();
    session next{*a.made};
    CHECK_FALSE(next.state.clean);
    CHECK(next.state.epoch > before);
    CHECK(next.state.next_seq[3] == 6);
    b = sample_batch(3, 2, 1);
    a.owner.place(b);
    CHECK(next.writer->append({&b}).what == commit::fenced);
  }
}

TEST_CASE("there is one writer at a time", "[store]")
{
  adapter a;
  auto second = a.made->writer()->open(shards, t0);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::store_locked);
  CHECK_FALSE(a.owner.writer->close());
  CHECK(a.made->writer()->open(shards, t0));
}

TEST_CASE("the number of shards does not change", "[store]")
{
  adapter a;
  CHECK_FALSE(a.owner.writer->close());
  auto other = a.made->writer()->open(shards * 2, t0);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == errc::invalid);
}

TEST_CASE("live runs are those of the shard that are not ended", "[store]")
{
  adapter a;
  for (uint32_t i = 1; i <= 3; ++i) {
    auto b = sample_batch(2, i, 1);
    b.runs[0].state = i == 2 ? run_state::failed : run_state::paused;
    REQUIRE(a.owner.append(b).what == commit::done);
  }
  auto elsewhere = sample_batch(1, 9, 1);
  REQUIRE(a.owner.append(elsewhere).what == commit::done);
  auto live = a.reader->live_runs(2, shards);
  REQUIRE(live);
  REQUIRE(live->size() == 2);
  CHECK((*live)[0].key < (*live)[1].key);
  CHECK((*live)[0].input.empty());
  CHECK_FALSE((*live)[0].ready.empty());
  batch end;
  end.shard = 2;
  end.runs = {(*live)[0]};
  end.runs[0].state = run_state::completed;
  REQUIRE(a.owner.append(end).what == commit::done);
  CHECK(a.reader->live_runs(2, shards)->size() == 1);
}

TEST_CASE("history is read from any fact on", "[store]")
{
  adapter a;
  for (uint32_t i = 1; i <= 3; ++i) {
    auto b = sample_batch(1, i, 1);
    REQUIRE(a.owner.append(b, 10).what == commit::done);
  }
  auto all = a.reader->history(1, 1, 100);
  REQUIRE(all);
  REQUIRE(all->size() == 3);
  CHECK((*all)[2].first_seq == 21);
  CHECK((*all)[2].facts.size() == 160);
  auto from = a.reader->history(1, 15, 100);
  REQUIRE(from->size() == 2);
  CHECK((*from)[0].first_seq == 11);
  CHECK(a.reader->history(1, 15, 1)->size() == 1);
  CHECK(a.reader->history(1, 31, 100)->empty());
  CHECK(a.reader->history(0, 1, 100)->empty());
}

TEST_CASE("a store of right rows has no problems", "[store]")
{
  adapter a;
  auto b = sample_batch(1, 1, 3);
  REQUIRE(a.owner.append(b).what == commit::done);
  CHECK(a.reader->check(true)->empty());
  batch wrong;
  wrong.shard = 1;
  wrong.runs = {stored(b.runs[0])};
  wrong.runs[0].counts[1] = 7;
  REQUIRE(a.owner.append(wrong).what == commit::done);
  CHECK(a.reader->check(true)->size() == 1);
}
