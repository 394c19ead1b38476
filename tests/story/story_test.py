"""Real nodes, and clients that nobody of us wrote.

Usage: story_test.py TROUPE CURL NODE WRK [unittest's arguments]
"""

import collections
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TROUPE, CURL, NODE, WRK = sys.argv[1:5]
del sys.argv[1:5]

CONFIG = "agents: {echo: {kind: echo, max_load: 64}, shell: {kind: shell}}\n"
# One task at a time, and few may wait.
NARROW = """
node: {queued_max: 1}
agents: {sleep: {kind: sleep, max_load: 1}}
"""
ASKS = """
workflow: asks
steps:
  first: {agent: echo, input: hello}
  agree: {depends_on: [first], approve: {timeout: 1h, on_timeout: reject}}
  last: {depends_on: [agree], agent: echo, input: "${steps.first.output}"}
"""
QUESTIONS_MAX = 20_000  # Not seconds: a slow machine is asked for longer.


class Node:
    """`troupe node` on a free port; killed at the end of its test."""

    def __init__(self, test, config=CONFIG):
        folder = tempfile.TemporaryDirectory(prefix="troupe-story-")
        self.folder = folder.name
        test.addCleanup(folder.cleanup)
        with open(self.path("node.yaml"), "w", encoding="utf-8") as file:
            file.write(config)
        self.process = subprocess.Popen(
            [TROUPE, "node", "--data", self.path("data"), "--listen",
             "127.0.0.1:0", "--config", self.path("node.yaml")],
            stdout=subprocess.PIPE, text=True, cwd=self.folder)
        test.addCleanup(self.end)
        ready = self.process.stdout.readline()
        self.address = re.search(r"http://[\d.]+:\d+", ready).group()

    def path(self, name):
        return os.path.join(self.folder, name)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Said:
    """What curl was told: status, headers (lower case) and body."""

    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, value in
                        (x.split(": ", 1) for x in lines)}

    @property
    def json(self):
        return json.loads(self.body)


def curl_command(node, path, *args):
    return [CURL, "-sS", "--max-time", "60", *args,
            node.address + "/api/v1/" + path]


def curl(node, path, *args, body=None, form="application/json"):
    if body is not None:
        args = (*args, "-H", "Content-Type: " + form, "--data-binary", "@-")
    ran = subprocess.run(
        curl_command(node, path, "-i", *args), capture_output=True, check=True,
        input=(body or "").encode(), env={**os.environ, "NO_PROXY": "*"})
    return Said(ran.stdout.decode())


def post(node, path, value=None, *args):
    return curl(node, path, *args, body=json.dumps(value or {}))


def end_of(node, run):
    for _ in range(QUESTIONS_MAX):
        found = curl(node, "runs/" + run).json
        if found["state"] in ("completed", "failed", "cancelled"):
            return found
    raise AssertionError(f"the run does not end: {found}")


