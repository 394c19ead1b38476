"""The Python client and real nodes.

Usage: client_test.py TROUPE [unittest's arguments]
"""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import tomllib
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "sdk/python"))

# pylint: disable=wrong-import-position
from troupe_client import Client, TroupeError  # noqa: E402

PROGRAM = ""
ASKS = """
workflow: asks
input: {word: {type: string, default: hello}}
steps:
  first: {agent: echo, input: "${run.input.word}"}
  agree: {depends_on: [first], approve: {timeout: 1h, on_timeout: reject}}
  last: {depends_on: [agree], agent: echo, input: "${steps.first.output}"}
"""


class Node:
    """`troupe node`, which can be killed and started again at its port."""

    def __init__(self, config="agents: {echo: {kind: echo}}\n"):
        self.folder = tempfile.TemporaryDirectory(prefix="troupe-sdk-")
        self.config = self.path("node.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(config)
        self.listen = "127.0.0.1:0"
        self.start()
        self.listen = self.address.removeprefix("http://")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "node", "--data", self.path("data"), "--listen",
             self.listen, "--config", self.config],
            stdout=subprocess.PIPE, text=True, cwd=self.folder.name)
        ready = self.process.stdout.readline()
        self.address = re.search(r"http://[\d.]+:\d+", ready).group()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def end(self):
        self.kill()
        self.folder.cleanup()


