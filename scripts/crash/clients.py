"""Clients that ask, ask again when no answer came, and write all of it down."""

import json
import random
import threading
import time

from node import Lost, Refused

# Refusals that say "not now".
LATER = {408, 429, 500, 503, 507}


class History:
    """One line for each question: what was asked, when, and what came back."""

    def __init__(self, path):
        self.file = open(path, "a")
        self.lock = threading.Lock()

    def write(self, line):
        with self.lock:
            self.file.write(json.dumps(line) + "\n")
            self.file.flush()


class Client(threading.Thread):
    def __init__(self, number, node, history, seed):
        super().__init__(daemon=True)
        self.number = number
        self.node = node
        self.history = history
        self.random = random.Random(seed)
        self.asked = 0
        self.over = threading.Event()
        self.trouble = None
        self.runs = []  # (id, kind) of what was accepted.

    def run(self):
        try:
            self.live()
        except Exception as why:  # Whatever it is, the harness must hear of it.
            self.trouble = repr(why)

    def live(self):
        while not self.over.is_set():
            choice = self.random.random()
            if choice < 0.5 or not self.runs:
                self.submit()
            elif choice < 0.6:
                self.command("cancel", {})
            elif choice < 0.75:
                self.command("signal", {"name": "go", "payload": 1})
            elif choice < 0.8:
                self.command("pause", {})
            elif choice < 0.85:
                self.command("resume", {})
            else:
                self.look()
            self.over.wait(self.random.random() * 0.02)

    def ask(self, op, method, path, body=None, key=None):
        """Until there is an answer; each try is a line of the history."""
        while not self.over.is_set():
            line = {"client": self.number, "op": op, "path": path, "key": key,
                    "args": body, "began": time.time_ns()}
            try:
                line["value"] = self.node.call(method, path, body, key)
                line["result"] = "ok"
            except Refused as why:
                line["result"] = "info" if why.status in LATER else "fail"
                line["value"] = why.body
            except Lost:
                line["result"] = "info"
            line["ended"] = time.time_ns()
            self.history.write(line)
            if line["result"] != "info":
                return line
            self.over.wait(0.02)
        return None

    def key(self):
        self.asked += 1
        return f"c{self.number}-{self.asked}"

    def submit(self):
        kind = self.random.choice(["tasks", "tasks", "chain", "signal", "nap"])
        line = self.ask("submit", "POST", "/api/v1/runs", self.source(kind),
                        self.key())
        if line and line["result"] == "ok":
            self.runs.append((line["value"]["run"], kind))

    def source(self, kind):
        deed = {"type": "test", "agent": {"capabilities": ["deed"]},
                "backoff": {"base": "50ms", "max": "100ms"},
                "input": {"ms": self.random.randrange(30)}}
        flaky = dict(deed, input={"fail": 1})
        if kind == "tasks":
            return {"tasks": [dict(deed) for _ in
                              range(self.random.randrange(1, 4))]}
        steps = {"a": deed, "b": dict(flaky, depends_on=["a"])}
        if kind == "signal":
            steps["wait"] = {"signal": "go", "depends_on": ["a"]}
        if kind == "nap":
            steps["wait"] = {"sleep": "300ms", "depends_on": ["a"]}
        steps["end"] = dict(deed, depends_on=[x for x in steps])
        return {"definition": {"workflow": kind, "steps": steps}}

    def command(self, op, body):
        run, kind = self.random.choice(self.runs[-20:])
        if op == "signal" and kind != "signal":
            return
        self.ask(op, "POST", f"/api/v1/runs/{run}/{op}", body, self.key())

    def look(self):
        run, _ = self.random.choice(self.runs[-20:])
        self.ask("look", "GET", f"/api/v1/runs/{run}")
