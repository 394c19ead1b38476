#include "store/schema.hpp"

namespace troupe::store {

namespace {

// Order of columns: small ones first, payloads last, so that a scan rarely
// follows an overflow page. Words for the numbers: core/model.hpp, and the
// views. Times are microseconds since 1970 in UTC; NULL is "none".
constexpr const char* tables_1 = R"sql(
CREATE TABLE shards(
  shard INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  next_seq INTEGER NOT NULL,
  oldest_seq INTEGER NOT NULL, -- What retention has left begins here.
  newest INTEGER NOT NULL,     -- Newest stamp in any batch.
  hash BLOB NOT NULL           -- Of the newest segment: the chain's end.
);

CREATE TABLE runs(
  key BLOB PRIMARY KEY,
  slot INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  name TEXT,
  version INTEGER,
  definition TEXT,
  parent BLOB,
  parent_task INTEGER,
  idempotency_key TEXT,
  priority INTEGER,
  principal TEXT,
  door TEXT,
  request TEXT,
  trace TEXT,
  created_at INTEGER,
  total INTEGER,
  state INTEGER NOT NULL,
  counts TEXT,
  last_number INTEGER,
  error_code INTEGER,
  error_kind INTEGER,
  error TEXT,
  started_at INTEGER,
  ended_at INTEGER,
  updated_at INTEGER,
  deadline INTEGER,
  paused_at INTEGER,
  labels TEXT,
  ready TEXT,
  input TEXT,
  output TEXT
) WITHOUT ROWID;
CREATE INDEX runs_live ON runs(slot) WHERE state<4;
-- OR, not IN: only so SQLite sees that `state=5` is within the index.
CREATE INDEX runs_few ON runs(workspace, state)
  WHERE state=2 OR state=3 OR state=5;

CREATE TABLE tasks(
  key BLOB PRIMARY KEY,
  workspace TEXT NOT NULL,
  name TEXT,
  type TEXT,
  priority INTEGER,
  step INTEGER,
  parent INTEGER,
  item INTEGER,
  state INTEGER NOT NULL,
  attempt INTEGER,
  retries INTEGER,
  unclean INTEGER,
  agent TEXT,
  error_code INTEGER,
  error_kind INTEGER,
  error TEXT,
  queued_at INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  due_at INTEGER,
  due INTEGER,
  score TEXT,
  input TEXT,
  output TEXT,
  spec TEXT
) WITHOUT ROWID;
CREATE INDEX tasks_few ON tasks(workspace, state) WHERE state=4 OR state=6;

CREATE TABLE attempts(
  task BLOB NOT NULL,
  attempt INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  agent TEXT,
  started_at INTEGER,
  ended_at INTEGER,
  error_code INTEGER,
  error_kind INTEGER,
  error TEXT,
  score TEXT,
  PRIMARY KEY(task, attempt)
) WITHOUT ROWID;

CREATE TABLE decisions(
  task BLOB PRIMARY KEY,
  workspace TEXT NOT NULL,
  question TEXT,
  may_answer TEXT,
  asked_at INTEGER,
  due_at INTEGER,
  state INTEGER NOT NULL,
  answered_by TEXT,
  comment TEXT,
  answered_at INTEGER
) WITHOUT ROWID;
CREATE INDEX decisions_open ON decisions(workspace) WHERE state=0;

CREATE TABLE definitions(
  workspace TEXT NOT NULL,
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER,
  body TEXT,
  PRIMARY KEY(workspace, hash)
) WITHOUT ROWID;
-- Version 0 has no name: it is kept only because a run was made of it.
CREATE UNIQUE INDEX definitions_name ON definitions(workspace, name, version)
  WHERE version > 0;

CREATE TABLE idempotency_keys(
  workspace TEXT NOT NULL,
  key TEXT NOT NULL,
  run BLOB NOT NULL,
  body_hash TEXT,
  created_at INTEGER,
  PRIMARY KEY(workspace, key)
) WITHOUT ROWID;

CREATE TABLE signals(
  number INTEGER PRIMARY KEY, -- In order of arrival.
  run BLOB NOT NULL,
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER,
  payload TEXT
);
CREATE INDEX signals_run ON signals(run, name);

CREATE TABLE cache(
  workspace TEXT NOT NULL,
  key TEXT NOT NULL,
  until INTEGER,
  output TEXT,
  PRIMARY KEY(workspace, key)
) WITHOUT ROWID;
CREATE INDEX cache_until ON cache(until);

CREATE TABLE segments(
  position INTEGER PRIMARY KEY, -- shard << 48 | first_seq
  shard INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  count INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  at INTEGER NOT NULL,
  prev_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  body BLOB
);

CREATE TABLE blobs(
  number INTEGER PRIMARY KEY,
  workspace TEXT NOT NULL,
  hash TEXT NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE(workspace, hash)
);
-- Who needs a blob: a run's key, or 'cache:...', or 'definitions'.
CREATE TABLE blob_uses(
  owner BLOB NOT NULL,
  workspace TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY(owner, workspace, hash)
) WITHOUT ROWID;
CREATE INDEX blob_uses_hash ON blob_uses(workspace, hash);

-- Runs whose row is gone and whose tasks retention is still removing.
CREATE TABLE removals(run BLOB PRIMARY KEY) WITHOUT ROWID;
)sql";

constexpr const char* tables_2 = R"sql(
ALTER TABLE tasks ADD COLUMN fallback INTEGER;
)sql";