class AtOneNode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.at = Node()
        cls.addClassCleanup(cls.at.end)
        cls.node = Client(cls.at.address)

    def refusal(self, ask, *args, **more):
        with self.assertRaises(TroupeError) as got:
            ask(*args, **more)
        return got.exception

    def test_a_run_from_its_submission_to_its_end(self):
        node = self.node
        made = node.register(ASKS)
        self.assertEqual((made["name"], made["version"]), ("asks", 1))
        self.assertEqual(node.workflow("asks")["version"], 1)
        self.assertEqual(node.plan(ASKS)["order"][0], "first")
        first = node.submit(name="asks", input={"word": "bye"}, key="night")
        again = node.submit(name="asks", input={"word": "bye"}, key="night")
        self.assertEqual(again["run"], first["run"])
        self.assertTrue(again["repeated"])
        self.assertEqual(
            self.refusal(node.submit, name="asks", key="night").code,
            "key_reused")
        kinds = []
        for event in node.events(run=first["run"]):
            kinds.append(event["kind"])
            if event["kind"] == "decision_asked":
                self.assertEqual(node.approvals()[0]["task"], event["id"])
                node.approve(event["id"], "fine")
        self.assertEqual(kinds[-1], "end")
        ended = node.wait(first["run"])
        self.assertEqual(ended["state"], "completed")
        self.assertEqual(ended["output"]["last"], "bye")
        names = [x["name"] for x in node.tasks(run=first["run"], limit=1)]
        self.assertEqual(sorted(names), ["agree", "first", "last"])
        self.assertIn(first["run"], [x["run"] for x in node.runs(limit=1)])
        self.assertTrue(list(node.history(first["run"], limit=2)))
        self.assertEqual(node.report(first["run"])["state"], "completed")
        self.assertEqual(list(node.logs(first["run"])), [])
        self.assertEqual(node.agents()[0]["name"], "echo")
        self.assertTrue(node.status()["ready"])
        self.assertEqual(node.call("HEAD", "status"), "")

    def test_commands_to_a_run_and_to_its_tasks(self):
        node = self.node
        run = node.submit(ASKS)["run"]
        agree = next(x for x in node.tasks(run=run) if x["name"] == "agree")
        self.assertEqual(node.why(agree["task"])["task"], agree["task"])
        self.assertEqual(node.task(agree["task"])["name"], "agree")
        self.assertEqual(node.pause(run)["state"], "paused")
        node.resume(run)
        self.assertEqual(node.cancel(run, "enough", key="c")["state"],
                         "cancelled")
        self.assertTrue(node.cancel(run, "enough", key="c")["repeated"])
        self.assertEqual(node.wait(run)["state"], "cancelled")
        late = self.refusal(node.approve, agree["task"])
        self.assertEqual(late.status, 409)
        run = node.submit({"workflow": "waits", "steps": {"go": {"signal": "go"}}})["run"]
        self.assertEqual(self.refusal(node.signal, run, "stop").status, 422)
        node.signal(run, "go", {"n": 1})
        self.assertEqual(node.wait(run)["state"], "completed")

    def test_the_task_queue(self):
        with open(os.path.join(ROOT, "examples/strategy.json"),
                  encoding="utf-8") as file:
            strategy = json.load(file)
        self.node.call("POST", "strategies", strategy)
        made = self.node.queue_decompose(strategy["id"])
        self.assertEqual(len(self.node.queue_status(limit=500)["tasks"]),
                         made["tasks_created"])
        self.assertEqual(self.node.queue_execute(1)["tasks_executed"], 0)

    def test_what_is_wrong_is_said_with_its_place(self):
        node = self.node
        bad = self.refusal(node.submit, "workflow: w\nsteps:\n  a: {agnt: x}\n")
        self.assertEqual((bad.code, bad.status), ("invalid", 422))
        self.assertEqual(bad.problems[0]["line"], 3)
        self.assertIn("agent", bad.hint)
        self.assertFalse(bad.in_doubt)
        nothing = "0190a1b2-0000-7000-8000-000000000000"
        self.assertEqual(self.refusal(node.run, nothing).code, "not_found")
        self.assertEqual(self.refusal(node.run, "../status").status, 400)
        self.assertEqual(
            self.refusal(list, node.events(run=nothing)).code, "not_found")
        self.assertEqual(
            self.refusal(node.cancel, nothing).code, "not_found")
        with self.assertRaises(ValueError):
            node.cancel(nothing, key="a\r\nX: y")
        for wrong in ("ftp://x", "127.0.0.1"):
            with self.assertRaises(ValueError):
                Client(wrong)
        with self.assertRaises(ValueError):
            Client("http://troupe.example.com", token="a.b.c")

    def test_a_unix_socket_and_an_asynchronous_stream(self):
        node = Client("unix:" + self.at.path("data/troupe.sock"))

        async def follow():
            run = node.submit(tasks=[{"agent": "echo", "input": "ü"}])["run"]
            kinds = [x["kind"] async for x in node.events(run=run)]
            return run, kinds

        run, kinds = asyncio.run(follow())
        self.assertEqual(kinds[-1], "end")
        self.assertEqual(node.wait(run)["state"], "completed")

    def test_a_stream_ends_when_it_is_closed(self):
        events = self.node.events(kinds="decisions")
        reading = threading.Thread(target=lambda: list(events))
        reading.start()
        run = self.node.submit(ASKS)["run"]
        self.node.cancel(run)
        events.close()
        while reading.is_alive():  # It may just have been connecting.
            events.close()
        reading.join()


class NodeThatDies(unittest.TestCase):
    def test_a_stream_goes_on_after_a_kill_and_misses_nothing(self):
        at = Node()
        self.addCleanup(at.end)
        node = Client(at.address, tries=20, pause=0.05, pause_max=1)
        run = node.submit(ASKS)["run"]
        told = []
        for event in node.events(run=run):
            told.append((event["kind"], event.get("seq")))
            kinds = [x for x, _ in told]
            if event["kind"] == "decision_asked" \
                    and kinds.count("decision_asked") == 1:
                at.kill()
                again = threading.Thread(target=at.start)
                again.start()
                node.approve(event["id"])
                again.join()
        facts = [seq for kind, seq in told if seq is not None]
        self.assertEqual(facts, sorted(set(facts)))
        self.assertEqual([x for x, _ in told].count("decision_asked"), 1)
        self.assertEqual(told[-1][0], "end")
        whole = [x["kind"] for x in node.events(run=run) if "seq" in x]
        self.assertEqual(whole, [x for x, seq in told if seq is not None])
        at.kill()
        gone = Client(at.address, tries=1)
        with self.assertRaises(TroupeError) as got:
            gone.submit(ASKS)
        self.assertEqual(got.exception.code, "unreachable")
        self.assertFalse(got.exception.in_doubt)


