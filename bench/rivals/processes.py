"""What processes cost: CPU seconds and memory of everything this one started,
and how much of the machine others took meanwhile."""

import os
import signal
import threading

TICKS = os.sysconf("SC_CLK_TCK")


def stat_of(pid):
    """Fields of /proc/PID/stat from the state on; None: it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii",
                  errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def descendants(of=None):
    """{pid: its stat} of everything below, without the dead."""
    children = {}
    for name in os.listdir("/proc"):
        stat = stat_of(name) if name.isdigit() else None
        if stat:
            children.setdefault(int(stat[1]), []).append((int(name), stat))
    found, todo = {}, [of or os.getpid()]
    while todo:
        for pid, stat in children.get(todo.pop(), []):
            todo.append(pid)
            if stat[0] != "Z":
                found[pid] = stat
    return found


def cpu_seconds():
    """User and system time of everything below, with its ended children."""
    return sum(sum(map(int, stat[11:15]))
               for stat in descendants().values()) / TICKS


def memory_mb():
    """Proportional set sizes, so that shared buffers count once."""
    kib = 0
    for pid in descendants():
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                kib += sum(int(line.split()[1]) for line in file
                           if line.startswith("Pss:"))
        except OSError:
            pass  # Gone meanwhile.
    return kib / 1024


def busy_seconds():
    """CPU seconds of the whole machine that were not idle."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(x) for x in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def kill_tree(process):
    """kill -9 of a Popen and all below it."""
    pids = [process.pid, *descendants(process.pid)]
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


class MemoryWatch:
    """The most that everything below took. Seldom enough to cost nothing."""

    SECONDS_BETWEEN = 0.5

    def __init__(self):
        self.peak_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def look(self):
        self.peak_mb = max(self.peak_mb, memory_mb())

    def _run(self):
        while not self._stop.wait(self.SECONDS_BETWEEN):
            self.look()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
