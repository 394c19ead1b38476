#!/usr/bin/env python3
"""Compresses one file; answers with what a manifest needs."""

import gzip
import hashlib
import json
import os
import sys

what = json.load(sys.stdin)["input"]
with open(what["file"], "rb") as file:
    data = file.read()
# No time in it: a second try makes the same bytes.
packed = gzip.compress(data, mtime=0)
name = os.path.basename(what["file"]) + ".gz"
os.makedirs(what["out"], exist_ok=True)
part = os.path.join(what["out"], name + ".part")
with open(part, "wb") as file:
    file.write(packed)
os.replace(part, os.path.join(what["out"], name))
print(f"{len(data)} bytes became {len(packed)}", file=sys.stderr)
json.dump({"name": name, "bytes": len(data), "packed": len(packed),
           "sha256": hashlib.sha256(packed).hexdigest()}, sys.stdout)
