#!/usr/bin/env python3
"""A long-lived agent: reads an access log, answers with the times of each path.
Run it with PYTHONPATH=sdk/python, see configs/languages.yaml."""

import re
from collections import defaultdict

from troupe_agent import Failed, run

LINE = re.compile(r'\S+ \[[^\]]+\] "[A-Z]+ (\S+)" \d{3} (\d+)ms$')


def work(task):
    times, left_out = defaultdict(list), 0
    try:
        with open(task.input, encoding="utf-8") as lines:
            for line in lines:
                if found := LINE.match(line):
                    times[found[1]].append(int(found[2]))
                else:
                    left_out += 1
    except FileNotFoundError as reason:
        raise Failed(str(reason), "permanent") from reason
    task.log(f"{sum(map(len, times.values()))} requests to {len(times)} paths")
    paths = sorted(times)
    return {"paths": paths, "times": [times[x] for x in paths],
            "lines_left_out": left_out}


run(work, capabilities=["log.parse"])
