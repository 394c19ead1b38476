"""A client for Troupe in Python. Standard library only, Python 3.11 or newer.

    from troupe_client import Client

    node = Client("http://127.0.0.1:8765")
    run = node.submit(open("release.yaml").read(), input={"tag": "v1"})["run"]
    for event in node.events(run=run):
        print(event["kind"])
    print(node.wait(run)["output"])

The page is docs/sdk.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from troupe_http import Asking, Events, TroupeError, given

__all__ = ["Client", "Events", "TroupeError"]

ENDED = ("completed", "failed", "cancelled")


class Client(Asking):
    """A node, over HTTP. Thread-safe. Answers are what the node says, as JSON.

    node: http://HOST:PORT, https://HOST:PORT or unix:PATH. token: a bearer
    token. ca_file: with the certificates that the node's is signed with.
    timeout: seconds, of one try. tries: in all, of what may be asked again.
    reconnects: of a stream, in a row. pause: before the second try; it doubles,
    up to pause_max. retry_after_max: an overloaded node that wants a longer
    pause refuses. silence_max: a stream without a byte for so long is broken.
    """

    # -- work

    def submit(self, workflow: str | dict | None = None, *,
               tasks: list[dict] | None = None, name: str | None = None,
               input: dict | None = None, priority: int | None = None,
               key: str | None = None) -> dict:
        """A workflow (YAML or JSON text, or a dict), a list of tasks, or the
        `name` of a registered workflow. Answers {"run", "state", "repeated"}
        when that is durable. The same `key` again is the same run."""
        source = {"definition": workflow} if isinstance(workflow, dict) \
            else {"workflow": workflow}
        body = given(**source, tasks=tasks, name=name, input=input,
                     priority=priority)
        return self._change("runs", body, key)

    def wait(self, run: str) -> dict:
        """Answers the run when it has ended, however it did."""
        found = self.run(run)
        if found["state"] not in ENDED:
            for _ in self.events(run=run, kinds="run_state"):
                pass
            found = self.run(run)
        return found

    def cancel(self, id: str, reason: str | None = None, *,
               key: str | None = None) -> dict:
        """Of a run or a task, as `retry`, `why` and `logs`."""
        return self._change(_about(id) + "/cancel", given(reason=reason), key)

    def retry(self, id: str, *, key: str | None = None) -> dict:
        return self._change(_about(id) + "/retry", None, key)

    def pause(self, run: str, *, key: str | None = None) -> dict:
        return self._change(f"runs/{_part(run)}/pause", None, key)

    def resume(self, run: str, *, key: str | None = None) -> dict:
        return self._change(f"runs/{_part(run)}/resume", None, key)

    def signal(self, run: str, name: str, payload: Any = None, *,
               key: str | None = None) -> dict:
        return self._change(f"runs/{_part(run)}/signal",
                            {"name": name, **given(payload=payload)}, key)

    def approve(self, task: str, comment: str | None = None, *,
                key: str | None = None) -> dict:
        return self._change(f"tasks/{_part(task)}/approve",
                            given(comment=comment), key)

    def reject(self, task: str, comment: str | None = None, *,
               key: str | None = None) -> dict:
        return self._change(f"tasks/{_part(task)}/reject",
                            given(comment=comment), key)

    # -- views

    def status(self) -> dict:
        return self.call("GET", "status")

    def run(self, run: str) -> dict:
        return self.call("GET", f"runs/{_part(run)}")

    def task(self, task: str) -> dict:
        return self.call("GET", f"tasks/{_part(task)}")

    def why(self, id: str) -> dict:
        return self.call("GET", _about(id) + "/why")

    def report(self, run: str) -> dict:
        return self.call("GET", f"runs/{_part(run)}/report")

    def approvals(self) -> list[dict]:
        return self.call("GET", "approvals")["decisions"]

    def agents(self) -> list[dict]:
        return self.call("GET", "agents")["agents"]

    # -- listings: iterators that ask for page after page

    def runs(self, **query: Any) -> Iterator[dict]:
        """state, name, limit (of a page), after."""
        return self.each("runs", **query)

    def tasks(self, **query: Any) -> Iterator[dict]:
        """run, state, agent, name, limit (of a page), after."""
        return self.each("tasks", **query)

    def logs(self, id: str, **query: Any) -> Iterator[dict]:
        """What the agents said so far."""
        return self.each(_about(id) + "/logs", **query)

    def history(self, run: str, **query: Any) -> Iterator[dict]:
        return self.each(f"runs/{_part(run)}/history", **query)

    def each(self, path: str, **query: Any) -> Iterator[dict]:
        """Every item of any listing."""
        while True:
            page = self.call("GET", path, query=query)
            yield from next((x for x in page.values() if isinstance(x, list)),
                            [])
            following = page.get("next")
            if not following or following == query.get("after"):
                return
            query["after"] = following

    # -- workflows and the task queue

    def register(self, workflow: str) -> dict:
        return self.call("POST", "workflows", {"workflow": workflow},
                         repeatable=True)

    def workflow(self, name: str, version: int | None = None) -> dict:
        return self.call("GET", f"workflows/{_part(name)}",
                         query=given(version=version))

    def plan(self, workflow: str, input: dict | None = None) -> dict:
        return self.call("POST", "plans", repeatable=True,
                         body=given(workflow=workflow, input=input))

    def queue_decompose(self, strategy: str, *,
                        auto_execute: bool | None = None,
                        key: str | None = None) -> dict:
        return self._change("queue/decompose", given(
            strategy_id=strategy, auto_execute=auto_execute), key)

    def queue_execute(self, max_concurrent: int | None = None, *,
                      task: str | None = None,
                      deadline: float | None = None) -> dict:
        """Answers when the pass is over. `task`: only this one."""
        return self.call("POST", "queue/execute", waits=True,
                         deadline=deadline, body=given(
                             max_concurrent=max_concurrent, task_id=task))

    def queue_status(self, **query: Any) -> dict:
        return self.call("GET", "queue", query=query)

    # -- live

    def events(self, *, run: str | None = None, after: str | None = None,
               kinds: str | None = None, task: str | None = None,
               name: str | None = None) -> Events:
        """What happens: of a run from its beginning to its end, of all runs
        from now on. An iterator, for `for` and `async for`; where the
        connection breaks, it goes on behind the last event."""
        path = f"runs/{_part(run)}/events" if run else "events"
        query = given(kinds=kinds, task=task, name=name)
        return Events(self, path, query, after or "")

    def _change(self, path: str, body: Any, key: str | None) -> dict:
        key = "python-" + secrets.token_hex(16) if key is None else key
        return self.call("POST", path, body, key=key)


def _part(text: str) -> str:
    return quote(text, safe="")


def _about(id: str) -> str:
    """The path of a run or a task: a run's id has the number 0 at its end."""
    kind = "runs" if id.replace("-", "").endswith("000000") else "tasks"
    return f"{kind}/{_part(id)}"
