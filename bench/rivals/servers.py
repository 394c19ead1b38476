"""The servers that rivals need: each in a directory of its own, on a free port
of this machine, with its best durable settings; gone with the measurement."""

import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

SECONDS_TO_START = 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port):
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 0.3).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")


class NoServer:
    """For those that need only a directory."""

    def __init__(self, where, modules):
        self.where = tempfile.mkdtemp(prefix="rival-", dir=where)
        self.modules = modules
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGTERM)
        shutil.rmtree(self.where, ignore_errors=True)

    def start(self):
        """Again after a stop: with what it has stored."""

    def launch(self, command, **more):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, **more)

    def stop(self, how):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def environment(self):
        """Where the adapter finds it."""
        return {"SQLITE_FILE": os.path.join(self.where, "checkpoints.db")}

    def completed(self, n, rival):
        """How many of n are stored as completed; None: it cannot tell."""


class Postgres(NoServer):
    """fsync and synchronous_commit are on; all other settings as usual."""

    SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB",
                "max_connections": "200", "listen_addresses": "127.0.0.1"}
    COMPLETED = {
        "graphile": "select {n} - count(*) from graphile_worker._private_jobs",
        "pgboss": "select count(*) from pgboss.job where name='bench' "
                  "and state='completed'",
        "dbos": "select count(*) from dbos.workflow_status "
                "where status='SUCCESS'",
    }

    def __enter__(self):
        self.port = free_port()
        self.programs = os.path.dirname(
            sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))[-1])
        self.prefix = []
        if os.getuid() == 0:  # It refuses to run as root.
            shutil.chown(self.where, "postgres", "postgres")
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres",
                           "--clear-groups"]
        subprocess.run(
            [*self.prefix, f"{self.programs}/initdb", "-D",
             f"{self.where}/data", "-A", "trust", "-U", "bench", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.start()
        self.ask("checkpoint")
        return self

    def start(self):
        settings = [x for name, value in self.SETTINGS.items()
                    for x in ("-c", f"{name}={value}")]
        self.launch([*self.prefix, f"{self.programs}/postgres", "-D",
                     f"{self.where}/data", "-p", str(self.port), "-k",
                     self.where, *settings], cwd="/")
        wait_for_port(self.port)
        ready = [f"{self.programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p",
                 str(self.port)]
        while subprocess.run(ready, check=False).returncode != 0:
            time.sleep(0.02)

    def environment(self):
        return {"PG_URL":
                f"postgres://bench@127.0.0.1:{self.port}/postgres"}

    def ask(self, query):
        return subprocess.run(
            [f"{self.programs}/psql", "-qAt", "-h", "127.0.0.1", "-p",
             str(self.port), "-U", "bench", "postgres", "-c", query],
            check=True, capture_output=True, text=True).stdout.strip()

    def completed(self, n, rival):
        return int(self.ask(self.COMPLETED[rival].format(n=n)))


class Redis(NoServer):
    """Every command is synced before it is answered."""

    def __enter__(self):
        self.port = free_port()
        self.start()
        return self

    def start(self):
        self.launch(["redis-server", "--port", str(self.port), "--bind",
                     "127.0.0.1", "--dir", self.where, "--maxmemory-policy",
                     "noeviction", "--appendonly", "yes", "--appendfsync",
                     "always"])
        wait_for_port(self.port)

    def environment(self):
        return {"REDIS_PORT": str(self.port)}

    def completed(self, n, rival):
        count = (["zcard", "bull:bench:completed"] if rival == "bullmq"
                 else ["-n", "1", "dbsize"])
        out = subprocess.run(["redis-cli", "-p", str(self.port), *count],
                             check=True, capture_output=True, text=True)
        return int(out.stdout)


class Restate(NoServer):
    """Its log is synced by default. One partition: the best of 1, 2, 4, 24."""

    def __enter__(self):
        self.ports = {name: free_port() for name in
                      ("INGRESS__", "ADMIN__", "", "SERVICE")}
        self.start()
        return self

    def start(self):
        binary = glob.glob(os.path.join(
            self.modules, "@restatedev/restate-server-*/bin/restate-server"))
        binds = {f"RESTATE_{name}BIND_PORT": str(self.ports[name])
                 for name in ("INGRESS__", "ADMIN__", "")}
        self.launch(
            [binary[0], "--no-logo", "--base-dir", self.where, "--node-name",
             "n1"],
            env=dict(os.environ, **binds, RESTATE_LISTEN_MODE="tcp",
                     RESTATE_DISABLE_TELEMETRY="true",
                     RESTATE_DEFAULT_NUM_PARTITIONS="1",
                     RESTATE_LOG_FILTER="error"))
        wait_for_port(self.ports["INGRESS__"])
        wait_for_port(self.ports["ADMIN__"])
        time.sleep(1)  # It listens before it serves.

    def admin(self):
        return f"http://127.0.0.1:{self.ports['ADMIN__']}"

    def environment(self):
        return {"RESTATE_INGRESS":
                f"http://127.0.0.1:{self.ports['INGRESS__']}",
                "RESTATE_ADMIN": self.admin(),
                "SERVICE_PORT": str(self.ports["SERVICE"])}

    def completed(self, n, rival):
        query = ("select count(*) c from sys_invocation where "
                 "target_service_name='bench' and status='completed'")
        request = urllib.request.Request(
            self.admin() + "/query", json.dumps({"query": query}).encode(),
            {"content-type": "application/json",
             "accept": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["rows"][0]["c"]
