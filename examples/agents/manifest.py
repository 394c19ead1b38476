#!/usr/bin/env python3
"""Writes SHA256SUMS of what was packed, as `sha256sum -c` reads it."""

import json
import os
import sys

what = json.load(sys.stdin)["input"]
file = os.path.join(what["out"], "SHA256SUMS")
with open(file, "w", encoding="utf-8") as out:
    for x in what["files"]:
        out.write(f"{x['sha256']}  {x['name']}\n")
json.dump({"file": file, "files": len(what["files"]),
           "bytes": sum(x["bytes"] for x in what["files"]),
           "packed": sum(x["packed"] for x in what["files"])}, sys.stdout)
