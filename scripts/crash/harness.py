#!/usr/bin/env python3
"""Kills a real node again and again while clients ask, and has the history
judged by a program of its own (judge.py).

Usage: harness.py --program FILE [--kills 500] [--seed N] [--dir D] [--clients 3]

Faults: kill -9 at random moments and at named points (where the program was
built with them), SIGSTOP and SIGCONT, killed agents, a second node on the same
data, jumps of the clock (where libfaketime is installed).
"""

import argparse
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from clients import Client, History
from node import SLOTS, Lost, Node, Refused

POINTS = [
    "journal.before_commit", "journal.after_commit", "journal.after_upkeep",
    "shard.gathered", "shard.before_release", "shard.before_answers",
    "shard.before_open", "coordinator.between", "host.before_call",
    "host.after_end", "desk.before_answer", "desk.after_answer",
]
STANDSTILL_S = 60
DRAIN_WITHIN_S = 1800
CLOCK = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")


class Nemesis:
    def __init__(self, node, seed):
        self.node = node
        self.random = random.Random(seed)
        self.counts = {}
        self.slowest_start = 0
        self.offset = 0

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def start(self):
        """A new life, perhaps with its end planned already."""
        point = None
        if self.random.random() < 0.4:
            point = (self.random.choice(POINTS)
                     + f":{self.random.randrange(1, 25)}")
        took = self.node.start(point, self.clock())
        if self.node.broke() or (took is None and point is None):
            raise SystemExit("harness: the node does not start; see "
                             + os.path.join(self.node.where, "log"))
        self.slowest_start = max(self.slowest_start, took or 0)
        return point

    def clock(self):
        if not CLOCK or self.random.random() > 0.2:
            return None
        self.offset = self.random.choice([-3600, -30, 30, 3600])
        self.count("clock jump")
        return {"LD_PRELOAD": CLOCK[0], "FAKETIME": f"{self.offset:+d}s",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def life(self):
        """From a start to a kill."""
        point = self.start()
        end = time.monotonic() + self.random.random() * (1 if point else 0.4)
        while time.monotonic() < end and self.node.alive():
            self.disturb()
            time.sleep(0.02)
        if self.node.broke():
            raise SystemExit("harness: the node ended by itself; see "
                             + os.path.join(self.node.where, "log"))
        if point and not self.node.alive():
            self.count("kill at " + point.split(":")[0])
        else:
            self.count("kill -9")
        self.node.kill()

    def disturb(self):
        choice = self.random.random()
        if choice < 0.02 and self.node.alive():
            self.count("stop and continue")
            os.kill(self.node.process.pid, signal.SIGSTOP)
            time.sleep(self.random.random() * 0.3)
            os.kill(self.node.process.pid, signal.SIGCONT)
        elif choice < 0.06:
            self.kill_agent()
        elif choice < 0.08:
            self.second_node()

    def kill_agent(self):
        """A deed that has begun a while ago and not ended, if it still runs."""
        with open(self.node.deeds) as lines:
            last = [x.split() for x in lines][-8:]
        ended = {(x[1], x[2]) for x in last if x[0] == "end"}
        for what, task, attempt, pid, _ in last:
            if what == "begin" and (task, attempt) not in ended:
                if self.is_agent(pid):
                    os.kill(int(pid), signal.SIGKILL)
                    self.count("agent killed")
                return

    @staticmethod
    def is_agent(pid):
        try:
            with open(f"/proc/{pid}/cmdline") as line:
                return "agent.sh" in line.read()
        except OSError:
            return False

    def second_node(self):
        if not self.node.alive():
            return
        self.count("second node")
        other = subprocess.Popen(self.node.command(),
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while other.poll() is None and self.node.alive() \
                and time.monotonic() < until:
            time.sleep(0.01)
        alone = not self.node.alive()  # It came to its named end meanwhile.
        served = other.poll() is None or other.returncode == 0
        other.kill()
        other.wait()
        if served and not alone:
            raise SystemExit("harness: a second node ran on the same data")


def drain(node, client):
    """What still waits for somebody gets its signal; then all ends. Waits as
    long as something ends."""
    end = threading.Timer(DRAIN_WITHIN_S, client.over.set)
    end.daemon = True
    end.start()
    seen, since = None, time.monotonic()
    while time.monotonic() < since + STANDSTILL_S \
            and not client.over.is_set():
        try:
            left = open_runs(node)
            if not left:
                return True
            now = [(x["run"], x["counts"]) for x in left]
            if now != seen:
                seen, since = now, time.monotonic()
            for run in left:
                where = f"/api/v1/runs/{run['run']}/"
                if run["state"] == "paused":
                    client.ask("resume", "POST", where + "resume", {},
                               client.key())
                elif run["name"] == "signal":
                    client.ask("signal", "POST", where + "signal",
                               {"name": "go"}, client.key())
        except (Lost, Refused):
            pass
        time.sleep(0.2)
    return False


def open_runs(node):
    return [x for x in all_of(node, "/api/v1/runs?limit=1000", "runs")
            if x["state"] not in ("completed", "failed", "cancelled")]


def all_of(node, path, field):
    found, after = [], ""
    while True:
        said = node.call("GET", path + (f"&after={after}" if after else ""))
        found += said[field]
        after = said.get("next", "")
        if not after:
            return found


def dump(node, path):
    """Everything that the node says of its runs."""
    with open(path, "w") as out:
        for run in all_of(node, "/api/v1/runs?limit=1000", "runs"):
            where = f"/api/v1/runs/{run['run']}"
            out.write(json.dumps({
                "run": node.call("GET", where),
                "tasks": all_of(node, where + "/tasks?limit=1000", "tasks"),
                "history": all_of(node, where + "/history?limit=1000",
                                  "facts"),
            }) + "\n")


def main():
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--program", required=True)
    ask.add_argument("--kills", type=int, default=500)
    ask.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    ask.add_argument("--dir")
    ask.add_argument("--clients", type=int, default=3)
    args = ask.parse_args()
    where = args.dir or tempfile.mkdtemp(prefix="troupe-crash-")
    node = Node(args.program, where)
    nemesis = Nemesis(node, args.seed)
    history = History(os.path.join(where, "history.jsonl"))
    clients = [Client(i, node, history, args.seed + i + 1)
               for i in range(args.clients)]
    print(f"seed {args.seed}", flush=True)
    try:
        for x in clients:
            x.start()
        for _ in range(args.kills):
            nemesis.life()
        for x in clients:
            x.over.set()
        node.start()
        for x in clients:
            x.join()
            if x.trouble:
                raise SystemExit(f"harness: a client broke: {x.trouble}")
        drained = drain(node, Client(args.clients, node, history, 0))
        dump(node, os.path.join(where, "final.jsonl"))
    finally:
        if node.process is not None:
            node.kill()
    print(json.dumps({"kills": args.kills, "faults": nemesis.counts,
                      "slowest_start_s": round(nemesis.slowest_start, 3)}))
    if not drained:
        print("harness: not all runs ended; their state is judged, too")
    with open(os.path.join(where, "limits.json"), "w") as out:
        json.dump({"repeats_max": SLOTS * (args.kills + 1)}, out)
    judge = os.path.join(os.path.dirname(os.path.abspath(__file__)), "judge.py")
    verdict = subprocess.run([sys.executable, judge, where], check=False)
    if verdict.returncode == 0 and not args.dir:
        shutil.rmtree(where)
    else:
        print(f"all of it is in {where}")
    return verdict.returncode


if __name__ == "__main__":
    sys.exit(main())
