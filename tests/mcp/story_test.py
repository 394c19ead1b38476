#!/usr/bin/env python3
"""A whole story, told by the official inspector to a real node: plan, start,
wait, ask why, decide, see the end and the history. Both eras, HTTP and pipe.

Usage: story_test.py PROGRAM SUITE
"""

import json
import os
import sys
import tempfile

from node import Node, run, tool_of

AGENTS = "agents:\n  echo: {kind: echo}\n"

WORKFLOW = """
workflow: release
input: {tag: {type: string}}
defaults: {agent: echo}
steps:
  build: {input: {tag: "${run.input.tag}"}}
  agree:
    depends_on: [build]
    description: Deploy it?
    approve: {timeout: 1h, on_timeout: reject}
  deploy:
    depends_on: [agree]
    input: {what: "${steps.build.output.tag}"}
"""


class Inspector:
    """Asks one thing of a server and answers with its result."""

    def __init__(self, suite, home, where):
        self._tool = tool_of(suite, "@modelcontextprotocol", "inspector",
                             "clients", "launcher", "build", "index.js")
        self._where = where
        os.environ["HOME"] = home  # It keeps a file there.

    def ask(self, era, method, *args):
        did = run([*self._tool, "--cli", *self._where, "--protocol-era", era,
                   "--method", method, *args, "--format", "json"])
        try:
            return json.loads(did.stdout)["result"]
        except (ValueError, KeyError):
            sys.exit(f"{method} {args}: {did.returncode}\n{did.stdout}"
                     f"\n{did.stderr}")

    def call(self, era, tool, **arguments):
        """A tool's value; it must not have failed."""
        got = self.ask(era, "tools/call", "--tool-name", tool,
                       "--tool-args-json", json.dumps(arguments))
        check(not got.get("isError"), f"{tool} failed: {got}")
        return got["structuredContent"]


def check(good, what):
    if not good:
        sys.exit(what)


def tell(node, suite, home, program):
    door = Inspector(suite, home, ["--server-url", node.mcp,
                                   "--transport", "http"])
    names = [x["name"] for x in door.ask("auto", "tools/list",
                                         "--strict")["tools"]]
    check("plan" in names and "test_simple_text" not in names, str(names))

    plan = door.call("modern", "plan", workflow=WORKFLOW,
                     input={"tag": "v1"})
    check("deploy" in json.dumps(plan), f"no step in the plan: {plan}")
    source = {"workflow": WORKFLOW, "input": {"tag": "v1"}}
    made = door.call("legacy", "submit", idempotency_key="once", **source)
    again = door.call("modern", "submit", idempotency_key="once", **source)
    check(made["run"] == again["run"], f"{made} and {again} differ")

    # It comes back by itself, because the inspector asks nobody.
    waits = door.call("legacy", "watch", run=made["run"])
    check(len(waits["approvals"]) == 1, f"nothing waits for a person: {waits}")
    task = waits["approvals"][0]["task"]
    why = door.call("legacy", "explain", task=task)
    check(why["waits_for"], f"it waits for nothing: {why}")
    door.call("legacy", "approve", task=task, comment="looks good")
    # Here it is a task, whose end the inspector waits for.
    ended = door.call("modern", "watch", run=made["run"])
    check(ended["state"] == "completed", f"it did not end well: {ended}")

    # The same node through the pipe.
    piped = Inspector(suite, home, [program, "mcp", "--node", node.address,
                                    "--transport", "stdio"])
    seen = piped.call("modern", "inspect", run=made["run"])
    check(seen["state"] == "completed", f"the pipe sees something else: {seen}")
    told = piped.ask("legacy", "resources/read", "--uri",
                     f"troupe://runs/{made['run']}/history")
    facts = json.loads(told["contents"][0]["text"])["facts"]
    kinds = [x["kind"] for x in facts]
    check("decision_answered" in kinds, f"no decision in the history: {kinds}")


def main():
    program, suite = sys.argv[1:]
    with Node(program, config=AGENTS) as node, \
            tempfile.TemporaryDirectory() as home:
        tell(node, suite, home, program)


if __name__ == "__main__":
    main()
