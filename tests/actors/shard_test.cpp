#include "actors/shard_stage.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using core::run_state;

// What a shard lets out, and when.

TEST_CASE_METHOD(shard_stage, "a task goes through every hand to its end",
                 "[shard]") {
  begin();
  tell(submission(7, run_of(1)));
  auto yes = desk.take<answer>();
  REQUIRE(yes);
  CHECK(yes->number == 7);
  CHECK_FALSE(yes->error);
  auto what = offer();
  CHECK(what->key.task == run_of(1).with(1));
  assign(what);
  advance(20ms); // That it has begun is written with what comes next, or soon.
  CHECK(stored(run_of(1)).state == run_state::running);
  answer_of_ann(what->key, outcome::done("3"));
  CHECK(acknowledged() == std::vector{what->key});
  auto row = stored(run_of(1));
  CHECK(row.state == run_state::completed);
  CHECK(row.ended_at != core::no_instant);
  CHECK(offers().empty());
}

TEST_CASE_METHOD(shard_stage, "a task waits for the disk twice, door to door",
                 "[shard]") {
  // Door, shard, journal, shard, journal, door: five ways between threads.
  neighbour clock{sys};
  place(names, "clock", clock.handle);
  begin();
  auto before = opened->writer->stats().commits;
  tell(submission(7, run_of(1)));
  REQUIRE(desk.take<answer>());
  auto what = offer();
  CHECK(opened->writer->stats().commits == before + 1);
  assign(what); // News; nobody waits for it.
  answer_of_ann(what->key, outcome::done("3"));
  CHECK(stored(run_of(1)).state == run_state::completed);
  CHECK(opened->writer->stats().commits == before + 2);
}

TEST_CASE_METHOD(shard_stage, "nothing leaves before it is durable",
                 "[shard]") {
  begin();
  hold(writer);
  tell(submission(7, run_of(1)));
  CHECK_FALSE(desk.take<answer>());
  CHECK(offers().empty());
  release(writer);
  settle();
  CHECK(desk.take<answer>());
  auto what = offer();
  assign(what, true);
  CHECK(ann.take_after<go_atom, token_list>());
  hold(writer);
  answer_of_ann(what->key, outcome::done());
  CHECK(acknowledged().empty());
  release(writer);
  settle();
  CHECK(acknowledged() == std::vector{what->key});
}

TEST_CASE_METHOD(shard_stage, "an agent waits until its start is durable",
                 "[shard]") {
  begin();
  tell(submission(7, run_of(1), "at_most_once: true"));
  auto what = offer();
  CHECK(what->careful);
  hold(writer);
  assign(what, true);
  CHECK_FALSE(ann.take_after<go_atom, token_list>());
  release(writer);
  settle();
  auto go = ann.take_after<go_atom, token_list>();
  REQUIRE(go);
  CHECK(go->items == std::vector{what->key});
}

TEST_CASE_METHOD(shard_stage, "a full disk is waited for and nothing is lost",
                 "[shard]") {
  begin();
  faults->rolled_back = 3;
  tell(submission(7, run_of(1)));
  CHECK_FALSE(desk.take<answer>());
  CHECK(offers().empty());
  tell(submission(8, run_of(2)));
  auto no = desk.take<answer>();
  REQUIRE(no);
  CHECK(no->number == 8);
  CHECK(no->error.code == errc::store_full);
  advance(1s);
  auto yes = desk.take<answer>();
  REQUIRE(yes);
  CHECK(yes->number == 7);
  CHECK(offer()->run == run_of(1));
  tell(submission(9, run_of(3)));
  CHECK(offer()->run == run_of(3));
  CHECK(warnings.size() == 2); // It takes nothing new, it takes work again.
}

TEST_CASE_METHOD(shard_stage, "a shard that was replaced lets nothing out",
                 "[shard]") {
  begin();
  opened->writer.reset();
  opened->writer = disk->writer();
  opened->facts = *opened->writer->open(1, home->now());
  tell(submission(7, run_of(1)));
  CHECK_FALSE(alive(owner));
  CHECK_FALSE(desk.take<answer>());
  CHECK(offers().empty());
  CHECK_FALSE(*disk->reader()->find_run(run_of(1)));
}

TEST_CASE_METHOD(shard_stage, "a retry is offered when its backoff is over",
                 "[shard]") {
  begin();
  tell(submission(7, run_of(1), "retries: 1, backoff: {base: 10s, jitter: 0}"));
  auto first = offer();
  assign(first);
  answer_of_ann(first->key, outcome::failed("not yet"));
  CHECK(acknowledged() == std::vector{first->key});
  advance(9990ms, 10ms);
  CHECK(offers().empty());
  advance(20ms);
  auto second = offer();
  CHECK(second->key.attempt == first->key.attempt + 1);
  assign(second);
  answer_of_ann(second->key, outcome::failed("never"));
  CHECK(stored(run_of(1)).state == run_state::failed);
}

TEST_CASE_METHOD(shard_stage, "an attempt whose time is up is asked, then made",
                 "[shard]") {
  begin();
  tell(submission(7, run_of(1), "timeout: 5s, retries: 0"));
  auto what = offer();
  assign(what);
  auto told_to_stop = [this] {
    std::vector<bool> by_force;
    while (ann.take_message<expire_atom, token>())
      by_force.push_back(false);
    while (auto x = ann.take_message<cancel_atom, token, bool>())
      by_force.push_back(x->get_as<bool>(2));
    return by_force;
  };
  advance(4990ms, 10ms);
  CHECK(told_to_stop().empty());
  advance(20ms);
  CHECK(told_to_stop() == std::vector{false});
  advance(home->opts.cancel_grace, 10ms);
  CHECK(told_to_stop() == std::vector{true});
  // The answer that comes now is too late.
  answer_of_ann(what->key, outcome::done());
  auto row = stored(run_of(1));
  CHECK(row.state == run_state::failed);
  CHECK(row.counts[static_cast<size_t>(core::task_state::failed)] == 1);
}

