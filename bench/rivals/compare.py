#!/usr/bin/env python3
"""Measures Troupe and its rivals on this machine, in one go: ./dev bench.

One line of JSON for each measurement is kept in build/bench/; the page and the
chart are made of these lines, see page.py. All take turns, so that what others
do on the machine meets all alike; medians are made of the rounds.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

import limits
import ours
import page
import servers
import timing
from rivals import PACKAGES

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OTHERS_MAX = 0.3  # Cores; a measurement beside more is done once again.

SERVERS = {"graphile": servers.Postgres, "pgboss": servers.Postgres,
           "bullmq": servers.Redis, "restate": servers.Restate,
           "dbos": servers.Postgres, "langgraph": servers.NoServer,
           "celery": servers.Redis}

# Who does how much of what. Slow ones get less of it: their rate is the same.
MANY, SOME = 100_000, 10_000
PLAN = {
    "throughput": {"troupe": [MANY], "troupe-http": [MANY],
                   "graphile": [MANY], "pgboss": [MANY], "bullmq": [MANY],
                   "restate": [SOME], "dbos": [SOME], "langgraph": [2000],
                   "celery": [3000]},
    "latency": dict.fromkeys(["troupe", "troupe-http", *SERVERS], [1000]),
    "dag": {"troupe": [1000], "graphile": [500], "pgboss": [1000],
            "bullmq": [1000], "restate": [1000], "dbos": [500],
            "langgraph": [300], "celery": [200]},
    "recovery": dict.fromkeys(["troupe", *SERVERS], [SOME]),
    "backlog": {"troupe": [1000, SOME, MANY, 1_000_000],
                "graphile": [1000, SOME, MANY], "pgboss": [1000, SOME, MANY],
                "bullmq": [1000, SOME, MANY], "restate": [1000, SOME],
                "dbos": [1000, SOME]},
    "stored": {"troupe-http": [1_000_000]},
    "limits": {"machine": [0]},
}


def measure(who, what, n, bench, own):
    if who == "machine":
        return limits.measure(bench.where)
    if who == "troupe":
        return own.in_process(what, n)
    if who == "troupe-http":
        return own.over_http(what, n)
    return bench.measure(who, SERVERS[who], what, n)


def measure_quietly(*args):
    """The less disturbed of at most two."""
    figures = measure(*args)
    if figures.get("other_cores", 0) > OTHERS_MAX:
        again = measure(*args)
        if again.get("other_cores", 0) < figures["other_cores"]:
            return again
    return figures


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        cpu = next((line.split(":", 1)[1].strip() for line in file
                    if line.startswith("model name")), platform.machine())
    with open("/proc/meminfo", encoding="ascii") as file:
        kib = int(file.readline().split()[1])
    return {"date": time.strftime("%Y-%m-%d"), "cpu": cpu,
            "cores": os.cpu_count(),
            "memory_gb": round(kib / 1048576), "kernel": platform.release()}


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True,
                              check=True).stdout.split("\n")[0]
    except (OSError, subprocess.CalledProcessError):
        return "not installed"


def versions(bench):
    with open(os.path.join(HERE, "package.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    pinned = {**manifest["dependencies"], **manifest["optionalDependencies"]}
    redis = first_line("redis-server", "--version").split("v=")[-1].split()[0]
    return {
        **{who: pinned[package] for who, package in PACKAGES.items()},
        "celery": first_line(sys.executable, "-c",
                             "import celery; print(celery.__version__)"),
        "PostgreSQL": first_line("psql", "--version").split()[2],
        "Redis": redis,
        "Node": first_line(os.path.join(bench.modules, ".bin", "node"),
                           "--version").lstrip("v"),
    }


def asked_of(args):
    """(what, who, n) of one round, in the order of the plan."""
    for what, all_ in PLAN.items():
        if args.only and what not in args.only:
            continue
        for who, sizes in all_.items():
            if args.of and who not in args.of:
                continue
            for n in sizes:
                yield what, who, n


def words(known):
    """A list with commas, of words that are known."""
    def read(text):
        given = text.split(",")
        for word in given:
            if word not in known:
                raise argparse.ArgumentTypeError(
                    f"no `{word}`; there are {', '.join(known)}")
        return given
    return read


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__.split("\n\n", maxsplit=1)[0])
    everybody = ["troupe", "troupe-http", *SERVERS, "machine"]
    parser.add_argument("--runs", type=int, default=3, metavar="N",
                        help="rounds; medians of them count (3)")
    parser.add_argument("--only", type=words(PLAN), metavar="GROUPS",
                        help=", ".join(PLAN))
    parser.add_argument("--of", type=words(everybody), metavar="WHO",
                        help=", ".join(everybody))
    parser.add_argument("--add", action="store_true",
                        help="to the lines of before, not instead of them")
    parser.add_argument("--page", action="store_true",
                        help="then write docs/benchmarks.md and its chart")
    return parser.parse_args()


def run(args, lines):
    program = os.path.join(ROOT, "build", "release", "troupe")
    folder = os.path.dirname(lines)
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as where, \
            open(lines, "a" if args.add else "w", encoding="utf-8") as out:
        os.chmod(where, 0o755)  # A server may run as another user.
        bench = timing.Bench(os.path.join(ROOT, "build", "rivals"), where,
                             os.path.join(folder, timing.LOG))
        own = ours.Ours(program, where)

        def keep(line):
            out.write(json.dumps(line) + "\n")
            out.flush()

        keep({"machine": machine(), "versions": versions(bench)})
        for _ in range(args.runs):
            for what, who, n in asked_of(args):
                line = {"what": what, "who": who, "n": n}
                try:
                    line |= measure_quietly(who, what, n, bench, own)
                except Exception as why:  # One that fails must not end all.
                    line["error"] = str(why)
                keep(line)
                print(page.in_words(line), file=sys.stderr, flush=True)


def main():
    args = arguments()
    lines = os.path.join(ROOT, "build", "bench", "measured.jsonl")
    if args.runs > 0:
        run(args, lines)
    if args.page:
        page.write(lines, ROOT)
    else:
        print("dev: --runs 0 --page writes them into docs/benchmarks.md",
              file=sys.stderr)


if __name__ == "__main__":
    main()
