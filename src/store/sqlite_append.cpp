#include <algorithm>

#include "store/chain.hpp"
#include "store/sqlite_writer.hpp"
#include "store/statements.hpp"

// The hot path: all waiting batches in one transaction.

namespace troupe::store {

using core::commit;

namespace {

failure fenced_failure(const core::batch& b) {
  return {errc::fenced, category::unknown,
          "the batch of shard " + std::to_string(b.shard) + " at "
            + std::to_string(b.first_seq) + " of epoch "
            + std::to_string(b.epoch)
            + " does not follow on what is stored; the shard must reload"};
}

} // namespace

core::commit_report
sqlite_writer::append(const std::vector<const core::batch*>& batches) {
  core::commit_report report;
  if (!db_ || broken_) {
    report.what = commit::unknown;
    report.why = broken_ ? broken_
                         : failure{errc::store_failed, category::resource,
                                   "the store is not open; open it first"};
    return report;
  }
  auto leave_out = [&](const core::batch& b) {
    report.fenced.push_back(b.shard);
    report.why = fenced_failure(b);
  };
  std::vector<const core::batch*> wanted;
  wanted.reserve(batches.size());
  for (const auto* b : batches)
    if (fits(*b))
      wanted.push_back(b);
    else
      leave_out(*b);
  // A batch that contradicts the truth is a bug of its shard, so it may cost a
  // second try; without savepoints all the others cost nothing.
  while (!wanted.empty()) {
    size_t at = 0;
    std::vector<shard_end> ends;
    auto code = write_all(wanted, at, ends);
    if (code == SQLITE_OK) {
      for (size_t i = 0; i < wanted.size(); ++i)
        ends_[wanted[i]->shard] = std::move(ends[i]);
      ++commits_;
      return report;
    }
    auto conflict = (code & 0xff) == SQLITE_CONSTRAINT && at < wanted.size();
    if (!conflict)
      return give_up(code, std::move(report));
    roll_back();
    leave_out(*wanted[at]);
    wanted.erase(wanted.begin() + static_cast<ptrdiff_t>(at));
  }
  if (!report.fenced.empty())
    report.what = commit::fenced;
  return report;
}

bool sqlite_writer::fits(const core::batch& b) const {
  return b.shard < ends_.size() && b.epoch == epoch_
         && b.first_seq == ends_[b.shard].next_seq;
}

int sqlite_writer::write_all(const std::vector<const core::batch*>& batches,
                             size_t& at, std::vector<shard_end>& ends) {
  auto code = run(begin_);
  ends.resize(batches.size());
  for (at = 0; at < batches.size() && code == SQLITE_OK; ++at) {
    code = write_one(*batches[at], ends[at]);
    if (code != SQLITE_OK)
      return code;
  }
  return code == SQLITE_OK ? run(commit_) : code;
}

int sqlite_writer::write_one(const core::batch& b, shard_end& end) {
  const auto& before = ends_[b.shard];
  end.next_seq = before.next_seq + b.count;
  end.newest = std::max(before.newest, newest_stamp(b));
  end.hash = before.hash;
  if (b.count > 0)
    if (auto code = write_history(b, before, end); code != SQLITE_OK)
      return code;
  // Before the rows: a fenced shard must not get as far as them.
  if (auto code = advance(b, end); code != SQLITE_OK)
    return code;
  return rows_->write(b);
}

int sqlite_writer::write_history(const core::batch& b, const shard_end& before,
                                 shard_end& after) {
  segment_header header{b.shard, b.first_seq, b.count, b.epoch, after.newest};
  after.hash = chain_hash(hash_, before.hash, header, b.facts.view());
  query q{insert_segment_, SQLITE_OK};
  q.bind(segment_position(b.shard, b.first_seq), b.shard, b.first_seq, b.count,
         b.epoch, core::to_us(after.newest), raw{before.hash}, raw{after.hash},
         raw{b.facts.view()});
  q.run();
  return q.code();
}

int sqlite_writer::advance(const core::batch& b, const shard_end& after) {
  query q{advance_shard_, SQLITE_OK};
  q.bind(after.next_seq, raw{after.hash}, core::to_us(after.newest), b.shard,
         b.epoch, b.first_seq);
  if (!q.run())
    return q.code();
  // The row says what the memory says, unless somebody else has written.
  return sqlite3_changes(db_->raw()) == 1 ? SQLITE_OK : SQLITE_CONSTRAINT;
}

int sqlite_writer::prepare() {
  auto code = rows_->prepare();
  if (code == SQLITE_OK)
    code = db_->keep("BEGIN IMMEDIATE", begin_);
  if (code == SQLITE_OK)
    code = db_->keep("COMMIT", commit_);
  if (code == SQLITE_OK)
    code = db_->keep(sql::insert_segment, insert_segment_);
  if (code == SQLITE_OK)
    code = db_->keep(sql::advance_shard, advance_shard_);
  return code;
}

int sqlite_writer::run(sqlite3_stmt* statement) {
  query q{statement, SQLITE_OK};
  q.run();
  return q.code();
}

void sqlite_writer::roll_back() {
  // Some errors have rolled back already.
  if (sqlite3_get_autocommit(db_->raw()) == 0)
    db_->run("ROLLBACK");
}

core::commit_report sqlite_writer::give_up(int code,
                                           core::commit_report report) {
  // Both before the rollback, which has errors of its own.
  report.what = db_->meaning_of(code);
  report.why = db_->why(code, "cannot write");
  // A conflict outside of any batch: nothing of ours explains it.
  if (report.what == commit::fenced)
    report.what = commit::unknown;
  roll_back();
  if (report.what == commit::unknown)
    broken_ = report.why;
  else if ((code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_WRITE) {
    // Room for the end of accepted work; the caller closes intake and retries.
    directory_->release_ballast();
    room_kept_ = false;
  }
  return report;
}

} // namespace troupe::store
