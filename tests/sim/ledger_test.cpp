#include <catch2/catch.hpp>

#include "core/gathering.hpp"
#include "sim/ledger.hpp"

namespace troupe::sim {

using core::fact_kind;
using core::task_state;

namespace {

/// A run of two steps, written batch by batch under the eyes of a ledger.
struct scribe {
  std::vector<std::string> wrong;
  ledger book{[this](const std::string& x) { wrong.push_back(x); }};
  core::instant now = core::from_us(1'800'000'000'000'000);
  core::workflow_ptr definition;
  std::unique_ptr<core::run> run;
  uint64_t next_seq = 1;

  explicit scribe(const std::string& steps = "{a: {}, b: {depends_on: [a]}}") {
    definition =
      core::parse_workflow("workflow: w\nsteps: " + steps + "\n").value;
    REQUIRE(definition);
    book.know(definition);
    book.opened({0, 1, true, {}, {1}});
    core::run_request request;
    request.key = core::id::make(now, 0, 1);
    request.workspace = "default";
    request.definition = definition;
    request.input = core::text{"{}"};
    run = std::make_unique<core::run>(std::move(request), now);
    run->accept(now);
    commit();
  }

  core::batch next() {
    core::gathering gather;
    auto effects = run->take(now);
    gather.add(effects);
    return gather.take(0, 1, next_seq);
  }
  void commit(const core::batch& b) {
    next_seq += b.count;
    book.committed(b);
  }
  void commit() { commit(next()); }

  /// A batch with nothing but that fact of the task.
  void note(fact_kind kind, uint32_t task, std::string detail = {}) {
    core::gathering gather;
    core::fact x;
    x.at = now;
    x.kind = kind;
    x.subject = task == 0 ? run->key() : run->key().with(task);
    x.detail = std::move(detail);
    gather.add(x);
    commit(gather.take(0, 1, next_seq));
  }

  core::id task(uint32_t number) const { return run->key().with(number); }
  void start(uint32_t number = 1) {
    run->assigned(number, 1, "ann", {}, now);
    commit();
  }
  void finish(uint32_t number = 1, const std::string& output = "1") {
    run->ended(number, 1, core::end_kind::answered, outcome::done(output), now,
               0);
    commit();
  }
  bool complains_of(const std::string& rule) const {
    return !wrong.empty() && wrong.front().starts_with(rule + ":");
  }
};

} // namespace

TEST_CASE("a story without a fault has nothing wrong", "[sim]")
{
  scribe x;
  for (uint32_t step : {1, 2}) {
    x.book.called(x.task(step), 1, false);
    x.start(step);
    x.book.answered(x.task(step), 1, "1");
    x.finish(step);
  }
  CHECK(x.wrong == std::vector<std::string>{});
  CHECK(x.book.find(x.run->key())->told == core::run_state::completed);
}

TEST_CASE("a gap, a fork and an old epoch in history are seen", "[sim]")
{
  scribe gap;
  ++gap.next_seq;
  gap.start();
  CHECK(gap.complains_of("I2"));
  scribe old;
  old.book.opened({0, 2, false, {}, {old.next_seq}});
  old.start();
  CHECK(old.complains_of("I3"));
}

TEST_CASE("a store that forgot what it had written is seen", "[sim]")
{
  scribe x;
  x.book.opened({0, 2, false, {}, {x.next_seq - 1}});
  CHECK(x.complains_of("I1"));
}

TEST_CASE("an end that comes twice is seen", "[sim]")
{
  scribe x;
  x.start();
  x.book.answered(x.task(1), 1, "1");
  x.finish();
  CHECK(x.wrong.empty());
  x.note(fact_kind::task_ended, 1, "cancelled");
  CHECK(x.complains_of("I6"));
}

TEST_CASE("a completed task that begins again is seen", "[sim]")
{
  auto how = GENERATE(0, 1);
  scribe x;
  x.start();
  x.book.answered(x.task(1), 1, "1");
  x.finish();
  if (how == 0)
    x.note(fact_kind::task_queued, 1);
  else
    x.book.called(x.task(1), 1, false);
  CHECK(x.complains_of("I6"));
}

TEST_CASE("a step that does not wait for others is seen", "[sim]")
{
  scribe x;
  x.note(fact_kind::task_queued, 2);
  CHECK(x.complains_of("I6"));
}

TEST_CASE("what begins in a paused run is seen", "[sim]")
{
  scribe x;
  x.note(fact_kind::run_state, 0, "paused");
  x.note(fact_kind::task_started, 1, "ann");
  CHECK(x.complains_of("I10"));
}

TEST_CASE("a cancel that is taken back is seen", "[sim]")
{
  scribe x;
  x.note(fact_kind::run_state, 0, "cancelling");
  x.note(fact_kind::run_state, 0, "running");
  CHECK(x.complains_of("I10"));
}

TEST_CASE("a pause that ends by itself is seen", "[sim]")
{
  auto asked = GENERATE(false, true);
  scribe x;
  x.note(fact_kind::command, 0, "pause by ann");
  x.note(fact_kind::run_state, 0, "paused");
  if (asked)
    x.note(fact_kind::command, 0, "resume by ann");
  x.note(fact_kind::run_state, 0, "running");
  CHECK(x.complains_of("I10") != asked);
}

TEST_CASE("a row that is not the fold of its facts is seen", "[sim]")
{
  scribe x;
  x.run->assigned(1, 1, "ann", {}, x.now);
  auto b = x.next();
  b.tasks.at(0).state = task_state::retrying;
  x.commit(b);
  CHECK(x.complains_of("I5"));
}

TEST_CASE("a timer that fires early is seen", "[sim]")
{
  auto early = GENERATE(false, true);
  scribe x{"{a: {sleep: 10s}}"};
  x.now += std::chrono::seconds{early ? 9 : 10};
  x.note(fact_kind::task_ended, 1, "completed");
  CHECK(x.complains_of("I9") == early);
}

TEST_CASE("time that goes back is seen", "[sim]")
{
  scribe x;
  x.now -= std::chrono::seconds{1};
  x.start();
  CHECK(x.complains_of("I16"));
}

TEST_CASE("a call that is not durable before, or comes twice, is seen", "[sim]")
{
  scribe twice;
  twice.book.called(twice.task(1), 1, false);
  CHECK(twice.wrong.empty());
  twice.book.called(twice.task(1), 1, false);
  CHECK(twice.complains_of("I8"));
  scribe early;
  early.book.called(early.task(1), 2, false);
  CHECK(early.complains_of("I7"));
  scribe careful;
  careful.book.called(careful.task(1), 1, true);
  CHECK(careful.complains_of("I7"));
}

TEST_CASE("a key that is written without its run is seen", "[sim]")
{
  scribe x;
  core::gathering gather;
  gather.add(
    core::key_row{"default", "k", core::id::make(x.now, 0, 2), "", {}});
  x.commit(gather.take(0, 1, x.next_seq));
  CHECK(x.complains_of("I8"));
}

TEST_CASE("a second start of what may run at most once is seen", "[sim]")
{
  scribe x{"{a: {at_most_once: true}}"};
  x.start();
  x.book.called(x.task(1), 1, true);
  x.run->ended(1, 1, core::end_kind::returned, {}, x.now, 0);
  x.book.declined(x.task(1)); // It had not begun.
  CHECK(x.wrong.empty());
  x.book.called(x.task(1), 0, false);
  x.book.called(x.task(1), 3, false);
  CHECK_FALSE(x.wrong.empty());
}

TEST_CASE("an output that nobody gave is seen", "[sim]")
{
  auto said = GENERATE(0, 1, 2);
  scribe x;
  x.start();
  if (said > 0)
    x.book.answered(x.task(1), 1, said == 1 ? "1" : "2");
  x.finish();
  CHECK(x.complains_of("I6") == (said != 1));
}

TEST_CASE("more at work than max_parallel allows is seen", "[sim]")
{
  scribe x{"{a: {foreach: [1, 2, 3], max_parallel: 2}}"};
  CHECK(x.wrong.empty());
  x.note(fact_kind::task_queued, 4);
  auto b = x.next();
  core::task_row row;
  row.key = x.task(4);
  row.state = task_state::queued;
  b.tasks.push_back(row);
  auto counts = x.run->row().counts;
  --counts[static_cast<size_t>(task_state::waiting)];
  ++counts[static_cast<size_t>(task_state::queued)];
  b.runs.at(0).counts = counts;
  x.commit(b);
  CHECK(x.complains_of("I13"));
}

} // namespace troupe::sim
