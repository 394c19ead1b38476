#include <catch2/catch.hpp>

#include "actors/house_stage.hpp"
#include "actors/journal.hpp"
#include "store/memory_store.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using core::commit;

namespace {

/// A store in memory whose disk has as much room as the test says.
class small_disk : public core::store_writer {
public:
  small_disk(std::unique_ptr<core::store_writer> to, uint64_t& free)
    : to_(std::move(to)), free_(free) {}
  core::result<core::opened> open(uint32_t n, core::instant now) override {
    return to_->open(n, now);
  }
  core::commit_report
  append(const std::vector<const core::batch*>& batches) override {
    return to_->append(batches);
  }
  bool maintain(core::instant now) override { return to_->maintain(now); }
  core::result<bool> backup(const std::string& path) override {
    return to_->backup(path);
  }
  core::store_stats stats() override {
    auto x = to_->stats();
    x.disk_free = free_;
    return x;
  }
  failure close() override { return to_->close(); }

private:
  std::unique_ptr<core::store_writer> to_;
  uint64_t& free_;
};

/// The journal of two scripted shards.
struct cast : house_stage {
  std::array<neighbour, 2> shards{neighbour{sys}, neighbour{sys}};
  neighbour feed{sys};
  std::shared_ptr<store::memory_faults> faults =
    std::make_shared<store::memory_faults>();
  std::shared_ptr<core::store> disk = store::make_memory_store(faults);
  uint64_t disk_free = UINT64_MAX;
  open_store_ptr opened = std::make_shared<open_store>();
  journal_actor writer;

  cast() {
    home->opts.shards = 2;
    home->shards.emplace_back(shard_names, "1");
    place(shard_names, "0", shards[0].handle);
    place(shard_names, "1", shards[1].handle);
    place(names, "feed", feed.handle);
    opened->writer = std::make_unique<small_disk>(disk->writer(), disk_free);
    opened->facts = *opened->writer->open(2, home->now());
    begin();
  }
  ~cast() { end(); }

  void begin() {
    house_ptr shared = home;
    writer = sys.spawn(journal, shared, opened);
    settle();
  }
  void end() {
    caf::anon_send_exit(writer, caf::exit_reason::kill);
    settle();
  }

  batch_ptr batch(uint32_t shard, uint64_t first_seq, uint64_t epoch = 1) {
    auto b = std::make_shared<core::batch>();
    b->shard = shard;
    b->epoch = epoch;
    b->first_seq = first_seq;
    b->count = 2;
    b->facts = core::text{std::string{"facts"}};
    return b;
  }
  void send(const batch_ptr& b) { caf::anon_send(writer, append_atom_v, b); }
  uint64_t commits() { return opened->writer->stats().commits; }
  /// What a shard was told of its batch.
  std::optional<commit> outcome_of(uint32_t shard, uint64_t first_seq) {
    auto x = shards[shard].take<committed>();
    if (!x)
      return std::nullopt;
    CHECK(x->shard == shard);
    CHECK(x->first_seq == first_seq);
    return x->what;
  }
  std::optional<bool> intake(uint32_t shard) {
    return shards[shard].take_after<intake_atom, bool>();
  }
};

} // namespace

TEST_CASE_METHOD(cast, "what came while it wrote is one commit", "[journal]") {
  send(batch(0, 1));
  send(batch(1, 1));
  settle();
  CHECK(outcome_of(0, 1) == commit::done);
  CHECK(outcome_of(1, 1) == commit::done);
  CHECK(commits() == 1);
  CHECK(feed.take<feed_chunk>()->shard == 0);
  CHECK(feed.take<feed_chunk>()->shard == 1);
  CHECK(opened->facts.next_seq == std::vector<uint64_t>{3, 3});
}

TEST_CASE_METHOD(cast, "a fenced shard leaves the others their commit",
                 "[journal]") {
  send(batch(0, 1, 0)); // Of an epoch that is over.
  send(batch(1, 1));
  settle();
  CHECK(outcome_of(0, 1) == commit::fenced);
  CHECK(outcome_of(1, 1) == commit::done);
  CHECK(feed.take<feed_chunk>()->shard == 1);
  CHECK_FALSE(feed.take<feed_chunk>());
  CHECK(opened->facts.next_seq == std::vector<uint64_t>{1, 3});
}

