"""Who is measured, and what has to be said about each."""

NAMES = {
    "troupe": "**Troupe**, in process",
    "troupe-http": "**Troupe**, over HTTP",
    "graphile": "graphile-worker",
    "pgboss": "pg-boss",
    "bullmq": "BullMQ",
    "restate": "Restate",
    "dbos": "DBOS",
    "langgraph": "LangGraph.js",
    "celery": "Celery",
}
# Celery is the distribution's, the others are npm's.
PACKAGES = {
    "graphile": "graphile-worker",
    "pgboss": "pg-boss",
    "bullmq": "bullmq",
    "restate": "@restatedev/restate-server",
    "dbos": "@dbos-inc/dbos-sdk",
    "langgraph": "@langchain/langgraph",
}
RIVALS = [who for who in NAMES if not who.startswith("troupe")]

# What is on the disk when a task counts.
DURABLE = {
    "troupe": "SQLite, `synchronous=FULL`: queued, and ended with its result",
    "troupe-http": "the same",
    "graphile": "PostgreSQL, synced; a finished job is deleted, no result kept",
    "pgboss": "PostgreSQL, synced; a batch of 250 ends with one statement",
    "bullmq": "Redis, `appendfsync always`",
    "restate": "its own log, synced",
    "dbos": "PostgreSQL, synced",
    "langgraph": "SQLite in WAL as it ships: no sync for a commit",
    "celery": "Redis, `appendfsync always`",
}

# The best that we found for each, and what its model makes different.
SETTINGS = {
    "troupe": "lists of 500 tasks, 16 under way, default settings",
    "troupe-http": "the same over 16 connections, each run answered at its end",
    "graphile": "`addJobs` of 1,000, 24 jobs at once, local queue of 500, "
                "completion in batches; no workflows, so each of ten jobs adds "
                "the next",
    "pgboss": "`insert` of 1,000, four workers of batches of 250, "
              "LISTEN/NOTIFY; the resolver of workflows is called every 10 ms "
              "instead of 5 s. After the kill, batches of 50 that expire after "
              "5 s instead of 15 min",
    "bullmq": "`addBulk` of 500, a worker of 200 jobs at once. After the kill, "
              "50 jobs with locks of 5 s instead of 30 s. A workflow's first "
              "step adds the rest, since its flows are trees",
    "restate": "one partition, 256 calls under way; server and service are "
               "killed",
    "dbos": "workflows started directly, 64 under way, nothing waits; backlog "
            "and kill through its queue, 500 to a transaction, 200 at once",
    "langgraph": "no queue: a task is one call of a graph, 32 under way; "
                 "after the kill its caller remembers the ids and calls again",
    "celery": "two worker processes, prefetch 64, broker and results in one "
              "Redis",
}


def plain(who):
    """A name without Markdown."""
    return NAMES[who].replace("**", "")