class NodeWithALogin(unittest.TestCase):
    def token(self, at, role):
        def troupe(*args):
            return subprocess.run(
                [PROGRAM, "token", *args], capture_output=True, text=True,
                check=True, cwd=at.folder.name).stdout
        return troupe("make", "--key", "token.key", "--name", "ann",
                      "--role", "default=" + role).split()[-1]

    def test_who_may_not_and_who_comes_too_often_is_told_so(self):
        folder = tempfile.TemporaryDirectory(prefix="troupe-sdk-")
        self.addCleanup(folder.cleanup)
        key = os.path.join(folder.name, "token.key")
        subprocess.run([PROGRAM, "token", "key", "--out", key], check=True,
                       stdout=subprocess.DEVNULL)
        at = Node("agents: {echo: {kind: echo}}\n"
                  f"auth: {{issuers: {{troupe: {{keys: ['file:{key}']}}}}}}\n"
                  "gateway: {limits: {principal_requests_per_second: 1}}\n")
        self.addCleanup(at.end)
        os.link(key, at.path("token.key"))
        refused = Client(at.address, token="a.b.c", tries=1)
        with self.assertRaises(TroupeError) as got:
            refused.status()
        self.assertEqual(got.exception.status, 401)
        viewer = Client(at.address, token=self.token(at, "viewer"))
        with self.assertRaises(TroupeError) as got:
            viewer.submit(ASKS)
        self.assertEqual(got.exception.status, 403)
        hasty = Client(at.address, token=self.token(at, "viewer"),
                       retry_after_max=0)
        with self.assertRaises(TroupeError) as got:
            for _ in range(100):
                list(hasty.runs())
        self.assertEqual(got.exception.code, "overloaded")
        self.assertGreaterEqual(got.exception.retry_after, 1)
        self.assertEqual(list(viewer.runs()), [])  # It came again.


class FlakyServer(unittest.TestCase):
    """Hangs up on the first request, and answers the second."""

    def serve(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        seen = []

        def answer():
            while len(seen) < 2:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with line:
                    seen.append(line.recv(65536).decode())
                    if len(seen) == 2:
                        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: "
                                     b"application/json\r\nContent-Length: 11"
                                     b'\r\n\r\n{"run":"x"}')

        threading.Thread(target=answer, daemon=True).start()
        return seen, Client("http://127.0.0.1:%d" % listener.getsockname()[1],
                            pause=0.001)

    def test_a_submission_is_sent_again_with_its_key(self):
        seen, node = self.serve()
        self.assertEqual(node.submit(ASKS), {"run": "x"})
        keys = [re.search(r"Idempotency-Key: (\S+)", x).group(1) for x in seen]
        self.assertEqual(len(keys), 2)
        self.assertEqual(keys[0], keys[1])

    def test_what_could_be_done_twice_is_not_sent_again(self):
        seen, node = self.serve()
        with self.assertRaises(TroupeError) as got:
            node.queue_execute()
        self.assertEqual(got.exception.code, "lost")
        self.assertTrue(got.exception.in_doubt)
        self.assertEqual(len(seen), 1)


class Page(unittest.TestCase):
    def test_the_package_has_all_modules(self):
        folder = os.path.join(ROOT, "sdk/python")
        with open(os.path.join(folder, "pyproject.toml"), "rb") as file:
            listed = tomllib.load(file)["tool"]["setuptools"]["py-modules"]
        there = [x[:-3] for x in os.listdir(folder) if x.endswith(".py")]
        self.assertEqual(sorted(listed), sorted(there))

    def test_the_example_of_the_page_runs(self):
        at = Node()
        self.addCleanup(at.end)
        ran = subprocess.run(
            [sys.executable, "-B", "examples/clients/agree.py", at.address],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": "sdk/python"},
            capture_output=True, text=True, check=False)
        self.assertEqual(ran.stdout, "completed hello\n", ran.stderr)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
