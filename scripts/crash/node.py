"""A real node as a child process, and its HTTP API."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time

READY_WITHIN_S = 30
CALL_WITHIN_S = 20
SLOTS = 4  # Of the agent: what a kill may repeat.


class Refused(Exception):
    """The node answered, with an error: nothing happened."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body.get('detail', body)}")
        self.status = status
        self.body = body


class Lost(Exception):
    """No answer: it may have happened or not."""


class Link(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=CALL_WITHIN_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Node:
    def __init__(self, program, where):
        self.program = os.path.abspath(program)
        self.where = os.path.abspath(where)
        self.data = os.path.join(self.where, "data")
        self.deeds = os.path.join(self.where, "deeds")
        self.socket = os.path.join(self.data, "troupe.sock")
        self.config = os.path.join(self.where, "node.yaml")
        self.process = None
        os.makedirs(self.where, exist_ok=True)
        open(self.deeds, "a").close()
        agent = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             "agent.sh")
        with open(self.config, "w") as out:
            json.dump({
                "node": {"shards": 8},
                "agents": {
                    "noop": {"kind": "noop"},
                    "deeds": {"kind": "process", "command": agent,
                              "capabilities": ["deed"], "max_load": SLOTS,
                              "env": {"DEEDS": self.deeds}},
                },
            }, out)

    def command(self):
        return [self.program, "node", "--config", self.config, "--data",
                self.data]

    def start(self, crash_at=None, clock=None):
        """Until it takes work; how long that took, in seconds."""
        environment = dict(os.environ)
        if crash_at:
            environment["TROUPE_CRASH_AT"] = crash_at
        if clock:
            environment.update(clock)
        begin = time.monotonic()
        with open(os.path.join(self.where, "log"), "a") as log:
            self.process = subprocess.Popen(
                self.command(), env=environment, stdout=log, stderr=log,
                start_new_session=True)
        while time.monotonic() - begin < READY_WITHIN_S:
            if self.process.poll() is not None:
                break
            try:
                if self.call("GET", "/readyz") is not None:
                    return time.monotonic() - begin
            except (Lost, Refused):
                time.sleep(0.005)
        return None

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def broke(self):
        """It ended, and nobody killed it."""
        return self.process.poll() not in (None, -signal.SIGKILL)

    def kill(self):
        if self.alive():
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def call(self, method, path, body=None, key=None):
        link = Link(self.socket)
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            link.request(method, path,
                         None if body is None else json.dumps(body), headers)
            answer = link.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as why:
            raise Lost(str(why)) from None
        finally:
            link.close()
        try:
            said = json.loads(text) if text else {}
        except ValueError:
            said = {"text": text.decode("utf-8", "replace")}
        if answer.status >= 400:
            raise Refused(answer.status, said)
        return said
