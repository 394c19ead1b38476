#include "store/database_copy.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "store/database_file.hpp"

namespace troupe::store {

namespace {

/// 1 MiB with pages of 4 KiB: about a millisecond while the memory takes it.
constexpr int pages_per_step = 256;

/// Lets the disk begin with what was copied, so that the sync at the end has
/// little left to wait for.
void begin_writing(const std::filesystem::path& file) {
  auto fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  ::close(fd);
}

} // namespace

database_copy::database_copy(std::filesystem::path to)
  : to_(std::move(to)), part_(to_.string() + ".part") {}

database_copy::~database_copy() {
  if (copy_ != nullptr)
    sqlite3_backup_finish(copy_);
  made_.reset();
  remove_database(part_);
}

core::result<std::unique_ptr<database_copy>>
database_copy::begin(connection& from, const std::filesystem::path& to,
                     const sqlite_options& options) {
  std::unique_ptr<database_copy> x{new database_copy{to}};
  remove_database(x->part_);
  if (auto bad = make_private(x->part_))
    return bad;
  auto made = connection::open(x->part_, connection::role::single, options);
  if (!made)
    return made.error();
  x->made_ = std::move(*made);
  // Synced as a whole before it gets its name.
  x->made_->run("PRAGMA synchronous=OFF");
  x->copy_ = sqlite3_backup_init(x->made_->raw(), "main", from.raw(), "main");
  if (x->copy_ == nullptr)
    return x->made_->why(sqlite3_extended_errcode(x->made_->raw()),
                         "cannot write");
  return x;
}

core::result<bool> database_copy::step() {
  auto code = sqlite3_backup_step(copy_, pages_per_step);
  if (code == SQLITE_OK) {
    begin_writing(part_);
    return false;
  }
  auto ended = sqlite3_backup_finish(std::exchange(copy_, nullptr));
  if (code == SQLITE_DONE)
    code = ended;
  if (code != SQLITE_OK)
    return made_->why(code, "cannot write");
  if (auto bad = finish())
    return bad;
  return true;
}

failure database_copy::finish() {
  // One file on its own, readable where nobody may write.
  if (auto code = made_->run("PRAGMA journal_mode=DELETE"); code != SQLITE_OK)
    return made_->why(code, "cannot finish");
  made_.reset(); // Closed before it is moved.
  return move_into_place(part_, to_);
}

failure copy_database(connection& from, const std::filesystem::path& to,
                      const sqlite_options& options) {
  auto copy = database_copy::begin(from, to, options);
  if (!copy)
    return copy.error();
  for (;;)
    if (auto done = (*copy)->step(); !done)
      return done.error();
    else if (*done)
      return {};
}

} // namespace troupe::store
