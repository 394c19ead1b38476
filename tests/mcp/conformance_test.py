#!/usr/bin/env python3
"""The official conformance suite's requirement set of one revision.

Usage: conformance_test.py PROGRAM SUITE REVISION
"""

import re
import sys
import tempfile

from node import Node, run, tool_of


def main():
    program, suite, revision = sys.argv[1:]
    script = tool_of(suite, "@modelcontextprotocol", "conformance", "dist",
                     "index.js")
    with Node(program, "--conformance-fixtures") as node, \
            tempfile.TemporaryDirectory() as results:
        did = run([*script, "server", "--url", node.mcp, "--requirements",
                   revision, "-o", results])
    print(did.stdout, did.stderr)
    if did.returncode != 0:
        sys.exit(f"the suite ended with {did.returncode}")
    # An empty run would be a good one, too.
    if not re.search(r"\b[1-9]\d* passed", did.stdout):
        sys.exit("the suite did not say that anything passed")


if __name__ == "__main__":
    main()
