"""The same measurements of Troupe, by `troupe bench`."""

import json
import resource
import subprocess
import time

import processes

SECONDS_MAX = 170


class Ours:
    def __init__(self, program, where):
        self.program, self.where = program, where

    def bench(self, name, *settings):
        """What `troupe bench NAME` reports, and how disturbed it was."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy, begin = processes.busy_seconds(), time.monotonic()
        done = subprocess.run(
            [self.program, "bench", name, "--json", *map(str, settings)],
            cwd=self.where, capture_output=True, text=True, check=False,
            timeout=SECONDS_MAX)
        if done.returncode != 0:
            raise RuntimeError(f"troupe bench {name}: {done.stderr.strip()}")
        took = time.monotonic() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (after.ru_utime + after.ru_stime
               - used.ru_utime - used.ru_stime)
        others = (processes.busy_seconds() - busy - cpu) / took
        return {**json.loads(done.stdout), "other_cores": max(0, others)}

    def in_process(self, workload, n):
        """Figures under the names that rivals have."""
        if workload == "throughput":
            x = self.bench(workload, "--tasks", n)
            return {"per_s": x["tasks_per_s"], "cpu_s": x["cpu_s"],
                    "memory_mb": x["rss_mb"], "other_cores": x["other_cores"]}
        if workload == "latency":
            x = self.bench(workload, "--samples", n)
            return {name: x[name] for name in ("p50_ms", "p99_ms",
                                               "other_cores")}
        if workload == "dag":
            x = self.bench(workload, "--runs", n)
            return {"per_s": x["workflows_per_s"],
                    "other_cores": x["other_cores"]}
        if workload == "backlog":
            x = self.bench(workload, "--sizes", n)
            return {"per_s": 1e6 / x["per_task_us"][str(n)],
                    "memory_mb": x["rss_mb"],
                    "other_cores": x["other_cores"]}
        x = self.bench("recovery", "--tasks", n)
        return {"executed_at_kill": x["completed_at_kill"],
                "first_progress_s": x["first_progress_ms"] / 1000,
                "all_done_s": x["all_done_s"], "stranded": x["lost"],
                "again": x["in_flight_rerun"] + x["completed_rerun"],
                "other_cores": x["other_cores"]}

    def over_http(self, workload, n):
        if workload == "throughput":
            x = self.bench("http", "--tasks", n, "--stored", 0)
            return {"per_s": x["batched_tasks_per_s"],
                    "single_submissions_per_s": x["submissions_per_s"],
                    "single_tasks_per_s": x["single_tasks_per_s"],
                    "memory_mb": x["rss_mb"],
                    "other_cores": x["other_cores"]}
        if workload == "latency":
            x = self.bench("http", "--samples", n, "--tasks", 500,
                           "--singles", 16, "--stored", 0)
            return {**x["latency"], "other_cores": x["other_cores"]}
        x = self.bench("stored", "--tasks", n)
        return {**{f"{what}_{q}": x[what][q] for what in
                   ("status", "cancel", "retry") for q in
                   ("p50_ms", "p99_ms")},
                "memory_mb": x["rss_mb"], "other_cores": x["other_cores"]}
