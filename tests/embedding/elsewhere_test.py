"""A program with <troupe/client.hpp> and nothing else, and installed nodes.

Usage: elsewhere_test.py TROUPE ASK_A_NODE WORKFLOW
"""

import os
import re
import subprocess
import sys
import tempfile

TROUPE, ASK_A_NODE, WORKFLOW = sys.argv[1:]
WAITS = "workflow: waits\nsteps:\n  go: {signal: go}\n"


class Node:
    """`troupe node`, which can be killed and started again at its port."""

    def __init__(self, folder):
        self.folder = folder
        self.config = self.file("node.yaml", "agents: {echo: {kind: echo}}\n")
        self.start("127.0.0.1:0")

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, listen):
        self.process = subprocess.Popen(
            [TROUPE, "node", "--data", os.path.join(self.folder, "data"),
             "--listen", listen, "--config", self.config],
            stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        self.address = re.search(r"http://127\.0\.0\.1:\d+", ready).group()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def ask(node, workflow):
    return subprocess.run([ASK_A_NODE, node, workflow], capture_output=True,
                          text=True, timeout=50, check=False)


def check_a_story(node):
    for address in (node.address, f"unix:{node.folder}/data/troupe.sock"):
        said = ask(address, WORKFLOW)
        assert said.returncode == 0, said
        assert said.stdout == 'completed {"say":["agreed"]}\n', said
        assert "decision_asked" in said.stderr, said
    bad = ask(node.address, node.config)
    assert bad.returncode == 1 and "line 1" in bad.stderr, bad


def check_a_kill(node):
    """In the middle of a stream; the program is told of all, once."""
    with subprocess.Popen(
            [ASK_A_NODE, node.address, node.file("waits.yaml", WAITS)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True) as asking:
        told = [asking.stderr.readline() for _ in range(3)]
        node.kill()
        node.start(node.address.removeprefix("http://"))
        subprocess.run([TROUPE, "signal", "@latest", "go", "--node",
                        node.address], check=True, stdout=subprocess.DEVNULL)
        out, rest = asking.communicate(timeout=50)
    assert asking.returncode == 0 and out.startswith("completed "), (out, rest)
    told += rest.splitlines(keepends=True)
    assert len(told) == len(set(told)), told
    assert told[-1].startswith("end"), told


def main():
    with tempfile.TemporaryDirectory(prefix="troupe-elsewhere-") as folder:
        node = Node(folder)
        try:
            check_a_story(node)
            check_a_kill(node)
        finally:
            node.kill()


main()
