"""Writes what was measured into docs/benchmarks.md and README.md, between two
marks, and draws the chart. What is outside of the marks stays as it is.

Usage: page.py LINES ROOT
"""

import os
import shutil
import sys

import chart
from rivals import DURABLE, NAMES, RIVALS, SETTINGS, plain
from summary import Summary, number, spread, times

BEGIN = "<!-- measured: ./dev bench writes from here -->"
END = "<!-- measured: to here -->"
KEPT = os.path.join("bench", "rivals", "measured.jsonl")
NOTHING = "Not measured for this version yet: `./dev bench --page` does it."


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def not_measured(who, why, columns):
    return [NAMES[who], f"not measured: {why}", *[""] * (columns - 2)]


def ratio(summary, what, who, key, smaller_is_better):
    """Of Troupe in process to `who`."""
    ours = summary.median(what, "troupe", key)
    theirs = summary.median(what, who, key)
    if who.startswith("troupe") or not ours or not theirs:
        return ""
    return times(theirs / ours if smaller_is_better else ours / theirs)


def rows_of(summary, what, columns, row):
    """One for each who belongs there, or why there is none."""
    for who in NAMES:
        if who == "troupe-http" and not summary.sizes(what, who):
            continue
        why = summary.error(what, who)
        yield not_measured(who, why, columns) if why else row(who)


def throughput(summary):
    what = "throughput"

    def row(who):
        n = summary.sizes(what, who)[-1]
        cpu = summary.values(what, who, "cpu_s")
        memory = summary.median(what, who, "memory_mb")
        return [NAMES[who], DURABLE[who], number(n),
                spread(summary.values(what, who, "per_s")),
                ratio(summary, what, who, "per_s", False),
                number(sum(cpu) / len(cpu) / n * 1e6) if cpu else "-",
                number(memory) if memory else "-"]

    heads = ["tasks that do nothing", "durable where", "tasks", "tasks/s",
             "Troupe in process is", "CPU µs a task", "peak MB"]
    return table(heads, rows_of(summary, what, len(heads), row))


def latency(summary):
    what = "latency"

    def row(who):
        return [NAMES[who], *[spread(summary.values(what, who, key))
                              for key in ("p50_ms", "p99_ms")],
                ratio(summary, what, who, "p50_ms", True)]

    heads = ["one task, from submission to its visible end", "p50 ms",
             "p99 ms", "Troupe in process is"]
    return table(heads, rows_of(summary, what, len(heads), row))


def dag(summary):
    what = "dag"

    def row(who):
        return [NAMES[who], number(summary.sizes(what, who)[-1]),
                spread(summary.values(what, who, "per_s")),
                ratio(summary, what, who, "per_s", False)]

    heads = ["workflows of ten steps, 1-8-1", "workflows", "workflows/s",
             "Troupe in process is"]
    return table(heads, rows_of(summary, what, len(heads), row))


def recovery(summary):
    what = "recovery"

    def row(who):
        n = summary.sizes(what, who)[-1]
        rounds = summary.rounds(what, who, n)
        done = summary.values(what, who, "all_done_s")
        waited = max(x.get("waited_s", 0) for x in rounds)
        return [NAMES[who],
                spread(summary.values(what, who, "first_progress_s")),
                spread(done) if len(done) == len(rounds)
                else f"not within {waited}",
                spread(summary.values(what, who, "stranded")),
                spread(summary.values(what, who, "again"))]

    heads = ["kill -9 in the middle of 10,000 tasks of 1 ms",
             "first progress s", "all done s", "not done by then",
             "done twice"]
    return table(heads, rows_of(summary, what, len(heads), row))


def backlog(summary):
    what = "backlog"
    sizes = sorted({n for who in NAMES for n in summary.sizes(what, who)})
    able = [who for who in NAMES if summary.sizes(what, who)]
    rows = []
    for who in able:
        cells = (summary.values(what, who, "per_s", n) for n in sizes)
        rows.append([NAMES[who], *(spread(x) for x in cells)])
    return table(["tasks/s while a backlog drains",
                  *(f"of {number(n)}" for n in sizes)], rows)


