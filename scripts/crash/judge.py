#!/usr/bin/env python3
"""Judges what a crash harness has recorded: judge.py DIRECTORY

Knows nothing of the node but what clients were told (history.jsonl), what
agents did (deeds) and how it all ended (final.jsonl). Says what is wrong, a line
each; its exit code is 1 if there is anything.
"""

import json
import os
import sys

ENDED = {"completed", "failed", "cancelled"}


def lines_of(path):
    with open(path) as lines:
        return [json.loads(x) for x in lines]


class Judge:
    def __init__(self, where):
        self.history = lines_of(os.path.join(where, "history.jsonl"))
        self.final = {x["run"]["run"]: x
                      for x in lines_of(os.path.join(where, "final.jsonl"))}
        with open(os.path.join(where, "deeds")) as lines:
            self.deeds = [x.split() for x in lines if x.count(" ") == 4]
        self.wrong = []

    def find(self, what):
        self.wrong.append(what)

    # -- acknowledged is durable

    def submissions(self):
        """Every accepted run exists; a key has one run, whoever asks."""
        runs = {}
        for x in self.history:
            if x["op"] != "submit" or x["result"] != "ok":
                continue
            run = x["value"]["run"]
            if runs.setdefault(x["key"], run) != run:
                self.find(f"key {x['key']} made {runs[x['key']]} and {run}")
            if run not in self.final:
                self.find(f"run {run} was acknowledged and is gone")
        # A key that never got an answer may have made one run, not two.
        made = {}
        for run, x in self.final.items():
            key = x["run"].get("idempotency_key")
            if key in made:
                self.find(f"key {key} made {made[key]} and {run}")
            made[key] = run
        return len(runs)

    def refusals(self):
        """What was refused for good is not there."""
        refused = {x["key"] for x in self.history
                   if x["op"] == "submit" and x["result"] == "fail"}
        for run, x in self.final.items():
            if x["run"].get("idempotency_key") in refused:
                self.find(f"run {run} was refused and is there")

    def commands(self):
        """An acknowledged command is in the history; none is there twice."""
        sure, unsure = {}, {}
        for x in self.history:
            if x["op"] in ("cancel", "signal", "pause", "resume"):
                run = x["path"].split("/")[4]
                if x["result"] == "fail":
                    continue  # Nothing happened.
                to = sure if x["result"] == "ok" else unsure
                to.setdefault((run, x["op"]), set()).add(x["key"])
        for run, op in set(sure) | set(unsure):
            if run not in self.final:
                continue  # Said by `submissions`.
            least = sure.get((run, op), set())
            most = least | unsure.get((run, op), set())
            count = sum(x["kind"] == "command"
                        and str(x.get("detail", "")).startswith(op + " ")
                        for x in self.final[run]["history"])
            if op == "cancel":  # Asked twice is asked once.
                least = set(list(least)[:1])
            if not len(least) <= count <= len(most):
                self.find(f"{op} of {run} happened {count} times; asked for "
                          f"and acknowledged {len(least)}, in doubt "
                          f"{len(most) - len(least)}")

    def looks(self):
        """What a client has seen ended stays as it was seen."""
        for x in self.history:
            if x["op"] != "look" or x["result"] != "ok":
                continue
            seen, run = x["value"]["state"], x["value"]["run"]
            if run not in self.final:
                self.find(f"run {run} was seen and is gone")
                continue
            now = self.final[run]["run"]["state"]
            if seen in ENDED and seen != now:
                self.find(f"run {run} was seen {seen} and is {now}")

    # -- every run ends, every task once

    def ends(self):
        for run, x in self.final.items():
            if x["run"]["state"] not in ENDED:
                self.find(f"run {run} is {x['run']['state']} for ever: "
                          + json.dumps(x["run"]["counts"]))
            for t in x["tasks"]:
                if x["run"]["state"] in ENDED \
                        and t["state"] not in ENDED | {"skipped"}:
                    self.find(f"task {t['task']} is {t['state']} in an ended run")

    def facts(self):
        """History is dense, and no task begins after its end."""
        tasks = 0
        for run, x in self.final.items():
            ended = {}
            last = -1
            for fact in x["history"]:
                if fact["seq"] <= last:
                    self.find(f"history of {run} goes back at {fact['seq']}")
                last = fact["seq"]
                task = fact["id"]
                if fact["kind"] == "task_ended":
                    if task in ended:
                        self.find(f"task {task} ended twice")
                    ended[task] = fact["seq"]
                elif fact["kind"] in ("task_started", "task_queued") \
                        and task in ended:
                    self.find(f"task {task} goes on after its end")
            tasks += len(x["tasks"])
            for t in x["tasks"]:
                if t["state"] in ENDED | {"skipped"} and t["task"] not in ended:
                    self.find(f"the end of task {t['task']} is not in the history")
        return tasks

    # -- what agents really did

    def effects(self):
        """Says how many deeds were done again: they were in flight."""
        begun, done = {}, {}
        for what, task, attempt, _, at in self.deeds:
            if what == "begin":
                begun.setdefault(task, []).append((int(attempt), int(at)))
            else:
                done.setdefault(task, set()).add(int(attempt))
        again = 0
        for x in self.final.values():
            for t in x["tasks"]:
                if t["task"] not in begun:
                    if t["state"] == "completed" and t.get("type") == "test":
                        self.find(f"task {t['task']} completed and never ran")
                    continue
                tokens = [n for n, _ in begun[t["task"]]]
                if len(set(tokens)) != len(tokens):
                    self.find(f"task {t['task']} ran twice with one token")
                if t["state"] == "completed":
                    ended = done.get(t["task"], set())
                    planned = (t.get("input") or {}).get("fail", 0)
                    again += max(0, len(ended) - 1 - planned)
                    self.completed(t, begun[t["task"]], ended)
        return again

    def completed(self, t, begun, done):
        said = (t.get("output") or {}).get("task")
        if said != t["task"]:
            self.find(f"task {t['task']} has the output of {said}")
        if t.get("attempt") not in done:
            self.find(f"task {t['task']} completed by attempt {t.get('attempt')}"
                      ", which did not finish")
        if max(n for n, _ in begun) > t.get("attempt", 0):
            self.find(f"task {t['task']} ran again after it was completed")


def main():
    judge = Judge(sys.argv[1])
    runs = judge.submissions()
    judge.refusals()
    judge.commands()
    judge.looks()
    judge.ends()
    tasks = judge.facts()
    again = judge.effects()
    with open(os.path.join(sys.argv[1], "limits.json")) as limits:
        most = json.load(limits)["repeats_max"]
    if again > most:
        judge.find(f"{again} deeds were done again; slots and kills explain "
                   f"{most}")
    for line in judge.wrong[:50]:
        print("WRONG:", line)
    print(json.dumps({"questions": len(judge.history), "runs": runs,
                      "tasks": tasks, "deeds": len(judge.deeds),
                      "repeated_in_flight": again, "wrong": len(judge.wrong)}))
    return 1 if judge.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
