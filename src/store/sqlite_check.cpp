#include <algorithm>
#include <set>

#include "store/blobs.hpp"
#include "store/chain.hpp"
#include "store/row_writer.hpp"
#include "store/sqlite_reader.hpp"

// Looks for damage: the file's structure, the chain of history, and rows that
// contradict each other.

namespace troupe::store {

using core::id;
using std::string;
using problems = std::vector<string>;

namespace {

// Of a check that is not deep; per shard.
constexpr uint32_t newest_segments = 16;
// More of one kind say nothing new.
constexpr size_t problems_max = 100;

void add_trouble(problems& found, const connection& db, const query& q) {
  if (!q.ok())
    found.push_back(db.why(q.code(), "cannot check").message);
}

void check_structure(connection& db, bool deep, problems& found) {
  auto q = db.use(deep ? "PRAGMA integrity_check" : "PRAGMA quick_check");
  while (q.next())
    if (q.view(0) != "ok")
      found.push_back(db.file().string() + ": " + q.string(0));
  add_trouble(found, db, q);
}

void check_history(connection& db, bool deep, problems& found) {
  std::vector<uint32_t> shards;
  {
    auto q = db.use("SELECT shard FROM shards ORDER BY shard");
    while (q.next())
      shards.push_back(q.as<uint32_t>(0));
    add_trouble(found, db, q);
  }
  for (auto shard : shards) {
    auto more = verify_chain(db, shard, deep ? 0 : newest_segments);
    found.insert(found.end(), more.begin(), more.end());
  }
}

/// Large payloads that a row names and that are not there.
void check_payloads(connection& db, const string& table, const string& column,
                    problems& found) {
  auto q =
    db.use("SELECT key, substr(CAST(" + column + " AS TEXT), 13) FROM " + table
           + " AS x WHERE typeof(" + column
           + ")='blob' AND NOT EXISTS(SELECT 1 FROM blobs b WHERE "
             "b.workspace=x.workspace AND b.hash=substr(CAST(x."
           + column + " AS TEXT), 13)) LIMIT " + std::to_string(problems_max));
  while (q.next())
    found.push_back("the " + column + " of " + core::to_string(q.key(0))
                    + " is missing (" + q.string(1) + ")");
  add_trouble(found, db, q);
}

/// Tasks of a run by state, as the rows have it.
std::vector<uint32_t> counted(connection& db, id run, problems& found) {
  std::vector<uint32_t> counts(core::task_states);
  auto q = db.use("SELECT state, count(*) FROM tasks WHERE key>? AND key<=? "
                  "GROUP BY state");
  q.bind(run, run.with(id::number_max));
  while (q.next()) {
    auto state = q.as<size_t>(0);
    if (state < counts.size())
      counts[state] = q.as<uint32_t>(1);
    else
      found.push_back("run " + to_string(run)
                      + ": a task has the unknown state "
                      + std::to_string(state));
  }
  add_trouble(found, db, q);
  return counts;
}

void check_counts(connection& db, problems& found) {
  auto q = db.use("SELECT key, counts FROM runs");
  while (q.next() && found.size() < problems_max) {
    auto want = counts_from(q.view(1));
    want.resize(core::task_states);
    auto have = counted(db, q.key(0), found);
    if (want == have)
      continue;
    string want_text;
    string have_text;
    counts_to(want_text, want);
    counts_to(have_text, have);
    auto& line = found.emplace_back("run " + to_string(q.key(0)));
    line += ": its row counts tasks as ";
    line += want_text;
    line += ", its tasks are ";
    line += have_text;
  }
  add_trouble(found, db, q);
}

void check_orphans(connection& db, problems& found) {
  // Tasks of runs that retention is removing have no run on purpose.
  auto q = db.use("SELECT DISTINCT substr(key,1,13)||x'000000' AS run FROM "
                  "tasks WHERE CAST(substr(key,1,13)||x'000000' AS BLOB) NOT "
                  "IN (SELECT key FROM runs UNION SELECT run FROM removals)");
  while (q.next() && found.size() < problems_max)
    found.push_back("run " + to_string(q.key(0)) + ": it has tasks but no row");
  add_trouble(found, db, q);
}

void check_blobs(connection& db, problems& found) {
  auto missing = db.use("SELECT u.workspace, u.hash FROM blob_uses u LEFT JOIN "
                        "blobs b USING(workspace, hash) WHERE b.hash IS NULL");
  while (missing.next() && found.size() < problems_max)
    found.push_back("the payload " + missing.string(1) + " of workspace "
                    + missing.string(0) + " is missing");
  add_trouble(found, db, missing);
  core::sha256 hash;
  auto q = db.use("SELECT hash, bytes FROM blobs");
  while (q.next() && found.size() < problems_max)
    if (core::to_hex(hash.add(q.view(1)).finish()) != q.view(0))
      found.push_back("the payload " + q.string(0)
                      + " has other bytes than were written");
  add_trouble(found, db, q);
}

void check_content(connection& db, bool deep, problems& found) {
  check_history(db, deep, found);
  if (!deep)
    return;
  check_counts(db, found);
  check_orphans(db, found);
  check_blobs(db, found);
  for (const auto* table : {"runs", "tasks"})
    for (const auto* column : {"input", "output"})
      check_payloads(db, table, column, found);
}

/// The first of each stays where it is.
void drop_repeated(problems& found) {
  std::set<string> seen;
  std::erase_if(found, [&](const string& x) { return !seen.insert(x).second; });
}

} // namespace

core::result<problems> sqlite_reader::check_history() {
  if (auto bad = begin(false))
    return bad;
  db_->run("BEGIN");
  problems found;
  troupe::store::check_history(*db_, true, found);
  db_->run("COMMIT");
  if (found.size() > problems_max)
    found.resize(problems_max);
  return found;
}

core::result<problems> sqlite_reader::check(bool deep) {
  if (auto bad = begin(false))
    return bad;
  // One moment for everything: rows and counts change together.
  db_->run("BEGIN");
  problems found;
  check_structure(*db_, deep, found);
  // What is read from a broken structure says the same again, or nothing.
  if (found.empty())
    check_content(*db_, deep, found);
  db_->run("COMMIT");
  drop_repeated(found);
  if (found.size() > problems_max)
    found.resize(problems_max);
  return found;
}

} // namespace troupe::store
