"""What the machine could do at most: syncs of the disk, rows of SQLite."""

import os
import sqlite3
import time

SECONDS = 2


def per_second(step):
    """How often `step` goes in a second."""
    begin, count = time.monotonic(), 0
    while time.monotonic() - begin < SECONDS:
        step()
        count += 1
    return count / (time.monotonic() - begin)


def syncs(where):
    path = os.path.join(where, "syncs")
    block = b"x" * 4096
    file = os.open(path, os.O_CREAT | os.O_WRONLY)

    def append():
        os.write(file, block)
        os.fdatasync(file)

    try:
        return per_second(append)
    finally:
        os.close(file)
        os.unlink(path)


def rows(where, batch):
    """Rows a second into one table with synchronous=FULL, `batch` to a commit;
    SQLite makes them itself, so that Python costs nothing."""
    path = os.path.join(where, "rows.db")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode=WAL")
    db.execute("pragma synchronous=FULL")
    db.execute("create table t(id integer primary key, state int, text)")
    insert = ("with recursive n(i) as (select 1 union all select i + 1 from n "
              f"limit {batch}) insert into t(state, text) "
              "select 0, printf('%.100c', 'p') from n")
    try:
        return batch * per_second(lambda: db.execute(insert))
    finally:
        db.close()
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(path + suffix):
                os.unlink(path + suffix)


def measure(where):
    return {"syncs_per_s": syncs(where), "commits_per_s": rows(where, 1),
            "rows_per_s": rows(where, 1000)}
