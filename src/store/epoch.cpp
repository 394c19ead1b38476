#include "store/chain.hpp"
#include "store/schema.hpp"

namespace troupe::store {

namespace {

int set_shards(connection& db, uint32_t shards, int64_t epoch) {
  for (uint32_t shard = 0; shard < shards; ++shard) {
    auto hash = chain_start();
    auto q = db.use("INSERT INTO shards VALUES(?,?,1,1,0,?) ON CONFLICT DO "
                    "UPDATE SET epoch=excluded.epoch");
    if (!q.bind(shard, epoch, raw{hash}).run())
      return q.code();
  }
  return SQLITE_OK;
}

int write_epoch(connection& db, uint32_t shards, int64_t epoch,
                core::instant now) {
  auto code = db.run("BEGIN IMMEDIATE");
  if (code == SQLITE_OK)
    code = set_shards(db, shards, epoch);
  if (code == SQLITE_OK)
    code = set_meta(db, "shards", shards);
  if (code == SQLITE_OK)
    code = set_meta(db, "epoch", epoch);
  if (code == SQLITE_OK)
    code = set_meta(db, "clean", 0);
  if (code == SQLITE_OK)
    code = set_meta(db, "opened_at", core::to_us(now));
  if (code == SQLITE_OK)
    code = db.run("COMMIT");
  return code;
}

} // namespace

core::result<int64_t> begin_epoch(connection& db, uint32_t shards,
                                  core::instant now) {
  auto generation = get_meta(db, "generation");
  auto last = get_meta(db, "epoch");
  auto have = get_meta(db, "shards");
  for (const auto* x : {&generation, &last, &have})
    if (!*x)
      return x->error();
  if (*have != 0 && *have != shards)
    return failure{errc::invalid, category::validation,
                   db.file().string() + " was made with "
                     + std::to_string(*have) + " shards, not "
                     + std::to_string(shards)
                     + "; set the number of shards back"};
  // The last epoch of an older generation is below every one of the new.
  auto epoch = std::max(*last, *generation << generation_shift) + 1;
  auto code = write_epoch(db, shards, epoch, now);
  if (code == SQLITE_OK)
    return epoch;
  auto why = db.why(code, "cannot begin an epoch in");
  if (sqlite3_get_autocommit(db.raw()) == 0)
    db.run("ROLLBACK");
  return why;
}

} // namespace troupe::store
