"""A program with <troupe/client.hpp> and nothing else, and an installed node.

Usage: elsewhere_test.py TROUPE ASK_A_NODE WORKFLOW
"""

import os
import re
import subprocess
import sys
import tempfile


def main(troupe, ask_a_node, workflow):
    with tempfile.TemporaryDirectory() as here:
        config = os.path.join(here, "node.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("agents: {echo: {kind: echo}}\n")
        with subprocess.Popen(
                [troupe, "node", "--data", os.path.join(here, "data"),
                 "--listen", "127.0.0.1:0", "--config", config],
                stdout=subprocess.PIPE, text=True) as node:
            try:
                ready = node.stdout.readline()
                address = re.search(r"http://127\.0\.0\.1:\d+", ready).group()
                said = [ask(ask_a_node, address, workflow),
                        ask(ask_a_node, "unix:" + here + "/data/troupe.sock",
                            workflow)]
                bad = ask(ask_a_node, address, config)
            finally:
                node.kill()
    for x in said:
        assert x.returncode == 0, x
        assert x.stdout == 'completed {"say":["agreed"]}\n', x
        assert "decision_asked" in x.stderr, x
    assert bad.returncode == 1 and "line 1" in bad.stderr, bad


def ask(program, node, workflow):
    return subprocess.run([program, node, workflow], capture_output=True,
                          text=True, timeout=50, check=False)


main(*sys.argv[1:])
