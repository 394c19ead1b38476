"""A long-lived agent for Troupe in Python. Standard library only.

    from troupe_agent import run

    def work(task):
        task.log(f"counting {len(task.input)} bytes")
        return len(task.input.split())

    run(work)

Configure it with `kind: process`, `protocol: jsonrpc`. The page is
docs/agents.md, "A process for many tasks".
"""

import json
import os
import sys
import threading

PROTOCOL = "1"


class Failed(Exception):
    """Raise it to say how a task failed.

    kind: transient, permanent, policy, budget, dependency, cancelled, or a
    category of Troupe's such as rate_limit. Any other exception is `transient`.
    """

    def __init__(self, message, kind="transient", retry_after=None):
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after  # Seconds.


class NotNow(Failed):
    """Raise it to get the task again later; no retry is used up."""

    def __init__(self, retry_after=1.0):
        super().__init__("not now", "not_now", retry_after)


class WithTasks:
    """Return it to add tasks to the run, in the form of a workflow's steps."""

    def __init__(self, output, tasks):
        self.output = output
        self.tasks = tasks


class Task:
    """What is to be done, and what can be said of it meanwhile."""

    def __init__(self, link, fields):
        self._link = link
        self.id = fields["id"]
        self.run = fields.get("run")
        self.workspace = fields.get("workspace")
        self.name = fields.get("name")
        self.type = fields.get("type")
        self.input = fields.get("input")
        self.attempt = fields["attempt"]
        self.idempotency_key = fields.get("idempotency_key")
        self.timeout = fields.get("timeout_ms", 0) / 1000
        self._cancelled = threading.Event()

    @property
    def cancelled(self):
        """True once nobody waits for the task: return soon."""
        return self._cancelled.is_set()

    def wait(self, seconds):
        """Sleeps, less if the task is cancelled. Answers `cancelled`."""
        return self._cancelled.wait(seconds)

    def progress(self, fraction, note=""):
        self._tell("task/progress", fraction=fraction, note=note)

    def log(self, line):
        self._tell("task/log", line=str(line))

    def _tell(self, method, **params):
        self._link.notify(method, task=self.id, attempt=self.attempt, **params)


class _Link:
    def __init__(self, work, capabilities, name):
        self.work = work
        self.tasks = {}
        self.last_id = 0
        self.bytes_max = 4 * 1024 * 1024
        self.lock = threading.RLock()
        self.ended = threading.Event()
        # Frames have stdout for themselves: what prints goes to stderr.
        self.input = os.fdopen(os.dup(0), "rb")
        self.output = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        hello = {"protocol": PROTOCOL, "sdk": "python", "name": name}
        if capabilities:
            hello["capabilities"] = list(capabilities)
        self.ask("link/hello", hello)

    # -- frames out; from any thread

    def send(self, frame):
        line = json.dumps({"jsonrpc": "2.0", **frame}).encode() + b"\n"
        if len(line) > self.bytes_max:
            raise Failed(f"a frame of {len(line)} bytes is over the "
                         f"{self.bytes_max} that the node takes; write large "
                         "results to a file", "permanent")
        with self.lock:
            try:
                self.output.write(line)
                self.output.flush()
            except OSError:
                self.ended.set()  # The node is gone, and nobody listens.

    def notify(self, method, **params):
        self.send({"method": method, "params": params})

    def ask(self, method, params):
        with self.lock:
            self.last_id += 1
            self.send({"id": self.last_id, "method": method, "params": params})

    # -- frames in

    def read(self):
        for line in self.input:
            frame = json.loads(line)
            method, params = frame.get("method"), frame.get("params") or {}
            if method == "task/assign":
                self.start(Task(self, params))
                self.send({"id": frame["id"], "result": {"accepted": True}})
            elif method == "task/cancel":
                task = self.tasks.get((params["task"], params["attempt"]))
                if task:
                    task._cancelled.set()
                self.send({"id": frame["id"], "result": {"ok": True}})
            elif method == "link/bye":
                break
            elif "credit" in (frame.get("result") or {}):
                self.greeted(frame["result"])
            elif "error" in frame:
                print(f"the node: {frame['error']}", file=sys.stderr)
        self.ended.set()

    def greeted(self, answer):
        self.bytes_max = answer["frame_bytes_max"]
        pause = answer["heartbeat_ms"] / 1000
        threading.Thread(target=self.beat, args=(pause,), daemon=True).start()

    def beat(self, pause):
        while not self.ended.wait(pause):
            self.notify("link/heartbeat", tasks=len(self.tasks))

    # -- work: a thread for each task, as many as the node gives

    def start(self, task):
        self.tasks[(task.id, task.attempt)] = task
        threading.Thread(target=self.perform, args=(task,), daemon=True).start()

    def perform(self, task):
        about = {"task": task.id, "attempt": task.attempt}
        try:
            found = self.work(task)
            result = {"output": found}
            if isinstance(found, WithTasks):
                result = {"output": found.output, "tasks": found.tasks}
            self.ask("task/result", {**about, **result})
        except Exception as why:  # Whatever it is, the node has to hear of it.
            self.fail(task, about, why)
        finally:
            self.tasks.pop((task.id, task.attempt), None)

    def fail(self, task, about, why):
        kind = getattr(why, "kind", "transient")
        if task.cancelled:
            kind = "cancelled"
        error = {"class": kind, "message": str(why) or type(why).__name__}
        if getattr(why, "retry_after", None) is not None:
            error["retry_after_ms"] = int(why.retry_after * 1000)
        self.ask("task/error", {**about, **error})


def run(work, capabilities=None, name=None):
    """Works on tasks until the node ends this agent.

    `work(task)` is called on a thread for each task; what it returns is the
    output and has to be JSON. `capabilities` are announced to the node, which
    takes those that its configuration allows; none: as configured.
    """
    link = _Link(work, capabilities, name or os.path.basename(sys.argv[0]))
    threading.Thread(target=link.read, daemon=True).start()
    link.ended.wait()
    for task in list(link.tasks.values()):
        task._cancelled.set()
    os._exit(0)  # Threads that do not look would hold us for ever.