constexpr const char* tables_3 = R"sql(
ALTER TABLE tasks ADD COLUMN stopping INTEGER;
ALTER TABLE runs ADD COLUMN commands BLOB;
-- Large outputs were kept under no workspace, where nobody finds them.
UPDATE OR IGNORE blobs SET workspace=(
  SELECT r.workspace FROM blob_uses u JOIN runs r ON r.key=u.owner
  WHERE u.workspace='' AND u.hash=blobs.hash)
WHERE workspace='' AND EXISTS(
  SELECT 1 FROM blob_uses u JOIN runs r ON r.key=u.owner
  WHERE u.workspace='' AND u.hash=blobs.hash);
UPDATE OR IGNORE blob_uses SET workspace=(
  SELECT r.workspace FROM runs r WHERE r.key=blob_uses.owner)
WHERE workspace='' AND EXISTS(
  SELECT 1 FROM runs r WHERE r.key=blob_uses.owner);
)sql";

constexpr const char* tables_4 = R"sql(
ALTER TABLE tasks ADD COLUMN deadline INTEGER;
)sql";

// Of attempts that said something; of the others nothing is written.
constexpr const char* tables_5 = R"sql(
CREATE TABLE logs(
  task BLOB NOT NULL,
  attempt INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  left_out INTEGER, -- Lines before these.
  lines TEXT,       -- The newest: time and text, a line each.
  PRIMARY KEY(task, attempt)
) WITHOUT ROWID;
)sql";

// The task queue: docs/task-queue.md. Only tasks of steps that are held have
// labels, so that the others are in none of these indexes.
constexpr const char* tables_6 = R"sql(
ALTER TABLE tasks ADD COLUMN labels TEXT;
ALTER TABLE tasks ADD COLUMN queue_agent TEXT; -- One of the labels.
CREATE INDEX queue_by_state ON tasks(workspace, state, priority)
  WHERE labels IS NOT NULL;
CREATE INDEX queue_by_agent ON tasks(workspace, queue_agent, state, priority)
  WHERE labels IS NOT NULL;
CREATE INDEX queue_runs ON runs(workspace, created_at, counts)
  WHERE name='autonomous_tasks';

CREATE TABLE marketing_strategies(
  id TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  contact_id TEXT,
  created_at TEXT DEFAULT CURRENT_TIMESTAMP,
  campaign_calendar TEXT, -- {"phases":[..]}
  content_pillars TEXT,   -- [..]
  kpis TEXT,              -- [..]
  PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;

CREATE TABLE audit_logs(
  id INTEGER PRIMARY KEY,
  org_id TEXT NOT NULL,
  action TEXT NOT NULL,
  resource TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  agent TEXT NOT NULL,
  status TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  details TEXT,
  created_at TEXT AS
    (strftime('%Y-%m-%dT%H:%M:%fZ',created_us/1000000.0,'unixepoch'))
);
CREATE INDEX audit_logs_time ON audit_logs(org_id, created_us);
CREATE INDEX audit_logs_resource ON audit_logs(resource_id);
CREATE TRIGGER audit_logs_keep BEFORE UPDATE ON audit_logs
  BEGIN SELECT raise(ABORT, 'audit_logs is append only'); END;
CREATE TRIGGER audit_logs_stay BEFORE DELETE ON audit_logs
  BEGIN SELECT raise(ABORT, 'audit_logs is append only'); END;
)sql";

const char* const tables_7 = R"sql(
CREATE TABLE notes(
  name TEXT PRIMARY KEY,
  body TEXT NOT NULL
) WITHOUT ROWID;
)sql";

} // namespace

std::span<const migration> migrations() {
  static const migration steps[] = {{1, tables_1}, {2, tables_2}, {3, tables_3},
                                    {4, tables_4}, {5, tables_5}, {6, tables_6},
                                    {7, tables_7}};
  return steps;
}

} // namespace troupe::store