TEST_CASE_METHOD(cast, "a batch that does not follow on the last is fenced",
                 "[journal]") {
  send(batch(0, 1));
  settle();
  CHECK(outcome_of(0, 1) == commit::done);
  send(batch(0, 5));
  settle();
  CHECK(outcome_of(0, 5) == commit::fenced);
}

TEST_CASE_METHOD(cast, "a full disk keeps all batches until it takes them",
                 "[journal]") {
  faults->rolled_back = 2;
  send(batch(0, 1));
  settle();
  CHECK(intake(0) == false);
  CHECK(intake(1) == false);
  send(batch(1, 1)); // The end of accepted work may still come.
  settle();
  CHECK_FALSE(outcome_of(0, 1));
  CHECK_FALSE(outcome_of(1, 1));
  CHECK(commits() == 0);
  advance(1s);
  CHECK(outcome_of(0, 1) == commit::done);
  CHECK(outcome_of(1, 1) == commit::done);
  CHECK(intake(0) == true);
  CHECK(intake(1) == true);
  CHECK(warnings.size() == 2);
}

TEST_CASE_METHOD(cast,
                 "a shard that begins anew takes back what was not "
                 "written",
                 "[journal]") {
  faults->rolled_back = 2;
  send(batch(0, 1));
  settle();
  auto again = ask<shard_opened>(writer, unlock_atom_v, 0u);
  REQUIRE(again);
  CHECK(again->next_seq == 1);
  CHECK(intake(0) == false);
  advance(1s);
  CHECK(intake(0) == true); // Nothing waits for room any more.
  CHECK_FALSE(outcome_of(0, 1));
  CHECK(opened->facts.next_seq == std::vector<uint64_t>{1, 1});
}

TEST_CASE_METHOD(cast, "a shard that opens hears of what was sent before",
                 "[journal]") {
  send(batch(0, 1)); // Not written when the question comes.
  auto answer = ask<shard_opened>(writer, unlock_atom_v, 0u);
  REQUIRE(answer);
  CHECK(answer->epoch == 1);
  CHECK(answer->next_seq == 3);
}

TEST_CASE_METHOD(cast,
                 "an unknown commit is told to nobody and ends the "
                 "journal",
                 "[journal]") {
  faults->unknown = 1;
  send(batch(0, 1));
  send(batch(1, 1));
  settle();
  CHECK_FALSE(alive(caf::actor_cast<caf::actor>(writer)));
  CHECK_FALSE(opened->writer); // The next life opens another.
  CHECK_FALSE(outcome_of(0, 1));
  CHECK_FALSE(outcome_of(1, 1));
  CHECK_FALSE(feed.take<feed_chunk>());
}

TEST_CASE_METHOD(cast, "followers look into a store that was opened anew",
                 "[journal]") {
  CHECK_FALSE(feed.take<feed_chunk>());
  end();
  opened->reopened = true;
  begin();
  auto hint = feed.take<feed_chunk>();
  REQUIRE(hint);
  CHECK(hint->count == 0);
  CHECK_FALSE(opened->reopened);
}

TEST_CASE_METHOD(cast, "a disk with little room takes ends and no new work",
                 "[journal]") {
  auto reserve = home->opts.disk_reserve_bytes;
  disk_free = reserve - 1;
  advance(200ms);
  CHECK(intake(0) == false);
  send(batch(0, 1));
  settle();
  CHECK(outcome_of(0, 1) == commit::done);
  disk_free = reserve; // It does not flutter.
  advance(200ms);
  CHECK_FALSE(intake(0));
  disk_free = reserve + reserve / 4;
  advance(200ms);
  CHECK(intake(0) == true);
}

TEST_CASE_METHOD(cast, "a journal that begins on a full disk knows it at once",
                 "[journal]") {
  end();
  disk_free = 0;
  begin();
  CHECK(intake(0) == false); // No time has passed.
}

TEST_CASE_METHOD(cast, "a shard that opens while intake is closed is told",
                 "[journal]") {
  disk_free = 0;
  advance(200ms);
  CHECK(intake(0) == false);
  auto asked = self->request(writer, caf::infinite, unlock_atom_v, 0u);
  settle();
  asked.receive([](const shard_opened&) {},
                [](const caf::error& why) { FAIL(to_string(why)); });
  auto told = false;
  while (self->has_next_message())
    self->receive([&](intake_atom, bool open) { told = !open; });
  CHECK(told);
}
