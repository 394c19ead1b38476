#include "store/sqlite_writer.hpp"

#include <algorithm>
#include <system_error>

#include "store/chain.hpp"
#include "store/database_file.hpp"
#include "store/schema.hpp"

namespace troupe::store {

namespace {

namespace fs = std::filesystem;

// Segments per shard whose hashes are looked at after an unclean end.
constexpr uint32_t tail_segments = 4;

uint64_t size_of(const fs::path& file) {
  std::error_code code;
  auto size = fs::file_size(file, code);
  return code ? 0 : size;
}

failure use_wal(connection& db) {
  auto q = db.use("PRAGMA journal_mode=WAL");
  auto is_wal = q.next() && q.view(0) == "wal";
  if (!q.ok())
    return db.why(q.code(), "cannot open");
  if (is_wal)
    return {};
  return {errc::store_failed, category::resource,
          db.file().string()
            + " cannot have a write-ahead log here; choose a local disk"};
}

} // namespace

sqlite_writer::sqlite_writer(sqlite_options options)
  : options_(std::move(options)) {}

sqlite_writer::~sqlite_writer() = default;

core::result<core::opened> sqlite_writer::open(uint32_t shards,
                                               core::instant now) {
  if (directory_)
    return failure{errc::invalid_state, category::unknown,
                   "this writer was opened before; make another one"};
  auto taken = data_directory::take(options_.directory);
  if (!taken)
    return taken.error();
  auto& directory = **taken;
  if (auto bad = check_files(directory))
    return bad;
  if (!fs::exists(directory.database()))
    if (auto bad = make_database(directory, options_))
      return bad;
  directory_ = std::move(*taken);
  auto begun = connect(shards, now);
  // What is kept for bad days is room enough to begin with.
  if (!begun && no_room(begun.error()) && directory.release_start_room())
    begun = connect(shards, now);
  if (!begun && no_room(begun.error()) && directory.release_ballast())
    begun = connect(shards, now);
  if (begun || directory.disk_free() >= data_directory::start_room_bytes)
    return begun;
  return failure{errc::store_full, category::resource,
                 begun.error().message + "; the disk of "
                   + directory.path().string() + " has "
                   + std::to_string(directory.disk_free() >> 10)
                   + " KiB left, and a start needs 1 MiB: move something away. "
                     "Nothing that was accepted is lost"};
}

/// Whether a start fails for lack of room, whatever the library makes of it.
bool sqlite_writer::no_room(const failure& why) const {
  return why.code == errc::store_full
         || (why.kind == category::resource
             && directory_->disk_free() < data_directory::start_room_bytes);
}

core::result<core::opened> sqlite_writer::connect(uint32_t shards,
                                                  core::instant now) {
  auto made = connection::open(directory_->database(), connection::role::writer,
                               options_);
  if (!made)
    return made.error();
  db_ = std::move(*made);
  auto begun = begin(shards, now);
  if (!begun) {
    rows_.reset();
    retention_.reset();
    checkpoints_.reset();
    db_.reset();
  }
  return begun;
}

core::result<core::opened> sqlite_writer::begin(uint32_t shards,
                                                core::instant now) {
  if (auto bad = migrate(*db_, migrations()))
    return bad;
  if (auto bad = use_wal(*db_))
    return bad;
  checkpoints_ = std::make_unique<checkpointer>(*db_, options_);
  retention_ = std::make_unique<retention>(*db_, options_);
  rows_ = std::make_unique<row_writer>(*db_, options_.blob_threshold_bytes);
  if (auto code = prepare(); code != SQLITE_OK)
    return db_->why(code, "cannot prepare for");
  auto clean = get_meta(*db_, "clean");
  auto generation = get_meta(*db_, "generation");
  auto begun = begin_epoch(*db_, shards, now);
  for (const auto* x : {&clean, &generation, &begun})
    if (!*x)
      return x->error();
  epoch_ = static_cast<uint64_t>(*begun);
  auto loaded = load_ends(shards);
  if (!loaded)
    return loaded.error();
  loaded->generation = static_cast<uint64_t>(*generation);
  loaded->epoch = epoch_;
  loaded->clean = *clean == 1;
  if (!loaded->clean)
    if (auto bad = verify_ends())
      return bad;
  keep_room();
  return loaded;
}

core::result<core::opened> sqlite_writer::load_ends(uint32_t shards) {
  core::opened loaded;
  ends_.assign(shards, {});
  auto q = db_->use("SELECT shard, next_seq, hash, newest FROM shards ORDER BY "
                    "shard");
  while (q.next()) {
    auto& end = ends_.at(q.as<size_t>(0));
    end = {q.as<uint64_t>(1), q.string(2), q.time(3)};
    loaded.newest = std::max(loaded.newest, end.newest);
    loaded.next_seq.push_back(end.next_seq);
  }
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return loaded;
}

failure sqlite_writer::verify_ends() {
  for (uint32_t shard = 0; shard < ends_.size(); ++shard) {
    auto problems = verify_chain(*db_, shard, tail_segments);
    if (!problems.empty())
      return {errc::store_failed, category::data_corruption,
              db_->file().string() + ": " + problems.front()
                + "; run `troupe doctor`, or restore a backup"};
  }
  return {};
}

bool sqlite_writer::maintain(core::instant now) {
  if (!db_ || broken_)
    return false;
  after_upkeep(checkpoints_->run(now));
  auto more = false;
  if (!broken_)
    after_upkeep(retention_->run(now, more));
  if (!room_kept_ && !broken_)
    keep_room();
  return more && !broken_;
}

/// The room that a start needs goes first.
void sqlite_writer::keep_room() {
  room_kept_ = options_.ballast_bytes == 0
               || (directory_->keep_start_room()
                   && directory_->keep_ballast(options_.ballast_bytes));
}

void sqlite_writer::after_upkeep(int code) {
  // A full disk is no news here and will be tried again. After anything else
  // nobody knows what the disk holds; the next append says so.
  if (code != SQLITE_OK && db_->meaning_of(code) == core::commit::unknown)
    broken_ = db_->why(code, "upkeep failed in");
}

core::result<bool> sqlite_writer::backup(const std::string& path) {
  if (broken_)
    return broken_;
  if (!db_)
    return failure{errc::invalid_state, category::unknown,
                   "the store is not open"};
  if (!copy_ || copy_->target() != path)
    if (auto bad = begin_copy(path))
      return bad;
  auto done = copy_->step();
  if (!done || *done)
    copy_.reset();
  return done;
}

failure sqlite_writer::begin_copy(const std::string& path) {
  copy_.reset();
  std::error_code code;
  if (fs::equivalent(path, directory_->database(), code))
    return {errc::invalid, category::validation,
            path + " is the store itself; choose another place for the backup"};
  auto begun = database_copy::begin(*db_, path, options_);
  if (!begun)
    return begun.error();
  copy_ = std::move(*begun);
  return {};
}

core::store_stats sqlite_writer::stats() {
  core::store_stats result;
  if (!directory_)
    return result;
  result.size_bytes = size_of(directory_->database());
  result.wal_bytes = size_of(directory_->wal());
  result.commits = commits_;
  result.rows = rows_ ? rows_->rows() : 0;
  result.disk_used = directory_->disk_used();
  result.disk_free = directory_->disk_free();
  return result;
}

failure sqlite_writer::close() {
  if (!db_)
    return {};
  auto why = broken_;
  if (!why) {
    auto code = set_meta(*db_, "clean", 1);
    if (code == SQLITE_OK)
      code = checkpoints_->truncate();
    if (code != SQLITE_OK)
      why = db_->why(code, "cannot close");
  }
  copy_.reset();
  checkpoints_.reset();
  retention_.reset();
  rows_.reset();
  db_.reset();
  directory_.reset(); // Last: gives the lock to the next owner.
  return why;
}

} // namespace troupe::store
