#include <catch2/catch.hpp>

#include <fstream>
#include <set>

#include <sqlite3.h>

#include "store/samples.hpp"
#include "store/schema.hpp"

// The files of the SQLite store: what is damaged, foreign or newer is refused
// with a sentence, and never replaced in silence.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

struct closed_store {
  scratch place;
  std::unique_ptr<core::store> made =
    troupe::store::make_sqlite_store(place.options());
  std::filesystem::path file = place.path() / "troupe.db";

  closed_store() {
    session owner{*made};
    for (uint32_t i = 1; i <= 20; ++i) {
      auto b = sample_batch(i % shards, i, 20);
      REQUIRE(owner.append(b).what == commit::done);
    }
    REQUIRE_FALSE(owner.writer->close());
  }

  failure open_failure() {
    auto opened = made->writer()->open(shards, t0);
    return opened ? failure{} : opened.error();
  }

  void run(const char* sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
  }

  std::string one(const std::string& sql) {
    sqlite3* db = nullptr;
    std::string found;
    REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
    sqlite3_exec(
      db, sql.c_str(),
      [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) = values[0] ? values[0] : "NULL";
        return 0;
      },
      &found, nullptr);
    sqlite3_close(db);
    return found;
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a clean close leaves no log behind", "[store][files]")
{
  closed_store s;
  auto wal = s.place.path() / "troupe.db-wal";
  CHECK(
    (!std::filesystem::exists(wal) || std::filesystem::file_size(wal) == 0));
  CHECK_FALSE(s.open_failure());
}

TEST_CASE("the files of a store are for their owner alone", "[store][files]")
{
  using std::filesystem::perms;
  auto others = [](const std::filesystem::path& file) {
    return std::filesystem::status(file).permissions()
           & (perms::group_all | perms::others_all);
  };
  scratch place;
  auto options = place.options();
  options.directory = place.path() / "made";
  auto made = troupe::store::make_sqlite_store(options);
  auto look = [&] {
    session owner{*made};
    auto b = sample_batch(1, 1, 20);
    owner.append(b);
    for (const auto& x :
         std::filesystem::directory_iterator{options.directory}) {
      CAPTURE(x.path());
      CHECK(others(x.path()) == perms::none);
    }
    CHECK(std::filesystem::exists(options.directory / "troupe.db-wal"));
  };
  look();
  CHECK(others(options.directory) == perms::none);
  // As an earlier version left it.
  std::filesystem::permissions(options.directory / "troupe.db",
                               perms::owner_read | perms::owner_write
                                 | perms::group_read | perms::others_read);
  look();
}

TEST_CASE("an overwritten page is an error, not a crash", "[store][files]")
{
  closed_store s;
  auto size = std::filesystem::file_size(s.file);
  {
    std::fstream raw{s.file, std::ios::in | std::ios::out | std::ios::binary};
    for (uint64_t at = 4 * 4096; at + 4096 <= size; at += 4096) {
      raw.seekp(static_cast<std::streamoff>(at));
      raw << std::string(4096, '\xee');
    }
  }
  auto why = s.open_failure();
  if (!why) {
    auto reader = s.made->reader();
    auto found = reader->load_run(sample_run(1, 1).key);
    REQUIRE_FALSE(found);
    why = found.error();
    auto problems = reader->check(true);
    REQUIRE(problems);
    CHECK_FALSE(problems->empty());
    // Each once: more of the same would hide what it is.
    CHECK(std::set<std::string>{problems->begin(), problems->end()}.size()
          == problems->size());
  }
  CHECK(why.code == errc::store_failed);
  CHECK(has(why.message, s.file.string()));
  CHECK(has(why.message, "troupe doctor"));
}

TEST_CASE("a file that is no database is left alone", "[store][files]")
{
  closed_store s;
  std::ofstream{s.file} << std::string(10'000, 'x');
  auto why = s.open_failure();
  CHECK(why.code == errc::store_failed);
  CHECK(has(why.message, s.file.string()));
  CHECK(std::filesystem::file_size(s.file) == 10'000);
}

TEST_CASE("an empty file is not taken for a new store", "[store][files]")
{
  closed_store s;
  std::filesystem::resize_file(s.file, 0);
  CHECK(has(s.open_failure().message, "is empty"));
  std::filesystem::remove(s.file);
  std::ofstream{s.file.string() + "-wal"} << "frames";
  CHECK(has(s.open_failure().message, "no troupe.db beside it"));
}

TEST_CASE("a database of another program is refused", "[store][files]")
{
  closed_store s;
  s.run("PRAGMA application_id=7");
  CHECK(has(s.open_failure().message, "another program"));
}

TEST_CASE("a newer schema is refused", "[store][files]")
{
  closed_store s;
  s.run("UPDATE meta SET value=999 WHERE name='schema_version'");
  auto why = s.open_failure();
  CHECK(has(why.message, "schema 999"));
  auto found = s.made->reader()->find_run(id::make(t0, 1, 1));
  REQUIRE_FALSE(found);
  CHECK(has(found.error().message, "schema 999"));
}

TEST_CASE("migrations run once, in order, and wholly or not at all",
          "[store][files]")
{
  closed_store s;
  using troupe::store::connection;
  auto opened =
    connection::open(s.file, connection::role::writer, s.place.options());
  REQUIRE(opened);
  auto& db = **opened;
  std::vector<troupe::store::migration> steps{
    troupe::store::migrations().begin(), troupe::store::migrations().end()};
  auto newest = steps.back().version;
  steps.push_back(
    {newest + 1, "CREATE TABLE two(x); INSERT INTO two VALUES(1);"});
  steps.push_back({newest + 2, "CREATE TABLE three(x); BROKEN;"});
  auto why = migrate(db, steps);
  CHECK(why.code == errc::store_failed);
  CHECK(*troupe::store::schema_version(db) == newest + 1);
  CHECK(s.one("SELECT count(*) FROM sqlite_schema WHERE name='three'") == "0");
  steps.back().sql = "CREATE TABLE three(x);";
  CHECK_FALSE(migrate(db, steps));
  CHECK_FALSE(migrate(db, steps));
  CHECK(*troupe::store::schema_version(db) == newest + 2);
  CHECK(s.one("SELECT count(*) FROM two") == "1");
}

TEST_CASE("a changed fact breaks the chain", "[store][files]")
{
  closed_store s;
  auto where =
    GENERATE("UPDATE segments SET body='forged' WHERE shard=1 AND first_seq=2",
             "UPDATE segments SET count=count+1 WHERE shard=1 AND first_seq=2",
             "DELETE FROM segments WHERE shard=1 AND first_seq=2",
             "DELETE FROM segments WHERE shard=1 AND first_seq=1",
             "DELETE FROM segments WHERE shard=1 AND first_seq=5");
  CHECK(s.made->reader()->check(true)->empty());
  s.run(where);
  auto problems = s.made->reader()->check(true);
  REQUIRE(problems);
  CHECK_FALSE(problems->empty());
}

TEST_CASE("a broken end of history is found at an unclean open",
          "[store][files]")
{
  closed_store s;
  s.run("UPDATE meta SET value=0 WHERE name='clean';"
        "UPDATE segments SET body='forged' WHERE shard=1 AND first_seq=5");
  auto why = s.open_failure();
  CHECK(why.code == errc::store_failed);
  CHECK(has(why.message, "history of shard 1 at 5"));
}

TEST_CASE("a person reads words, uuids and times in the views",
          "[store][files]")
{
  closed_store s;
  auto run = sample_run(1, 1).key;
  auto row = "WHERE id='" + to_string(run) + "'";
  CHECK(s.one("SELECT state FROM runs_view " + row) == "running");
  CHECK(s.one("SELECT created_at FROM runs_view " + row)
        == to_rfc3339(t0 + 1s));
  auto task = "WHERE id='" + to_string(run.with(2)) + "'";
  CHECK(s.one("SELECT state FROM tasks_view " + task) == "queued");
  CHECK(s.one("SELECT run FROM tasks_view " + task) == to_string(run));
  CHECK(s.one("SELECT count(*) FROM decisions_view") == "0");
  CHECK(s.one("SELECT count(*) FROM history_view") == "20");
}

TEST_CASE("live and failed runs are read through their indexes",
          "[store][files]")
{
  closed_store s;
  auto plan = [&](const std::string& sql) {
    sqlite3* db = nullptr;
    std::string found;
    REQUIRE(sqlite3_open(s.file.c_str(), &db) == SQLITE_OK);
    sqlite3_exec(
      db, ("EXPLAIN QUERY PLAN " + sql).c_str(),
      [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) += values[3];
        return 0;
      },
      &found, nullptr);
    sqlite3_close(db);
    return found;
  };
  CHECK(has(plan("SELECT * FROM runs WHERE state<4 AND slot>=1 AND slot<9"),
            "INDEX runs_live"));
  CHECK(has(plan("SELECT * FROM tasks WHERE state=4 AND workspace='d' ORDER BY "
                 "key DESC LIMIT 9"),
            "INDEX tasks_few"));
}

TEST_CASE("a store of before agents' logs gets their table and keeps its rows",
          "[store][files]")
{
  closed_store s;
  // What came with later schemas goes, the newest first.
  s.run("DROP TABLE notes; DROP VIEW autonomous_tasks; DROP INDEX "
        "queue_by_state; DROP INDEX "
        "queue_by_agent; DROP INDEX queue_runs; DROP TABLE audit_logs; DROP "
        "TABLE marketing_strategies; ALTER TABLE tasks DROP COLUMN labels; "
        "ALTER TABLE tasks DROP COLUMN queue_agent");
  s.run("DROP TABLE logs; UPDATE meta SET value=4 WHERE name='schema_version'");
  {
    session owner{*s.made};
    auto work = sample_batch(0, 1, 1);
    work.logs = {{work.tasks[0].key, 1, "default", 0, text{"t x\n"}}};
    REQUIRE(owner.append(work).what == commit::done);
    REQUIRE_FALSE(owner.writer->close());
  }
  CHECK(s.one("SELECT lines FROM logs_view") == "t x\n");
}
