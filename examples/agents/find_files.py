#!/usr/bin/env python3
"""Lists the files of a folder that end like this, in order of their names."""

import json
import os
import sys

what = json.load(sys.stdin)["input"]
json.dump(sorted(os.path.join(what["folder"], x)
                 for x in os.listdir(what["folder"])
                 if x.endswith(what["ending"])), sys.stdout)
