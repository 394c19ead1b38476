#!/usr/bin/env python3
# A long-lived agent: run it with PYTHONPATH=sdk/python, see configs/agents.yaml.
from troupe_agent import run


def work(task):
    task.log(f"looking at {len(task.input)} characters")
    return max(task.input.split(), key=len, default="")


run(work, capabilities=["text.longest"])
