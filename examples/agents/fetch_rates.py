#!/usr/bin/env python3
"""Gets a CSV of exchange rates from a URL or a file, answers with an object."""

import csv
import io
import json
import sys
import urllib.request

source = json.load(sys.stdin)["input"]["from"]
try:
    if "://" in source:
        with urllib.request.urlopen(source, timeout=5) as answer:
            text = answer.read().decode()
    else:
        with open(source, encoding="utf-8") as file:
            text = file.read()
except OSError as reason:  # Also what urllib throws.
    print(json.dumps({"error": {"category": "network", "message":
                                f"no rates from {source}: {reason}"}}))
    sys.exit(1)
json.dump({"from": source, "rates": {
    x["currency"]: float(x["per_euro"]) for x in csv.DictReader(
        io.StringIO(text))}}, sys.stdout)
