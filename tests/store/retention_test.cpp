#include <catch2/catch.hpp>

#include <sqlite3.h>

#include "store/samples.hpp"

// What goes after its time, what stays, and payloads that stand beside rows.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr auto days_31 = std::chrono::days{31};

struct fixture {
  scratch place;
  std::unique_ptr<core::store> made =
    troupe::store::make_sqlite_store(place.options());
  session owner{*made};
  std::unique_ptr<store_reader> reader = made->reader();

  /// A run that ended soon after t0, or one that has not.
  id add(uint32_t unique, uint32_t tasks, bool ended,
         const text& payload = text{"1"}) {
    auto b = sample_batch(1, unique, tasks);
    auto& run = b.runs[0];
    run.state = ended ? run_state::completed : run_state::running;
    run.input = payload;
    for (auto& x : b.tasks)
      x.output = payload;
    b.logs = {{run.key.with(1), 1, "default", 0, text{"t said\n"}}};
    b.keys = {{"default", run.idempotency_key, run.key, "hash", t0}};
    REQUIRE(owner.append(b).what == commit::done);
    return run.key;
  }

  void maintain(instant now) {
    for (auto i = 0; owner.writer->maintain(now) && i < 10'000; ++i)
      ;
  }

  int64_t count(const char* table) {
    sqlite3* db = nullptr;
    int64_t n = -1;
    sqlite3_open((place.path() / "troupe.db").c_str(), &db);
    auto sql = std::string{"SELECT count(*) FROM "} + table;
    sqlite3_exec(
      db, sql.c_str(),
      [](void* to, int, char** values, char**) {
        *static_cast<int64_t*>(to) = std::stoll(values[0]);
        return 0;
      },
      &n, nullptr);
    sqlite3_close(db);
    return n;
  }
};

} // namespace

TEST_CASE("ended runs go after their time with all that is theirs",
          "[store][retention]")
{
  fixture f;
  auto old = f.add(1, 450, true);
  auto live = f.add(2, 3, false);
  f.maintain(t0 + std::chrono::days{29});
  CHECK(*f.reader->find_run(old));
  f.maintain(t0 + days_31);
  CHECK_FALSE(*f.reader->find_run(old));
  CHECK(*f.reader->find_run(live));
  CHECK(f.count("tasks") == 3);
  CHECK(f.count("removals") == 0);
  CHECK(f.count("logs") == 1);
  CHECK_FALSE(*f.reader->find_key("default", "order-1"));
  CHECK(*f.reader->find_key("default", "order-2"));
  CHECK(f.reader->check(true)->empty());
}

TEST_CASE("a removal goes on after a crash in its middle", "[store][retention]")
{
  fixture f;
  f.add(1, 2000, true);
  f.owner.writer.reset();
  auto options = f.place.options();
  options.slice = 0us; // One bite per call.
  auto slow = troupe::store::make_sqlite_store(options);
  {
    session owner{*slow};
    for (auto i = 0; i < 5; ++i)
      owner.writer->maintain(t0 + days_31);
  }
  auto left = f.count("tasks");
  CHECK(left > 0);
  CHECK(left < 2000);
  CHECK(f.reader->check(true)->empty());
  session owner{*f.made};
  while (owner.writer->maintain(t0 + days_31))
    ;
  CHECK(f.count("tasks") == 0);
  CHECK(f.count("removals") == 0);
}

TEST_CASE("old history goes, its end and the chain stay", "[store][retention]")
{
  fixture f;
  for (uint32_t i = 1; i <= 30; ++i)
    f.add(i, 1, false);
  CHECK(f.count("segments") == 30);
  f.maintain(t0 + days_31);
  CHECK(f.count("segments") == 1);
  CHECK(f.reader->check(true)->empty());
  CHECK(f.reader->history(1, 1, 100)->at(0).first_seq == 30);
  f.add(40, 1, false);
  CHECK(f.reader->check(true)->empty());
  CHECK_FALSE(f.owner.writer->close());
  CHECK(session{*f.made}.state.next_seq[1] == 32);
}

