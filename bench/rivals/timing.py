"""Runs one measurement of one rival, through its adapter."""

import json
import os
import subprocess
import sys
import threading
import time
import uuid

import processes
from rivals import PACKAGES

SECONDS_MAX = 170  # Of one measurement; then it counts as not measured.
KILL_AT = 0.4      # Of all tasks executed.
LOG = "adapters.log"  # In build/bench: what adapters say on stderr.


class Bench:
    """Where things are: what ./dev has installed (adapters and the modules
    of npm beside them), temporary data, what adapters say."""

    def __init__(self, installed, where, log):
        self.where, self.log = where, log
        self.modules = os.path.join(installed, "node_modules")
        self.adapters = os.path.join(installed, "adapters")

    def node_for(self, rival):
        """npm's Node, newer than Debian's; the machine's own where a module
        was compiled for that one."""
        bundled = os.path.join(self.modules, ".bin", "node")
        if rival != "langgraph":
            return bundled
        for node in (bundled, "node"):
            tried = subprocess.run(
                [node, "-e", "require('better-sqlite3')(':memory:')"],
                cwd=self.adapters, capture_output=True, check=False)
            if tried.returncode == 0:
                return node
        raise RuntimeError("better-sqlite3 was not built for this machine")

    def must_have(self, rival):
        package = PACKAGES.get(rival)
        if package and not os.path.isdir(os.path.join(self.modules, package)):
            raise RuntimeError(f"npm could not install {package}")

    def adapter(self, rival, workload, n, environment):
        if rival == "celery":
            command = [sys.executable,
                       os.path.join(self.adapters, "celery_driver.py")]
        else:
            command = [self.node_for(rival),
                       os.path.join(self.adapters, "driver.mjs"), rival]
        with open(self.log, "a", encoding="utf-8") as log:
            return subprocess.Popen(
                [*command, workload, str(n)], cwd=self.where, text=True,
                env=dict(os.environ, NODE_ENV="production",
                         PYTHONDONTWRITEBYTECODE="1", **environment),
                stdout=subprocess.PIPE, stderr=log)

    def measure(self, rival, server, workload, n):
        """Figures of one workload."""
        self.must_have(rival)
        with server(self.where, self.modules) as at:
            environment = {**at.environment(), "RUN_ID": uuid.uuid4().hex[:8]}
            if workload == "recovery":
                return Recovery(self, rival, at, n, environment).run()
            return self.span(self.adapter(rival, workload, n, environment))

    def span(self, adapter):
        """CPU and memory between the adapter's `begin` and `end`."""
        figures = None
        hang = threading.Timer(SECONDS_MAX, processes.kill_tree, [adapter])
        hang.start()
        with processes.MemoryWatch() as memory:
            for event in events_of(adapter):
                if event["event"] == "begin":
                    begin = time.monotonic()
                    cpu = processes.cpu_seconds()
                    busy = processes.busy_seconds()
                if event["event"] == "end":
                    took = max(0.05, time.monotonic() - begin)
                    used = processes.cpu_seconds() - cpu
                    others = processes.busy_seconds() - busy - used
                    memory.look()
                    figures = {**event, "cpu_s": used,
                               "other_cores": max(0, others / took)}
        hang.cancel()
        adapter.wait()
        if figures is None:
            raise RuntimeError(f"its adapter ended with {adapter.returncode}; "
                               f"see build/bench/{LOG}")
        del figures["event"]
        return {**figures, "memory_mb": memory.peak_mb}


def events_of(adapter):
    for line in adapter.stdout:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # A library that talks.
        if isinstance(event, dict) and "event" in event:
            yield event


class Recovery:
    """kill -9 of the worker in the middle of n tasks of a millisecond; where a
    server does the work's bookkeeping and nothing else keeps it (Restate), of
    the server as well."""

    SECONDS_WAITED = 15

    def __init__(self, bench, rival, server, n, environment):
        self.bench, self.rival, self.server, self.n = bench, rival, server, n
        self.executed = os.path.join(server.where, "executed")
        self.environment = dict(environment, EXECUTED=self.executed)
        with open(self.executed, "w", encoding="utf-8"):
            pass

    def start(self, what):
        return self.bench.adapter(self.rival, what, self.n, self.environment)

    def executions(self):
        with open(self.executed, encoding="utf-8") as file:
            return file.read().split()

    def begin(self):
        """Submits all; returns the worker and a submitter still at work."""
        if self.rival == "restate":  # Takes nothing without its service.
            worker = self.start("recovery-work")
            next(events_of(worker))
            return worker, self.start("recovery-submit")
        if self.rival != "langgraph":  # Has no queue: its worker submits.
            submitter = self.start("recovery-submit")
            submitter.communicate()
        return self.start("recovery-work"), None

    def run(self):
        worker, submitter = self.begin()
        try:
            deadline = time.monotonic() + 60
            while len(self.executions()) < self.n * KILL_AT:
                if worker.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("its worker did not work; see "
                                       f"build/bench/{LOG}")
                time.sleep(0.005)
            processes.kill_tree(worker)
            if submitter:
                submitter.communicate()
                processes.kill_tree(self.server.process)
            begin = time.monotonic()
            at_kill = len(self.executions())
            if submitter:
                self.server.start()
            worker = self.start("recovery-work")
            return self.watch(begin, at_kill)
        finally:
            processes.kill_tree(worker)

    def watch(self, begin, at_kill):
        first = done = None
        while done is None \
                and time.monotonic() - begin < self.SECONDS_WAITED:
            all_ = self.executions()
            now = time.monotonic() - begin
            if first is None and len(all_) > at_kill:
                first = now
            if len(set(all_)) >= self.n and self.all_stored():
                done = now
            time.sleep(0.005 if first is None else 0.05)
        all_ = self.executions()
        return {"executed_at_kill": at_kill, "first_progress_s": first,
                "all_done_s": done, "waited_s": self.SECONDS_WAITED,
                "stranded": self.n - len(set(all_)),
                "again": len(all_) - len(set(all_))}

    def all_stored(self):
        count = self.server.completed(self.n, self.rival)
        return count is None or count >= self.n