def over_http(summary):
    def cell(what, key):
        return spread(summary.values(what, "troupe-http", key))

    rows = [
        ["tasks/s, in batches of 500", cell("throughput", "per_s"), "50,000"],
        ["submissions/s of single tasks, 16 connections",
         cell("throughput", "single_submissions_per_s"), "20,000"],
        ["one task to its end, p50 ms", cell("latency", "p50_ms"), "0.6"],
        ["one task to its end, p99 ms", cell("latency", "p99_ms"), "2"],
        *[[f"{what} beside 1,000,000 stored tasks, p99 ms",
           cell("stored", what + "_p99_ms"), "5"]
          for what in ("status", "cancel", "retry")],
    ]
    return table(["Troupe over HTTP", "measured", "target"], rows)


def limits(summary):
    what = ("limits", "machine")
    rows = [[name, spread(summary.values(*what, key))] for name, key in (
        ("4 KB appended and synced, a second", "syncs_per_s"),
        ("commits of one row, SQLite FULL, a second", "commits_per_s"),
        ("rows, 1,000 to a commit, SQLite FULL, a second", "rows_per_s"))]
    return table(["what the machine can do", "measured"], rows)


def conditions(summary):
    m, v = summary.context["machine"], summary.context["versions"]
    rounds = summary.most_rounds()
    text = (f"Measured {m['date']} on {m['cores']} cores of {m['cpu']}, "
            f"{m['memory_gb']} GB, Linux {m['kernel']}, in one go: everybody "
            f"takes turns, each time with a server of its own, started anew, "
            f"on this machine. Medians of {rounds} rounds, least and most in "
            f"brackets. PostgreSQL {v['PostgreSQL']}, Redis {v['Redis']}, "
            f"Node {v['Node']}.")
    versions = [f"{plain(who)} {v[who]}" for who in RIVALS]
    return text + "\n\nVersions: " + ", ".join(versions) + "."


def settings():
    return "\n".join(f"- {NAMES[who]}: {SETTINGS[who]}." for who in NAMES)


def section(summary):
    """For docs/benchmarks.md."""
    return "\n\n".join([
        conditions(summary), "![The table as bars](benchmarks.svg)",
        throughput(summary), latency(summary), dag(summary),
        recovery(summary), backlog(summary), over_http(summary),
        limits(summary), "The settings, the best that we found for each:",
        settings()])


def short(summary):
    """For README.md."""
    def cell(what, who, key):
        if summary.error(what, who):
            return "-"
        x = summary.median(what, who, key)
        return "-" if x is None else number(x)

    rows = [[NAMES[who], cell("throughput", who, "per_s"),
             cell("latency", who, "p50_ms"), cell("dag", who, "per_s"),
             cell("recovery", who, "first_progress_s"),
             cell("recovery", who, "again")] for who in NAMES]
    return table(["on one machine, in one go", "durable tasks/s",
                  "one task, p50 ms", "workflows 1-8-1/s",
                  "s from kill -9 to progress", "tasks done twice"], rows) \
        + "\n\n![The table as bars](docs/benchmarks.svg)"


def put_between(text, inner, where):
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"page: {where} lacks the lines `{BEGIN}` and "
                         f"`{END}`; put them where the tables belong")
    return f"{head}{BEGIN}\n\n{inner}\n\n{END}{tail}"


def rewritten(root, lines):
    """{path: its new text} of all that is made of measurements."""
    inner = {os.path.join("docs", "benchmarks.md"): NOTHING,
             "README.md": NOTHING}
    pages = {}
    if os.path.exists(lines):
        summary = Summary.read(lines)
        inner = {os.path.join("docs", "benchmarks.md"): section(summary),
                 "README.md": short(summary)}
        pages[os.path.join("docs", "benchmarks.svg")] = chart.draw(summary)
    for path, text in inner.items():
        with open(os.path.join(root, path), encoding="utf-8") as file:
            pages[path] = put_between(file.read(), text, path)
    return pages


def write(lines, root):
    pages = rewritten(root, lines)
    kept = os.path.join(root, KEPT)
    if os.path.exists(lines) \
            and os.path.abspath(lines) != os.path.abspath(kept):
        shutil.copyfile(lines, kept)
    for path, text in pages.items():
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(text)


def in_words(line):
    """One measurement, while it goes on."""
    head = f"{line['what']} {line['who']} {line['n'] or ''}:"
    if "error" in line:
        return f"{head} {line['error']}"
    figures = (f"{key} {value:.4g}" for key, value in line.items()
               if isinstance(value, (int, float)) and key != "n")
    return f"{head} {', '.join(figures)}"


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2])