TEST_CASE_METHOD(shard_stage,
                 "runs beyond the window are rows until there is "
                 "room",
                 "[shard]") {
  home->opts.window = {2, 2, 1};
  begin();
  for (uint32_t i = 1; i <= 5; ++i)
    tell(submission(i, run_of(i)));
  auto live = offers();
  REQUIRE(live.size() == 2);
  auto load =
    ask<load_sample>(caf::actor_cast<shard_actor>(owner), load_atom_v);
  REQUIRE(load);
  CHECK(load->backlog == 3);
  CHECK(load->runs == 2);
  std::vector<core::id> order;
  while (!live.empty()) {
    order.push_back(live[0]->run);
    assign(live[0]);
    answer_of_ann(live[0]->key, outcome::done());
    live.erase(live.begin());
    for (const auto& x : offers())
      live.push_back(x);
    CHECK(live.size() <= 2);
  }
  CHECK(order
        == std::vector{run_of(1), run_of(2), run_of(3), run_of(4), run_of(5)});
}

TEST_CASE_METHOD(shard_stage, "a submission that comes twice has one effect",
                 "[shard]") {
  begin();
  auto once = submission(7, run_of(1));
  tell(once);
  auto twice = once;
  twice.number = 8;
  twice.resent = true;
  tell(twice);
  CHECK(offers().size() == 1);
  CHECK(desk.take<answer>()->number == 7);
  auto again = desk.take<answer>();
  REQUIRE(again);
  CHECK(again->number == 8);
  CHECK_FALSE(again->error);
}

TEST_CASE_METHOD(shard_stage,
                 "a key makes one run, also where its second "
                 "submission overtakes the commit",
                 "[shard]") {
  begin();
  auto one = submission(7, run_of(1));
  one.idempotency_key = "k";
  auto two = submission(8, run_of(2));
  two.idempotency_key = "k";
  auto other = submission(9, run_of(3), "priority: 9");
  other.idempotency_key = "k";
  hold(writer);
  tell(one);
  tell(two);
  CHECK_FALSE(desk.take<answer>());
  release(writer);
  settle();
  tell(other);
  CHECK(offers().size() == 1);
  for (auto number : {7u, 8u}) {
    auto x = desk.take<answer>();
    REQUIRE(x);
    CHECK(x->number == number);
    CHECK(x->run == run_of(1));
  }
  CHECK(desk.take<answer>()->error.code == errc::key_reused);
}

TEST_CASE_METHOD(shard_stage,
                 "a version of a workflow is kept once, also "
                 "where two come at the same time",
                 "[shard]") {
  begin();
  auto one = submission(7, run_of(1));
  one.what = verb::define;
  auto same = one;
  same.number = 8;
  auto other = submission(9, run_of(3), "priority: 9");
  other.what = verb::define;
  hold(writer);
  tell(one);
  tell(same);
  tell(other);
  auto no = desk.take<answer>();
  REQUIRE(no);
  CHECK(no->number == 9);
  CHECK(no->error.code == errc::invalid_state);
  CHECK_FALSE(desk.take<answer>());
  release(writer);
  settle();
  for (auto number : {7u, 8u}) {
    auto yes = desk.take<answer>();
    REQUIRE(yes);
    CHECK(yes->number == number);
    CHECK_FALSE(yes->error);
  }
}

TEST_CASE_METHOD(shard_stage, "a shard that has much to write takes no more",
                 "[shard]") {
  home->opts.pending_bytes_max = 64 << 10;
  begin();
  hold(writer);
  auto taken = 0u;
  std::optional<answer> no;
  while (!no && taken < 100) {
    ++taken;
    auto x = submission(taken, run_of(taken));
    std::string body(1002, 'x');
    body.front() = body.back() = '"';
    x.body = core::text{std::move(body)};
    tell(x);
    no = desk.take<answer>();
  }
  REQUIRE(no);
  CHECK(no->error.code == errc::overloaded);
  CHECK(no->number == taken);
  release(writer);
  settle();
  CHECK(offers().size() == taken - 1);
  tell(submission(200, run_of(200)));
  CHECK(offers().size() == 1);
}

TEST_CASE_METHOD(shard_stage, "a full queue refuses those who fill it only",
                 "[shard]") {
  home->opts.queued_max = 4;
  begin();
  auto answer_to = [this](uint32_t number, const char* workspace) {
    auto x = submission(number, run_of(number));
    x.workspace = workspace;
    tell(x);
    settle();
    auto said = desk.take<answer>();
    REQUIRE(said);
    return said->error;
  };
  for (uint32_t i = 1; i <= 4; ++i)
    CHECK_FALSE(answer_to(i, "flood"));
  CHECK(*home->queued == 4);
  auto no = answer_to(5, "flood");
  CHECK(no.code == errc::overloaded);
  CHECK(no.message.find("node.queued_max") != std::string::npos);
  // Not without an end either.
  for (uint32_t i = 6; i <= 9; ++i)
    CHECK_FALSE(answer_to(i, ("small" + std::to_string(i)).c_str()));
  CHECK(answer_to(10, "small10").code == errc::overloaded);
}
