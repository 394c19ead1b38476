#include "store/checkpoint.hpp"

namespace troupe::store {

checkpointer::checkpointer(connection& writer, const sqlite_options& options)
  : db_(writer), options_(options) {
  auto q = db_.use("PRAGMA page_size");
  if (q.next())
    page_bytes_ = q.as<uint64_t>(0);
  sqlite3_wal_hook(
    db_.raw(),
    [](void* self, sqlite3*, const char*, int pages) {
      auto* me = static_cast<checkpointer*>(self);
      me->pages_ = static_cast<uint64_t>(pages);
      // The log begins anew after a checkpoint that took all of it.
      if (me->pages_ < me->done_pages_)
        me->done_pages_ = 0;
      ++me->commits_;
      me->empty_ = false;
      return SQLITE_OK;
    },
    this);
}

checkpointer::~checkpointer() {
  sqlite3_wal_hook(db_.raw(), nullptr, nullptr);
}

int checkpointer::run(core::instant now) {
  if (commits_ != seen_commits_ || quiet_since_ == core::no_instant) {
    seen_commits_ = commits_;
    quiet_since_ = now;
  }
  auto fresh = (pages_ - done_pages_) * page_bytes_;
  auto idle = now - quiet_since_ >= options_.idle_after;
  auto long_log = wal_bytes() >= options_.wal_bytes_max
                  && fresh >= options_.wal_checkpoint_bytes;
  if (!empty_ && (idle || long_log)) {
    quiet_since_ = now; // Not again at once where readers are in the way.
    done_pages_ = pages_;
    return truncate();
  }
  if (fresh < options_.wal_checkpoint_bytes)
    return SQLITE_OK;
  done_pages_ = pages_;
  return sqlite3_wal_checkpoint_v2(db_.raw(), nullptr,
                                   SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

int checkpointer::truncate() {
  // Commits are worth more than a short log: do not wait for a slow reader.
  sqlite3_busy_timeout(db_.raw(), 0);
  auto code = sqlite3_wal_checkpoint_v2(
    db_.raw(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(db_.raw(), 5000);
  if (code == SQLITE_OK) {
    empty_ = true;
    pages_ = 0;
    done_pages_ = 0;
  }
  return (code & 0xff) == SQLITE_BUSY ? SQLITE_OK : code;
}

} // namespace troupe::store
