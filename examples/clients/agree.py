"""Has a node run a workflow, and agrees to what it asks: agree.py [NODE]

PYTHONPATH=sdk/python python3 examples/clients/agree.py http://127.0.0.1:8765
"""

import sys

from troupe_client import Client, TroupeError

WORKFLOW = """
workflow: agree
steps:
  agree: {approve: {timeout: 1h, on_timeout: reject}}
  say: {depends_on: [agree], agent: echo, input: hello}
"""


def main():
    node = Client(*sys.argv[1:2])
    try:
        run = node.submit(WORKFLOW)["run"]
    except TroupeError as why:
        sys.exit(f"{why}; {why.hint}")
    for event in node.events(run=run):
        print(event["kind"], file=sys.stderr)
        if event["kind"] == "decision_asked":
            node.approve(event["id"], "looks good")
    ended = node.wait(run)
    print(ended["state"], ended["output"]["say"])


main()
