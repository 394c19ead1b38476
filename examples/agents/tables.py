#!/usr/bin/env python3
"""Works on tables. What it does is the `type` of its step: a process for each
task gets the task as one JSON object on stdin, its output goes to stdout.
Money is in cents, so that sums are exact."""

import csv
import json
import sys
from collections import defaultdict
from decimal import Decimal, InvalidOperation


def read(file):
    with open(file, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def cleaned(row):
    row = {key: value.strip() for key, value in row.items()}
    if not row["units"].isdigit() or int(row["units"]) == 0:
        raise ValueError(f"units are {row['units'] or 'missing'}")
    try:
        price = Decimal(row["price"].replace(",", ""))
    except InvalidOperation:
        raise ValueError(f"price is {row['price'] or 'missing'}") from None
    return {"order": row["order"], "customer": row["customer"].upper(),
            "product": row["product"], "units": int(row["units"]),
            "cents": int(row["units"]) * int(price * 100)}


def clean(rows):
    kept, refused = {}, []
    for line, row in enumerate(rows, start=2):
        try:
            good = cleaned(row)
            if good["order"] in kept:
                raise ValueError("was there before")
            kept[good["order"]] = good
        except ValueError as reason:
            refused.append(f"line {line}, order {row['order']}: {reason}")
    return {"rows": list(kept.values()), "refused": refused}


def join(tables):
    known = {x["customer"]: x for x in tables["customers"]}
    rows, refused = [], []
    for x in tables["orders"]:
        if x["customer"] in known:
            rows.append(x | {"country": known[x["customer"]]["country"]})
        else:
            refused.append(f"order {x['order']}: nobody knows {x['customer']}")
    return {"rows": rows, "refused": refused}


def group(what):
    groups = defaultdict(lambda: {"orders": 0, "units": 0, "cents": 0})
    for x in what["rows"]:
        one = groups[x[what["by"]]]
        one["orders"] += 1
        one["units"] += x["units"]
        one["cents"] += x["cents"]
    ranked = sorted(groups.items(), key=lambda x: (-x[1]["cents"], x[0]))
    return {"by": what["by"], "total": sum(x["cents"] for _, x in ranked),
            "rows": [{"name": name} | sums for name, sums in ranked]}


def money(cents):
    return f"{cents // 100:,}.{cents % 100:02}"


def report(what):
    text = "# Sales\n"
    for table in what["tables"]:
        text += f"\n| {table['by']} | orders | units | sales |\n" \
                "|---|--:|--:|--:|\n"
        for x in table["rows"]:
            text += f"| {x['name']} | {x['orders']} | {x['units']} " \
                    f"| {money(x['cents'])} |\n"
        text += f"| all | | | {money(table['total'])} |\n"
    text += "\nLeft out:\n\n" + "".join(
        f"- {x}\n" for some in what["refused"] for x in some)
    with open(what["file"], "w", encoding="utf-8") as out:
        out.write(text)
    return {"file": what["file"], "totals": [x["total"] for x in what["tables"]]}


task = json.load(sys.stdin)
does = {"read": read, "clean": clean, "join": join, "group": group,
        "report": report}
json.dump(does[task["type"]](task["input"]), sys.stdout)
