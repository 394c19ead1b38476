#!/usr/bin/env python3
"""A real node under steady mixed load, and whether anything grows.

Usage: scripts/soak/soak.py --program build/release/troupe [--minutes N]

`./dev soak` builds the program first. Exit code 0: every series is flat and
nothing was answered wrongly; 1: not; 2: it could not be judged.
"""

import argparse
import collections
import http.client
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "crash")]
from node import Link, Lost, Node, Refused  # noqa: E402
from slope import growth  # noqa: E402

# What a series may grow in the second half of the time, as a part of its level.
# The log is a saw of 16 MiB, and all the noise is in it.
BOUNDS = {"rss_kb": 0.05, "files": 0.05, "threads": 0.05,
          "database_kb": 0.05, "wal_kb": 0.5}
SAMPLES = 120  # Over the whole time.
KEPT = "1m"  # Of runs and history: what comes must go within the time.
LONG = {"sleep": "1h"}  # A step that waits until it is cancelled.


class Soaked(Node):
    """The node of the crash harness, with other agents and retention."""

    def __init__(self, program, where):
        super().__init__(program, where)
        with open(self.config, "w") as out:
            json.dump({
                "node": {"runs_kept": KEPT, "history_kept": KEPT},
                "agents": {"noop": {"kind": "noop"},
                           "shell": {"kind": "shell", "max_load": 4}},
            }, out)

    def follow(self, run):
        """Reads a run's live stream to its end; how many events it had."""
        link = Link(self.socket)
        try:
            link.request("GET", f"/api/v1/runs/{run}/events")
            answer = link.getresponse()
            return sum(1 for line in answer if line.startswith(b"data:"))
        except (OSError, http.client.HTTPException) as why:
            raise Lost(str(why)) from None
        finally:
            link.close()

    def processes(self):
        """The node and what it has started."""
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children") as file:
                        todo += [int(x) for x in file.read().split()]
            except OSError:
                pass  # It has ended.
        return found


def tasks(n, agent="noop", **fields):
    task = dict({"agent": agent}, **fields)
    return {"tasks": [task for _ in range(n)]}


def workflow(name, **steps):
    return {"definition": {"workflow": name, "steps": steps}}


class Load:
    """Threads, each of which does one thing again and again."""

    def __init__(self, node):
        self.node = node
        self.over = threading.Event()
        self.done = collections.Counter()
        self.refused = collections.Counter()  # 429 and 507: later, please.
        self.wrong = []
        self.threads = [threading.Thread(target=self.repeat, args=x)
                        for x in ((self.lists, 0.1), (self.processes, 0.5),
                                  (self.timer, 1), (self.signals, 1),
                                  (self.cancels, 0.5), (self.streams, 0.5),
                                  (self.looks, 0.2))]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def repeat(self, deed, pause):
        while not self.over.wait(pause):
            try:
                deed()
                self.done[deed.__name__] += 1
            except Refused as why:
                if why.status in (429, 507):
                    self.refused[deed.__name__] += 1
                else:
                    self.wrong.append(f"{deed.__name__}: {why}")
            except Lost as why:
                self.wrong.append(f"{deed.__name__}: no answer: {why}")

    def submit(self, what):
        return self.node.call("POST", "/api/v1/runs", what)["run"]

    def command(self, run, what, body):
        self.node.call("POST", f"/api/v1/runs/{run}/{what}", body)

    def lists(self):
        self.submit(tasks(20, input={"text": "x" * 200}))

    def processes(self):
        self.submit(tasks(2, "shell", input={"command": "echo soak"}))

    def timer(self):
        self.submit(workflow("naps", a={"sleep": "2s"},
                             b={"agent": "noop", "depends_on": ["a"]}))

    def signals(self):
        run = self.submit(workflow("waits", a={"signal": "go"},
                                   b={"agent": "noop", "depends_on": ["a"]}))
        self.command(run, "signal", {"name": "go", "payload": {"n": 1}})

    def cancels(self):
        run = self.submit(workflow("sleeper", a=LONG))
        self.command(run, "cancel", {"reason": "soak"})

    def streams(self):
        self.node.follow(self.submit(tasks(5)))

    def looks(self):
        runs = self.node.call("GET", "/api/v1/runs?limit=50")["runs"]
        self.node.call("GET", "/api/v1/status")
        self.node.call("GET", "/api/v1/tasks?limit=50")
        if runs:
            self.node.call("GET", f"/api/v1/runs/{runs[0]['run']}")


def size_kb(path):
    try:
        return os.path.getsize(path) / 1024
    except OSError:
        return 0.0


def sample(node):
    pids = node.processes()[:2]  # The node and its spawner: both stay.
    values = {"rss_kb": 0, "files": 0, "threads": 0}
    for pid in pids:
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.split(":", 1) for line in file if ":" in line)
        values["rss_kb"] += int(status["VmRSS"].split()[0])
        values["threads"] += int(status["Threads"])
        values["files"] += len(os.listdir(f"/proc/{pid}/fd"))
    database = os.path.join(node.data, "troupe.db")
    values["database_kb"] = size_kb(database)
    values["wal_kb"] = size_kb(database + "-wal")
    return values


def soak(node, minutes):
    """All series, and the load that made them."""
    load = Load(node)
    load.start()
    begin = time.monotonic()
    pause = minutes * 60 / SAMPLES
    series = {name: [] for name in BOUNDS}
    for i in range(1, SAMPLES + 1):
        time.sleep(max(0, begin + i * pause - time.monotonic()))
        if not node.alive():
            load.wrong.append("the node ended")
            break
        at = time.monotonic() - begin
        for name, value in sample(node).items():
            series[name].append((at, value))
    load.stop()
    return series, load


def judge(series, load):
    """Prints the table; whether all is well."""
    well = not load.wrong
    print(f"{'series':12} {'first':>10} {'median':>10} {'last':>10} "
          f"{'growth':>8} {'bound':>6}")
    for name, points in series.items():
        grown, bound = growth(points), BOUNDS[name]
        values = [y for _, y in points]
        print(f"{name:12} {values[0]:10.0f} "
              f"{sorted(values)[len(values) // 2]:10.0f} {values[-1]:10.0f} "
              f"{grown:8.1%} {bound:6.0%} "
              f"{'flat' if grown <= bound else 'NOT FLAT'}")
        well = well and grown <= bound
    print("done:", dict(load.done), "refused:", dict(load.refused))
    for wrong in load.wrong[:10]:
        print("wrong:", wrong)
    return well


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--program", default="build/release/troupe")
    args.add_argument("--minutes", type=float, default=30)
    args.add_argument("--json", help="keep all samples in this file")
    args = args.parse_args()
    # Not in /tmp, which may be memory; and nowhere where it would be in the way.
    place = "build" if os.path.isdir("build") else "."
    where = tempfile.mkdtemp(prefix="troupe-soak-", dir=place)
    node = Soaked(args.program, where)
    try:
        if node.start() is None:
            print(f"soak: the node did not start, see {where}/log")
            return 2
        series, load = soak(node, args.minutes)
        if args.json:
            with open(args.json, "w") as out:
                json.dump(series, out)
        well = judge(series, load)
        os.kill(node.process.pid, signal.SIGTERM)
        well = node.process.wait(timeout=60) == 0 and well
        shutil.rmtree(where)
        return 0 if well else 1
    except ValueError as why:
        print(f"soak: {why}")
        return 2
    finally:
        if node.alive():
            node.kill()


if __name__ == "__main__":
    sys.exit(main())
