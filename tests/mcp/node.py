"""A node as a process, and the programs of npm that are pointed at it."""

import os
import re
import subprocess
import sys
import tempfile

SKIPPED = 77  # ctest's word for a test that could not be run.
SECONDS_MAX = 110  # Of one program: less than ctest waits for the whole test.


class Node:
    """`troupe node` on a free port, with a data directory of its own."""

    def __init__(self, program, *args, config=None):
        self._folder = tempfile.TemporaryDirectory(prefix="troupe-mcp-")
        self.data = os.path.join(self._folder.name, "data")
        command = [program, "node", "--listen", "127.0.0.1:0", "--data",
                   self.data, *args]
        if config:
            path = os.path.join(self._folder.name, "node.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            command += ["--config", path]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                         text=True)
        ready = self._process.stdout.readline()
        found = re.search(r"http://[\d.]+:\d+", ready)
        if not found:
            self.end()
            sys.exit(f"the node did not start: {ready}")
        self.address = found.group(0)

    @property
    def mcp(self):
        return self.address + "/mcp"

    def end(self):
        self._process.terminate()
        code = self._process.wait()
        self._folder.cleanup()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def tool_of(suite, *path):
    """The node.js of the suite and a script in it; skips where it is not
    installed, which ./dev test does."""
    runtime = os.path.join(suite, "node_modules", ".bin", "node")
    script = os.path.join(suite, "node_modules", *path)
    if not os.path.exists(runtime) or not os.path.exists(script):
        print(f"not installed in {suite}; ./dev test does that")
        sys.exit(SKIPPED)
    return [runtime, script]


def run(command):
    return subprocess.run(command, capture_output=True, text=True,
                          timeout=SECONDS_MAX, check=False)