class WithCurl(unittest.TestCase):
    def test_a_workflow_is_registered_run_approved_and_told_of(self):
        node = Node(self)
        made = curl(node, "workflows", body=ASKS, form="application/yaml")
        self.assertEqual((made.status, made.json["version"]), (201, 1))
        key = ("-H", "Idempotency-Key: night")
        first = post(node, "runs", {"name": "asks"}, *key)
        again = post(node, "runs", {"name": "asks"}, *key)
        self.assertEqual((first.status, again.status), (201, 200))
        run = first.json["run"]
        self.assertEqual(again.json["run"], run)
        self.assertTrue(first.headers["location"].endswith(run))
        self.follow(node, run)
        said = curl(node, "runs/" + run)
        self.assertEqual(said.json["state"], "completed")
        self.assertEqual(said.json["output"]["last"], "hello")
        same = curl(node, "runs/" + run, "-H",
                    "If-None-Match: " + said.headers["etag"])
        self.assertEqual((same.status, same.body), (304, ""))
        report = curl(node, f"runs/{run}/report").json
        self.assertEqual(report["state"], "completed")

    def follow(self, node, run):
        """A stream in one curl, the answer to what it asks in another."""
        with subprocess.Popen(
                curl_command(node, f"runs/{run}/events", "-N"),
                stdout=subprocess.PIPE, text=True) as stream:
            kinds = []
            for line in stream.stdout:
                if not line.startswith("data: "):
                    continue
                event = json.loads(line.removeprefix("data: "))
                kinds.append(event["kind"])
                if event["kind"] == "decision_asked":
                    answer = post(node, "decisions/" + event["id"],
                                  {"answer": "approve"})
                    self.assertEqual(answer.status, 200)
        self.assertEqual(stream.returncode, 0)
        self.assertEqual(kinds[-1], "end")
        self.assertEqual(kinds.count("decision_answered"), 1)

    def test_what_fails_is_tried_again_and_what_runs_is_cancelled(self):
        node = Node(self)
        task = {"agent": "shell", "retries": 0,
                "input": {"command": "test -e " + node.path("there")}}
        run = post(node, "tasks", [task]).json["run"]
        self.assertEqual(end_of(node, run)["state"], "failed")
        with open(node.path("there"), "w", encoding="utf-8"):
            pass
        self.assertEqual(post(node, f"runs/{run}/retry").status, 200)
        self.assertEqual(end_of(node, run)["state"], "completed")
        run = curl(node, "runs", body=ASKS, form="application/yaml")
        run = run.json["run"]
        self.assertEqual(post(node, f"runs/{run}/cancel").status, 200)
        self.assertEqual(end_of(node, run)["state"], "cancelled")
        late = post(node, f"runs/{run}/pause")
        self.assertEqual((late.status, late.json["code"]),
                         (409, "invalid_state"))

    def test_what_is_wrong_or_too_much_is_refused_in_words(self):
        node = Node(self, NARROW)
        bad = curl(node, "runs", body="workflow: w\nsteps:\n  a: {agnt: x}\n",
                   form="application/yaml")
        self.assertEqual(bad.status, 422)
        self.assertEqual(bad.headers["content-type"],
                         "application/problem+json")
        self.assertEqual(bad.json["problems"][0]["line"], 3)
        unknown = "runs/0190a1b2-0000-7000-8000-000000000000"
        self.assertEqual(curl(node, unknown).json["code"], "not_found")
        packed = subprocess.run(
            curl_command(node, "openapi.json", "--compressed", "-D-"),
            capture_output=True, check=True)
        packed = Said(packed.stdout.decode())
        self.assertEqual(packed.headers["content-encoding"], "gzip")
        self.assertTrue(packed.json["openapi"].startswith("3.1"))
        naps = [{"agent": "sleep", "input": {"seconds": 3600}}] * 4
        for _ in range(20):
            said = post(node, "tasks", naps)
            if said.status != 201:
                break
        self.assertEqual((said.status, said.json["code"]), (429, "overloaded"))
        self.assertGreaterEqual(int(said.headers["retry-after"]), 1)


class WithFetch(unittest.TestCase):
    def test_the_same_story_is_told_to_fetch(self):
        node = Node(self)
        ran = subprocess.run([NODE, os.path.join(HERE, "story.mjs"),
                              node.address], capture_output=True, text=True,
                             input=ASKS, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)


class WithWrk(unittest.TestCase):
    def test_each_submission_that_it_was_told_of_is_a_run_once(self):
        node = Node(self)
        ran = subprocess.run(
            [WRK, "-t2", "-c8", "-d2s", "-s", os.path.join(HERE, "submit.lua"),
             node.address + "/api/v1/tasks", "--", node.path("told")],
            capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        told = set()
        for path in glob.glob(node.path("told.*")):
            with open(path, encoding="utf-8") as file:
                told.update(json.loads(x)["run"] for x in file)
        self.assertGreater(len(told), 10, ran.stdout)
        for _ in range(QUESTIONS_MAX):
            if curl(node, "status").json["live_runs"] == 0:
                break
        runs, tasks = self.all(node, "runs"), self.all(node, "tasks")
        self.assertEqual({x["state"] for x in runs}, {"completed"})
        count = collections.Counter(x["run"] for x in runs)
        self.assertEqual(set(count.values()), {1})
        self.assertLessEqual(told, set(count))
        # Each key was sent twice, and was the task's output.
        keys = collections.Counter(x["output"] for x in tasks)
        self.assertEqual(set(keys.values()), {1})

    def all(self, node, what):
        found, after = [], ""
        while True:
            page = curl(node, f"{what}?limit=1000{after}").json
            found += page[what]
            if not page.get("next"):
                return found
            after = "&after=" + page["next"]


if __name__ == "__main__":
    unittest.main()
