"""How troupe_client.py asks a node: connections, when to ask again, streams.

Programs import troupe_client; this file goes beside it.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import ssl
import time
from typing import Any
from urllib.parse import quote, urlencode, urlsplit


class TroupeError(Exception):
    """What a node refused, or that it could not be asked.

    `code` is one of docs/api.md#errors; `unreachable`: nobody listens there;
    `lost`: the connection broke before the answer came. `in_doubt`: nobody
    knows whether it was done; ask again with the same key.
    """

    def __init__(self, code: str, message: str, *, status: int = 0,
                 problems: list[dict] | None = None,
                 retry_after: float | None = None,
                 request: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status  # Of HTTP; 0: there was no answer.
        self.problems = problems or []
        self.retry_after = retry_after  # Seconds.
        self.request = request  # Stands in the node's log, too.
        self.in_doubt = False

    def __str__(self) -> str:
        lines = [super().__str__()]
        for x in self.problems:
            at = f"line {x['line']}" if x.get("line") else x.get("pointer", "")
            hint = f"; {x['hint']}" if x.get("hint") else ""
            lines.append(f"  {at}: {x.get('what', '')}{hint}")
        return "\n".join(lines)

    @property
    def hint(self) -> str:
        """What to do about it; may be empty."""
        return next((x["hint"] for x in self.problems if x.get("hint")), "")

    def _is_open(self) -> bool:
        return self.code in ("lost", "unanswered", "timed_out", "restarting")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Asking:
    """What Client stands on."""

    def __init__(self, node: str = "http://127.0.0.1:8765", *,
                 token: str | None = None, ca_file: str | None = None,
                 workspace: str = "default", timeout: float = 60.0,
                 tries: int = 4, reconnects: int = 20,
                 pause: float = 0.25, pause_max: float = 5.0,
                 retry_after_max: float = 30.0,
                 silence_max: float = 60.0) -> None:
        if tries < 1:
            raise ValueError("tries is 1 at least: the first try counts")
        self.node = node
        self._headers = {"User-Agent": "troupe-python"}
        self._timeout, self._tries = timeout, tries
        self._reconnects = reconnects
        self._pause, self._pause_max = pause, pause_max
        self._retry_after_max = retry_after_max
        self._silence_max = silence_max
        self._tls: ssl.SSLContext | None = None
        url = urlsplit(node)
        if url.scheme not in ("http", "https", "unix") \
                or (url.scheme != "unix" and not url.hostname):
            raise ValueError(f"`{node}` is no address of a node; write http://"
                             "HOST:PORT, https://HOST:PORT or unix:PATH")
        self._url = url
        local = url.scheme == "unix" or url.hostname in ("localhost", "::1") \
            or str(url.hostname).startswith("127.")
        if token and url.scheme != "https" and not local:
            raise ValueError(f"the token would go to {node} for all to read on "
                             "the way; name the node with https://")
        if token and not re.fullmatch(r"[\w.-]+", token, re.ASCII):
            raise ValueError("the token is none: it has other characters")
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        if workspace != "default":
            self._headers["Troupe-Workspace"] = workspace
        if url.scheme == "https":
            self._tls = ssl.create_default_context(cafile=ca_file)

    # -- any request

    def call(self, method: str, path: str, body: Any = None, *,
             query: dict | None = None, key: str | None = None,
             repeatable: bool | None = None, waits: bool = False,
             deadline: float | None = None) -> Any:
        """Any request below /api/v1/, or of a whole path. After a lost answer
        it is asked again only with a key, or where it is `repeatable`: GET is,
        if not said otherwise. waits: for the end of work, so without a timeout
        of its own. deadline: seconds, of all tries together."""
        if repeatable is None:
            repeatable = method == "GET" or key is not None
        end = time.monotonic() + deadline if deadline else float("inf")
        most = float("inf") if waits else self._timeout
        pause = self._pause
        headers = {"Idempotency-Key": key} if key is not None else {}
        doubt = False
        for number in range(1, self._tries + 1):
            left = end - time.monotonic()
            try:
                return self._once(method, path, body, query, headers,
                                  max(0.001, min(most, left)))
            except TroupeError as why:
                doubt = doubt or why._is_open()
                why.in_doubt = doubt and method != "GET" and (
                    why._is_open() or why.code == "unreachable")
                wait = self._pause_after(why, pause, repeatable)
                if number == self._tries or wait is None \
                        or time.monotonic() + wait > end:
                    raise
            time.sleep(wait)
            pause = min(pause * 2, self._pause_max)
        raise AssertionError("tries is 1 at least")

    # -- how

    def _pause_after(self, why: TroupeError, pause: float,
                     repeatable: bool) -> float | None:
        if why.code == "overloaded":
            wanted = why.retry_after or 0.0
            return max(wanted, pause) if wanted <= self._retry_after_max \
                else None
        if why.code in ("unreachable", "stopping"):
            return pause  # It surely was not done.
        return pause if why._is_open() and repeatable else None

    def _once(self, method: str, path: str, body: Any, query: dict | None,
              headers: dict, timeout: float) -> Any:
        answer, wire = self._open(method, path, body, query, headers, timeout)
        try:
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as why:
            raise self._lost(why) from why
        finally:
            answer.close()
            wire.close()
        if text and "json" in answer.headers.get("Content-Type", ""):
            return json.loads(text)
        return text

    def _open(self, method: str, path: str, body: Any, query: dict | None,
              headers: dict, timeout: float
              ) -> tuple[http.client.HTTPResponse, socket.socket]:
        """Sends, and reads the head of a good answer; with its socket, which
        the connection may have given away."""
        target = path if path.startswith("/") else "/api/v1/" + path
        if query:
            target += "?" + urlencode({
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in given(**query).items()}, quote_via=quote)
        line = self._line(min(timeout, self._timeout))
        try:
            line.connect()
        except ssl.SSLCertVerificationError as why:
            raise TroupeError("rejected", f"no TLS with {self.node}: {why}; "
                              "ca_file names the certificate that its own is "
                              "signed with") from why
        except OSError as why:
            raise TroupeError("unreachable", f"no node answers at {self.node}"
                              "; start one with `troupe node`") from why
        wire = line.sock
        wire.settimeout(None if timeout == float("inf") else timeout)
        head = {**self._headers, **headers}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            head["Content-Type"] = "application/json"
        try:
            line.request(method, target, data, head)
            answer = line.getresponse()
            if answer.status < 300:
                return answer, wire
            text = answer.read()
        except (OSError, http.client.HTTPException) as why:
            wire.close()
            raise self._lost(why) from why
        except BaseException:
            wire.close()
            raise
        wire.close()
        raise _error_of(answer, text)

    def _line(self, timeout: float) -> http.client.HTTPConnection:
        url = self._url
        if url.scheme == "unix":
            return _UnixConnection(url.path, timeout)
        if self._tls:
            return http.client.HTTPSConnection(
                url.hostname, url.port or 8765, timeout=timeout,
                context=self._tls)
        return http.client.HTTPConnection(url.hostname, url.port or 8765,
                                          timeout=timeout)

    def _lost(self, why: Exception) -> TroupeError:
        return TroupeError("lost", f"the connection to {self.node} broke before"
                           f" the answer came: {why or type(why).__name__}")


class Events:
    """A live stream: an iterator over events. `cursor` goes on behind the last
    of them, also in another program. `close` ends it, from any thread."""

    def __init__(self, client: Asking, path: str, query: dict,
                 cursor: str) -> None:
        self.cursor = cursor
        self._client, self._path, self._query = client, path, query
        self._wire: socket.socket | None = None
        self._answer: http.client.HTTPResponse | None = None
        self._ended = False
        self._failures = 0

    def __iter__(self) -> Events:
        return self

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> dict:
        try:
            event = await asyncio.to_thread(next, self, None)
        except asyncio.CancelledError:
            self.close()  # So that the thread ends, too.
            raise
        if event is None:
            raise StopAsyncIteration
        return event

    def __next__(self) -> dict:
        while not self._ended:
            try:
                event = self._read()
            except TroupeError as why:
                self._come_again(why)
                continue
            if event["kind"] == "lost":
                self._come_again(TroupeError("lost", "the stream broke: "
                                             + event.get("why", "")))
                continue
            self._failures = 0
            self._ended = event["kind"] == "end"
            return event
        self._hang_up()
        raise StopIteration

    def close(self) -> None:
        self._ended = True
        wire = self._wire
        if wire is not None:
            try:
                wire.shutdown(socket.SHUT_RDWR)  # Wakes who reads.
            except OSError:
                pass

    def _read(self) -> dict:
        if self._answer is None:
            headers = {"Last-Event-ID": self.cursor} if self.cursor else {}
            self._answer, self._wire = self._client._open(
                "GET", self._path, None, self._query, headers,
                self._client._silence_max)
        data: list[str] = []
        while True:
            try:
                line = self._answer.readline()
            except (OSError, ValueError, http.client.HTTPException) as why:
                raise self._client._lost(why) from why
            if not line.endswith(b"\n"):
                raise TroupeError("lost", "the stream broke: it has ended")
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                self.cursor = value
            elif name == "data":
                data.append(value)
            elif not name and data and not value:
                return json.loads("\n".join(data))

    def _come_again(self, why: TroupeError) -> None:
        """After a pause; or throws, where that is of no use."""
        self._hang_up()
        if self._ended:
            return
        self._failures += 1
        pause = min(self._client._pause * 2 ** (self._failures - 1),
                    self._client._pause_max)
        wait = self._client._pause_after(why, pause, True)
        if wait is None or self._failures > self._client._reconnects:
            self._ended = True
            raise why
        time.sleep(wait)

    def _hang_up(self) -> None:
        if self._answer is not None and self._wire is not None:
            self._answer.close()
            self._wire.close()
        self._wire = self._answer = None


def given(**fields: Any) -> dict:
    """Those that are said."""
    return {name: value for name, value in fields.items() if value is not None}


def _error_of(answer: http.client.HTTPResponse, text: bytes) -> TroupeError:
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        said = {"detail": f"the node answered {answer.status} without a reason"}
    wait = answer.headers.get("Retry-After", "")
    return TroupeError(
        said.get("code", "internal"), said.get("detail") or said.get("title")
        or "", status=answer.status, problems=said.get("problems"),
        retry_after=float(wait) if wait.isdigit() else None,
        request=said.get("request"))
