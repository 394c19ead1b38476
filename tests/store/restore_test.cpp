#include <catch2/catch.hpp>

#include <fstream>

#include "store/samples.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

failure back_up(store_writer& of, const std::filesystem::path& to) {
  for (;;)
    if (auto done = of.backup(to); !done)
      return done.error();
    else if (*done)
      return {};
}

/// More than some slices of a backup; returns how many runs that took.
uint32_t fill(session& owner) {
  constexpr uint32_t runs = 8;
  for (uint32_t i = 1; i <= runs; ++i) {
    auto b = sample_batch(1, i, 200);
    for (auto& x : b.tasks)
      x.output = text{std::string(4096, 'x')};
    REQUIRE(owner.append(b).what == commit::done);
  }
  return runs;
}

} // namespace

TEST_CASE("commits between the slices of a backup belong to it", "[store]")
{
  scratch place;
  scratch other;
  auto made = troupe::store::make_sqlite_store(place.options());
  auto backup = place.path() / "backup.db";
  std::vector<id> committed;
  {
    session owner{*made};
    auto i = fill(owner);
    auto commit_one = [&] {
      auto b = sample_batch(1, ++i, 20);
      REQUIRE(owner.append(b).what == commit::done);
      committed.push_back(b.runs[0].key);
    };
    uint32_t slices = 1;
    for (auto done = owner.writer->backup(backup); !*done; ++slices) {
      CHECK_FALSE(std::filesystem::exists(backup));
      commit_one();
      owner.writer->maintain(t0 + i * 10s);
      done = owner.writer->backup(backup);
      REQUIRE(done);
    }
    CHECK(slices > 3);
    commit_one(); // After it.
  }
  REQUIRE_FALSE(troupe::store::restore(backup, other.path()));
  auto elsewhere = troupe::store::make_sqlite_store(other.options());
  auto reader = elsewhere->reader();
  CHECK(reader->check(true)->empty());
  auto last = committed.back();
  committed.pop_back();
  for (auto run : committed)
    CHECK(*reader->find_run(run));
  CHECK_FALSE(*reader->find_run(last));
}

TEST_CASE("a backup that is given up leaves nothing", "[store]")
{
  scratch place;
  auto made = troupe::store::make_sqlite_store(place.options());
  auto part = place.path() / "backup.db.part";
  {
    session owner{*made};
    fill(owner);
    REQUIRE_FALSE(*owner.writer->backup(place.path() / "backup.db"));
    CHECK(std::filesystem::exists(part));
  }
  CHECK_FALSE(std::filesystem::exists(part));
}

TEST_CASE("a backup is of one moment and restores with a new generation",
          "[store]")
{
  scratch place;
  scratch other;
  auto made = troupe::store::make_sqlite_store(place.options());
  auto backup = place.path() / "backup.db";
  auto before = sample_batch(1, 1, 3);
  auto after = sample_batch(1, 2, 3);
  uint64_t epoch = 0;
  {
    session owner{*made};
    REQUIRE(owner.append(before).what == commit::done);
    auto reader = made->reader(); // Reads go on meanwhile.
    REQUIRE(*reader->find_run(before.runs[0].key));
    REQUIRE_FALSE(back_up(*owner.writer, backup));
    REQUIRE(owner.append(after).what == commit::done);
    epoch = owner.state.epoch;
    // Nobody may exchange the files under a running node.
    CHECK(troupe::store::restore(backup, place.path()).code
          == errc::store_locked);
  }
  SECTION("over the store it came from")
  {
    REQUIRE_FALSE(troupe::store::restore(backup, place.path()));
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
    REQUIRE_FALSE(troupe::store::restore(backup, place.path()));
    std::ofstream{place.path() / "troupe.db"} << "garbage";
    REQUIRE_FALSE(troupe::store::restore(backup, place.path()));
    CHECK(session{*made}.state.generation == 2);
  }
  SECTION("into an empty directory")
  {
    REQUIRE_FALSE(troupe::store::restore(backup, other.path()));
    auto elsewhere = troupe::store::make_sqlite_store(other.options());
    CHECK(session{*elsewhere}.state.generation == 1);
    CHECK(*elsewhere->reader()->find_run(before.runs[0].key));
  }
}

TEST_CASE("what is no backup is refused before anything is moved", "[store]")
{
  scratch place;
  auto made = troupe::store::make_sqlite_store(place.options());
  auto kept = sample_batch(1, 1, 3);
  auto backup = place.path() / "backup.db";
  {
    session owner{*made};
    REQUIRE(owner.append(kept).what == commit::done);
    REQUIRE_FALSE(back_up(*owner.writer, backup));
    CHECK(back_up(*owner.writer, place.path() / "troupe.db").code
          == errc::invalid);
    CHECK(back_up(*owner.writer, place.path() / "no" / "such").code
          != errc::none);
  }
  CHECK(troupe::store::restore(place.path() / "none.db", place.path()).code
        == errc::not_found);
  auto other = place.path() / "other.txt";
  std::ofstream{other} << "a file that has nothing to do with it";
  CHECK_THAT(troupe::store::restore(other, place.path()).message,
             Catch::Contains("is no store: it is no SQLite database"));
  CHECK(troupe::store::restore(place.path(), place.path()).code
        == errc::invalid);
  std::fstream raw{backup, std::ios::in | std::ios::out | std::ios::binary};
  raw.seekp(2 * 4096);
  raw << std::string(8 * 4096, '\xee');
  raw.close();
  CHECK(troupe::store::restore(backup, place.path()));
  session owner{*made};
  CHECK(owner.state.generation == 0);
  CHECK(*made->reader()->find_run(kept.runs[0].key));
}

TEST_CASE("a restore that was broken off leaves no store that opens", "[store]")
{
  scratch place;
  std::filesystem::create_directories(place.path());
  std::ofstream{place.path() / "restore-under-way"} << "";
  auto opened = troupe::store::make_sqlite_store(place.options())
                  ->writer()
                  ->open(shards, t0);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("broken off") != std::string::npos);
}
