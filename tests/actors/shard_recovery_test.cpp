#include "actors/shard_stage.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using core::run_state;

// What a shard has after it, or somebody else, was lost.

namespace {

struct recovery : shard_stage {
  /// A run whose task ann works on, durably.
  work_ptr begun(uint32_t n, const std::string& fields = {}) {
    tell(submission(n, run_of(n), fields));
    auto what = offer();
    assign(what);
    advance(20ms);
    REQUIRE(desk.take<answer>());
    return what;
  }
};

} // namespace

TEST_CASE_METHOD(recovery, "a command whose commit is unknown is done once",
                 "[shard]") {
  auto was_written = GENERATE(false, true);
  begin();
  (was_written ? faults->unknown_but_written : faults->unknown) = 1;
  auto asked = submission(7, run_of(1));
  tell(asked);
  CHECK_FALSE(alive(writer));
  CHECK_FALSE(opened->writer);
  CHECK_FALSE(desk.take<answer>());
  CHECK(offers().empty());
  end();
  begin();
  asked.resent = true; // As the desk does.
  tell(asked);
  auto yes = desk.take<answer>();
  REQUIRE(yes);
  CHECK_FALSE(yes->error);
  CHECK(yes->number == 7);
  CHECK_FALSE(desk.take<answer>());
  auto what = offer();
  CHECK(what->run == run_of(1));
  assign(what);
  answer_of_ann(what->key, outcome::done());
  CHECK(stored(run_of(1)).state == run_state::completed);
}

TEST_CASE_METHOD(recovery, "a shard adopts what its hosts hold", "[shard]") {
  begin();
  auto what = begun(1);
  end();
  begin_storage();
  open({what->key});
  CHECK(offers().empty());
  answer_of_ann(what->key, outcome::done("5"));
  CHECK(acknowledged() == std::vector{what->key});
  CHECK(stored(run_of(1)).state == run_state::completed);
}

TEST_CASE_METHOD(recovery, "what no host holds is offered again uncounted",
                 "[shard]") {
  begin();
  auto what = begun(1, "retries: 0");
  end();
  begin_storage();
  open({});
  auto again = offer();
  CHECK(again->key != what->key);
  CHECK(again->key.epoch == what->key.epoch + 1);
  // The earlier attempt's word counts for nothing now.
  answer_of_ann(what->key, outcome::done("\"old\""));
  CHECK(acknowledged() == std::vector{what->key});
  CHECK(stored(run_of(1)).state == run_state::running);
  assign(again);
  answer_of_ann(again->key, outcome::done("\"new\""));
  CHECK(stored(run_of(1)).state == run_state::completed);
}

TEST_CASE_METHOD(recovery, "a host that has lost a task costs no retry",
                 "[shard]") {
  begin();
  auto what = begun(1, "retries: 0");
  tell(held_list{true, "ann", 2, {}, {}});
  auto again = offer();
  CHECK(again->key.attempt > what->key.attempt);
  assign(again);
  answer_of_ann(again->key, outcome::done());
  CHECK(stored(run_of(1)).state == run_state::completed);
}

TEST_CASE_METHOD(recovery, "a host that begins anew keeps what it still has",
                 "[shard]") {
  begin();
  auto what = begun(1);
  tell(held_list{true, "ann", 2, {what->key}, {}});
  CHECK(offers().empty());
  answer_of_ann(what->key, outcome::done());
  CHECK(stored(run_of(1)).state == run_state::completed);
}

TEST_CASE_METHOD(recovery, "a run that crashes is made again with its waiters",
                 "[shard]") {
  begin();
  auto asked = submission(7, run_of(1));
  asked.wait = true;
  tell(asked);
  auto what = offer();
  assign(what);
  advance(20ms);
  auto actor = ask<caf::actor>(caf::actor_cast<shard_actor>(owner), find_atom_v,
                               run_of(1));
  REQUIRE(actor);
  caf::anon_send_exit(*actor, caf::exit_reason::kill);
  settle();
  REQUIRE(ann.take_after<held_atom, uint32_t>());
  tell(held_list{false, "ann", 1, {what->key}, {}});
  CHECK(offers().empty());
  answer_of_ann(what->key, outcome::done("1"));
  auto end = desk.take<answer>();
  REQUIRE(end);
  CHECK(end->state == run_state::completed);
}

TEST_CASE_METHOD(recovery, "a shard does not wait for a silent host over 2 s",
                 "[shard]") {
  begin();
  begun(1);
  end();
  begin_storage();
  tell(ack_atom_v);
  advance(1900ms, 10ms);
  CHECK(offers().empty());
  advance(150ms, 10ms);
  CHECK(offers().size() == 1);
}

TEST_CASE_METHOD(recovery, "a node that was stopped waits for its hosts still",
                 "[shard]") {
  begin();
  auto what = begun(1);
  end();
  begin_storage();
  tell(ack_atom_v);
  // As after SIGSTOP: the time is gone, and nobody had a chance to speak.
  advance(1min, 1min);
  CHECK(offers().empty());
  tell(held_list{false, "ann", 1, {what->key}, {}});
  CHECK(offers().empty());
  answer_of_ann(what->key, outcome::done());
  CHECK(stored(run_of(1)).state == run_state::completed);
}