TEST_CASE("large payloads stand once per workspace and read back",
          "[store][retention]")
{
  fixture f;
  text large{std::string(100'000, 'x')};
  auto run = f.add(1, 5, true, large);
  auto again = f.add(2, 5, false, large);
  CHECK(f.count("blobs") == 1);
  CHECK(f.reader->load_run(run)->run.input == large);
  CHECK(f.reader->load_run(run)->tasks[4].output == large);
  CHECK(f.reader->check(true)->empty());
  auto elsewhere = sample_batch(0, 3, 1);
  elsewhere.tasks[0].workspace = "other";
  elsewhere.tasks[0].input = large;
  REQUIRE(f.owner.append(elsewhere).what == commit::done);
  CHECK(f.count("blobs") == 2);
  f.maintain(t0 + days_31);
  CHECK_FALSE(*f.reader->find_run(run));
  CHECK(f.reader->load_run(again)->tasks[0].output == large);
  CHECK(f.count("blobs") == 2); // The other run still needs it.
}

TEST_CASE("a payload goes with the last run that needs it",
          "[store][retention]")
{
  fixture f;
  text large{std::string(100'000, 'x')};
  f.add(1, 2, true, large);
  f.add(2, 2, true, large);
  f.maintain(t0 + days_31);
  CHECK(f.count("blobs") == 0);
  CHECK(f.count("blob_uses") == 0);
}

TEST_CASE("a payload that looks like a reference is no reference",
          "[store][retention]")
{
  fixture f;
  text sly{"blob:sha256:" + std::string(64, '0')};
  auto run = f.add(1, 1, false, sly);
  CHECK(f.reader->load_run(run)->run.input == sly);
}

TEST_CASE("a cached payload goes with its entry", "[store][retention]")
{
  fixture f;
  batch b;
  b.cached = {{"default", "h", text{std::string(50'000, 'c')}, t0 + 1h}};
  REQUIRE(f.owner.append(b).what == commit::done);
  CHECK((*f.reader->find_cached("default", "h", t0))->output.size() == 50'000);
  f.maintain(t0 + 2h);
  CHECK(f.count("cache") == 0);
  CHECK(f.count("blobs") == 0);
}

TEST_CASE("the log is moved into the database as it grows and when idle",
          "[store][retention]")
{
  scratch place;
  auto options = place.options();
  options.wal_checkpoint_bytes = 256 * 1024;
  auto made = troupe::store::make_sqlite_store(options);
  session owner{*made};
  for (uint32_t i = 1; i <= 100; ++i) {
    auto b = sample_batch(1, i, 50);
    REQUIRE(owner.append(b).what == commit::done);
    owner.writer->maintain(t0 + i * 1ms);
  }
  auto stats = owner.writer->stats();
  CHECK(stats.wal_bytes < 2'000'000);
  CHECK(stats.size_bytes > 500'000);
  CHECK(stats.commits == 100);
  owner.writer->maintain(t0 + 10s);
  owner.writer->maintain(t0 + 20s);
  CHECK(owner.writer->stats().wal_bytes == 0);
}

TEST_CASE("a filtered page gives up after so many rows and goes on from there",
          "[store][retention]")
{
  scratch place;
  auto options = place.options();
  options.scan_rows_max = 10;
  auto made = troupe::store::make_sqlite_store(options);
  session owner{*made};
  auto b = sample_batch(1, 1, 35);
  b.tasks[0].agent = "rare";
  REQUIRE(owner.append(b).what == commit::done);
  auto reader = made->reader();
  task_filter rare;
  rare.agent = "rare";
  page where;
  auto pages = 0;
  size_t found = 0;
  do {
    auto part = reader->tasks(rare, where);
    REQUIRE(part);
    found += part->rows.size();
    where.after = part->next;
    ++pages;
  } while (!where.after.empty());
  CHECK(found == 1);
  CHECK(pages == 4);
}

TEST_CASE("of too many cached outputs those that end first go",
          "[store][retention]")
{
  scratch place;
  auto options = place.options();
  options.cached_outputs_max = 60;
  auto made = troupe::store::make_sqlite_store(options);
  session owner{*made};
  batch b;
  for (int i = 0; i < 200; ++i)
    b.cached.push_back({"default", std::to_string(i), text{"7"}, t0 + i * 1s});
  REQUIRE(owner.append(b).what == commit::done);
  // Ten have expired anyway.
  while (owner.writer->maintain(t0 + 9s))
    ;
  auto reader = made->reader();
  auto there = [&](int i) {
    return (*reader->find_cached("default", std::to_string(i), t0)).has_value();
  };
  for (int i = 0; i < 200; ++i) {
    INFO(i);
    CHECK(there(i) == (i >= 140));
  }
}
