#include <catch2/catch.hpp>

#include <filesystem>

#include <sqlite3.h>

#include "store/aftermath.hpp"
#include "store/fault_vfs.hpp"
#include "store/samples.hpp"

// The whole life of a store, again and again: each time the next call to the
// file system fails, until a life has fewer calls than that.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr uint32_t batches = 4;
constexpr uint32_t tasks = 8;

/// An error that a person can do something with.
void check_words(const failure& why, const std::filesystem::path& place) {
  INFO(why.message);
  CHECK((why.code == errc::store_failed || why.code == errc::store_full));
  CHECK(why.message.find(place.string()) != std::string::npos);
  CHECK(why.message.find("; ") != std::string::npos); // And what to do.
}

class life {
public:
  explicit life(const std::filesystem::path& place,
                std::unique_ptr<core::store> of)
    : place_(place), store_(std::move(of)), writer_(store_->writer()) {}

  /// Opens, commits, keeps up, reads, saves, closes; ends where it must.
  void live() {
    auto opened = writer_->open(shards, t0);
    if (!opened)
      return check_words(opened.error(), place_);
    state_ = std::move(*opened);
    for (uint32_t i = 1; i <= batches && append(i); ++i)
      writer_->maintain(t0 + i * 10s); // Idle for so long: checkpoints.
    look();
    save();
    if (auto why = writer_->close())
      check_words(why, place_);
  }

  const std::vector<id>& acknowledged() const { return acknowledged_; }
  std::filesystem::path saved() const { return place_ / "saved.db"; }
  bool is_saved() const { return is_saved_; }

private:
  /// False: this writer cannot go on.
  bool append(uint32_t i) {
    auto b = sample_batch(i % shards, i, tasks);
    b.epoch = state_.epoch;
    b.first_seq = state_.next_seq[b.shard];
    b.count = 1;
    auto report = writer_->append({&b});
    if (report.what == commit::rolled_back) {
      check_words(report.why, place_);
      report = writer_->append({&b}); // It was kept, and is tried again.
    }
    if (report.what == commit::done) {
      acknowledged_.push_back(b.runs[0].key);
      ++state_.next_seq[b.shard];
      return true;
    }
    CHECK(report.what != commit::fenced);
    check_words(report.why, place_);
    return false;
  }

  /// What is read is right, or an error.
  void look() {
    auto reader = store_->reader();
    for (auto run : acknowledged_)
      if (auto found = reader->load_run(run))
        CHECK(found->tasks.size() == tasks);
      else
        check_words(found.error(), place_);
  }

  void save() {
    auto done = writer_->backup(saved().string());
    while (done && !*done)
      done = writer_->backup(saved().string());
    is_saved_ = done && *done;
    if (!done)
      check_words(done.error(), place_);
  }

  std::filesystem::path place_;
  std::unique_ptr<core::store> store_;
  std::unique_ptr<store_writer> writer_;
  opened state_;
  std::vector<id> acknowledged_;
  bool is_saved_ = false;
};

/// A backup that was reported as made is whole.
void check_saved(const life& of) {
  sqlite3* db = nullptr;
  std::string found;
  REQUIRE(
    sqlite3_open_v2(of.saved().c_str(), &db, SQLITE_OPEN_READONLY, nullptr)
    == SQLITE_OK);
  sqlite3_exec(
    db, "PRAGMA integrity_check",
    [](void* to, int, char** values, char**) {
      *static_cast<std::string*>(to) += values[0];
      return 0;
    },
    &found, nullptr);
  sqlite3_close(db);
  CHECK(found == "ok");
}

/// True if the fault was met.
bool survive(fault_plan plan) {
  no_faults around;
  scratch place;
  auto options = place.options();
  options.vfs = fault_vfs();
  options.cache_kib = 64; // So that reads meet the disk.
  bool met = false;
  INFO("the call " << plan.nth);
  faults() = plan;
  std::vector<id> acknowledged;
  auto is_saved = false;
  {
    life of{place.path(), troupe::store::make_sqlite_store(options)};
    of.live();
    met = faults().hits > 0;
    faults() = {};
    acknowledged = of.acknowledged();
    is_saved = of.is_saved();
    if (is_saved)
      check_saved(of);
    else
      CHECK_FALSE(std::filesystem::exists(of.saved()));
  }
  CHECK((met || (is_saved && acknowledged.size() == batches)));
  auto made = troupe::store::make_sqlite_store(options);
  check_after(*made, acknowledged);
  return met;
}

uint32_t calls_until_it_succeeds(fault_plan plan) {
  plan.nth = 0;
  do
    ++plan.nth;
  while (survive(plan));
  return plan.nth;
}

} // namespace

TEST_CASE("any call to the disk may fail once and nothing is lost",
          "[store][faults]")
{ CHECK(calls_until_it_succeeds({disk_op::any, 0, 0, false, false}) > 100); }

TEST_CASE("the disk may fail from any call on and nothing is lost",
          "[store][faults]")
{ CHECK(calls_until_it_succeeds({disk_op::any, 0, 0, true, false}) > 100); }

TEST_CASE("a write of which half gets to the disk loses nothing",
          "[store][faults]")
{
  auto code = GENERATE(SQLITE_FULL, SQLITE_IOERR_WRITE);
  CHECK(calls_until_it_succeeds({disk_op::write, 0, code, false, true}) > 50);
}
