#include <catch2/catch.hpp>

#include <fstream>

#include "store/samples.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

TEST_CASE("a backup is of one moment and restores with a new generation",
          "[store]")
{
  scratch place;
  scratch other;
  auto made = store::make_sqlite_store(place.options());
  auto backup = place.path() / "backup.db";
  auto before = sample_batch(1, 1, 3);
  auto after = sample_batch(1, 2, 3);
  uint64_t epoch = 0;
  {
    session owner{*made};
    REQUIRE(owner.append(before).what == commit::done);
    auto reader = made->reader(); // Reads go on meanwhile.
    REQUIRE(*reader->find_run(before.runs[0].key));
    REQUIRE_FALSE(owner.writer->backup(backup));
    REQUIRE(owner.append(after).what == commit::done);
    epoch = owner.state.epoch;
    // Nobody may exchange the files under a running node.
    CHECK(store::restore(backup, place.path()).code == errc::store_locked);
  }
  SECTION("over the store it came from")
  {
    REQUIRE_FALSE(store::restore(backup, place.path()));
    session restored{*made};
    CHECK(restored.state.generation == 1);
    CHECK(restored.state.epoch > epoch);
    CHECK(restored.state.epoch >> 40 == 1);
    CHECK_FALSE(restored.state.clean);
    CHECK(restored.state.next_seq[1] == 2);
    CHECK(*made->reader()->find_run(before.runs[0].key));
    CHECK_FALSE(*made->reader()->find_run(after.runs[0].key));
    CHECK(made->reader()->check(true)->empty());
    CHECK(restored.append(after).what == commit::done);
    CHECK(std::filesystem::exists(place.path() / "troupe.db.replaced-1"));
  }
  SECTION("twice, and over a store that cannot be read")
  {
    REQUIRE_FALSE(store::restore(backup, place.path()));
    std::ofstream{place.path() / "troupe.db"} << "garbage";
    REQUIRE_FALSE(store::restore(backup, place.path()));
    CHECK(session{*made}.state.generation == 2);
  }
  SECTION("into an empty directory")
  {
    REQUIRE_FALSE(store::restore(backup, other.path()));
    auto elsewhere = store::make_sqlite_store(other.options());
    CHECK(session{*elsewhere}.state.generation == 1);
    CHECK(*elsewhere->reader()->find_run(before.runs[0].key));
  }
}

TEST_CASE("what is no backup is refused before anything is moved", "[store]")
{
  scratch place;
  auto made = store::make_sqlite_store(place.options());
  auto kept = sample_batch(1, 1, 3);
  auto backup = place.path() / "backup.db";
  {
    session owner{*made};
    REQUIRE(owner.append(kept).what == commit::done);
    REQUIRE_FALSE(owner.writer->backup(backup));
    CHECK(owner.writer->backup(place.path() / "troupe.db").code
          == errc::invalid);
    CHECK(owner.writer->backup(place.path() / "no" / "such").code
          != errc::none);
  }
  CHECK(store::restore(place.path() / "none.db", place.path()).code
        == errc::not_found);
  auto other = place.path() / "other.txt";
  std::ofstream{other} << "a file that has nothing to do with it";
  CHECK_THAT(store::restore(other, place.path()).message,
             Catch::Contains("is no store: it is no SQLite database"));
  CHECK(store::restore(place.path(), place.path()).code == errc::invalid);
  std::fstream raw{backup, std::ios::in | std::ios::out | std::ios::binary};
  raw.seekp(2 * 4096);
  raw << std::string(8 * 4096, '\xee');
  raw.close();
  CHECK(store::restore(backup, place.path()));
  session owner{*made};
  CHECK(owner.state.generation == 0);
  CHECK(*made->reader()->find_run(kept.runs[0].key));
}

TEST_CASE("a restore that was broken off leaves no store that opens", "[store]")
{
  scratch place;
  std::filesystem::create_directories(place.path());
  std::ofstream{place.path() / "restore-under-way"};
  auto opened =
    store::make_sqlite_store(place.options())->writer()->open(shards, t0);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("broken off") != std::string::npos);
}
