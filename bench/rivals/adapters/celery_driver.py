"""celery_driver.py WORKLOAD N: what driver.mjs is for the others.

Broker and results in one Redis; two worker processes of its own.
"""
import json
import os
import subprocess
import sys
import time

from celery import Celery, chain, chord, group
import redis

PORT = int(os.environ["REDIS_PORT"])
WARM_UPS = 50

app = Celery("celery_driver", broker=f"redis://127.0.0.1:{PORT}/0",
             backend=f"redis://127.0.0.1:{PORT}/1")
app.conf.update(worker_prefetch_multiplier=64, task_serializer="json",
                worker_send_task_events=False, task_ignore_result=False)


@app.task(name="nothing")
def nothing(_=0):
    return 1


@app.task(name="join")
def join(_=None):
    return 1


@app.task(name="millisecond")
def millisecond(number):
    with open(os.environ["EXECUTED"], "a", encoding="utf-8") as log:
        log.write(f"{number}\n")
    time.sleep(0.001)
    return 1


def say(event, **what):
    print(json.dumps({"event": event, **what}), flush=True)


def start_worker():
    here = os.path.dirname(os.path.abspath(__file__))
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "celery_driver", "worker",
         "-P", "prefork", "-c", "2", "-l", "CRITICAL", "--without-gossip",
         "--without-mingle", "--without-heartbeat"],
        cwd=here, env=dict(os.environ, C_FORCE_ROOT="1"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def results():
    return redis.Redis(port=PORT, db=1)


def submit(n, task):
    with app.producer_or_acquire() as producer:
        for number in range(n):
            task.apply_async((number,), producer=producer)


def wait_for_results(n):
    store = results()
    while store.dbsize() < n:
        time.sleep(0.005)


def throughput(n):
    submit(n, nothing)
    wait_for_results(n)


def latency(n):
    ms = []
    for number in range(n):
        begin = time.perf_counter()
        nothing.delay(number).get()
        ms.append((time.perf_counter() - begin) * 1000)
    ms.sort()
    return {"p50_ms": ms[n // 2], "p99_ms": ms[n * 99 // 100]}


def dag(n):
    runs = [chain(nothing.si(0), chord(group(nothing.si(k) for k in range(8)),
                                       join.s())).apply_async()
            for _ in range(n)]
    for run in runs:
        run.get(timeout=170)


def timed(workload, n):
    """With a worker that has answered already."""
    worker = start_worker()
    for number in range(WARM_UPS):
        nothing.delay(number).get(timeout=30)
    results().flushdb()
    say("begin")
    begin = time.perf_counter()
    figures = globals()[workload](n) or {}
    seconds = time.perf_counter() - begin
    say("end", seconds=seconds, per_s=n / seconds, **figures)
    worker.terminate()
    worker.wait(8)


def main(workload, n):
    if workload == "recovery-submit":
        submit(n, millisecond)
        say("end")
    elif workload == "recovery-work":
        worker = start_worker()
        say("begin")
        worker.wait()
    else:
        timed(workload, n)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
