"""The sample registry as a server on loopback, and as the object by which the demo and tests steer it."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from config.sample_registry import misbehaviour
from config.sample_registry.answers import BASE, Answers
from config.sample_registry.changes import Changer
from config.sample_registry.misbehaviour import Misbehaviour, Misbehaviours, Reply
from config.sample_registry.world import BEGINNING, Study, World, load

REMEMBERED = 20_000


@dataclass(frozen=True)
class Asked:
    """One request. `at` is time.monotonic(), for tests of pace."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]
    at: float


class SampleRegistry:
    """`with SampleRegistry() as registry:` serves on a free port until the end of the block.

    Its date is fixed (Nov 20, 2026; set `today` to move it) unless a clock is given. Every change of data moves
    `data_timestamp`; a study that stops recruiting loses its contacts and site statuses, as in the real registry.
    """

    def __init__(
        self,
        studies: Iterable[Study] | None = None,
        *,
        change_every: float = 0,
        state: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._now = BEGINNING
        self.world = World(load() if studies is None else list(studies), clock or (lambda: self._now))
        self.misbehaviours = Misbehaviours()
        self.requests: list[Asked] = []
        self.changer = Changer(self.world, every=change_every, state=state)
        self._server = _Server((host, port), _Handler)
        self._server.registry = self
        self._server.answers = Answers(self.world, self.misbehaviours)
        self.host, self.port = host, int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}{BASE}"

    @property
    def data_timestamp(self) -> str:
        return self.world.data_timestamp.strftime("%Y-%m-%dT%H:%M:%S")

    @property
    def today(self) -> date:
        return self.world.today

    @today.setter
    def today(self, day: date) -> None:
        """Moves a fixed clock to that day's release, 09:00:04; the data version moves with the next change."""
        self._now = BEGINNING.replace(year=day.year, month=day.month, day=day.day)

    def study(self, nct_id: str) -> Study:
        return self.world.study(nct_id)

    def edit(self, nct_id: str, change: Callable[[Study], Study | None], *, quietly: bool = False) -> None:
        """`change` edits the dict it gets, or returns another. Quietly: content moves, lastUpdatePostDate does not."""
        self.world.edit(nct_id, change, quietly=quietly)

    def add(self, study: Study) -> None:
        self.world.add(study)

    def remove(self, nct_id: str) -> None:
        self.world.remove(nct_id)

    def merge(self, nct_id: str, into: str) -> None:
        self.world.merge(nct_id, into)

    def publish(self) -> None:
        """A new data version without any change, as on a quiet day."""
        self.world.publish()

    def remember(self, asked: Asked) -> None:
        self.requests.append(asked)
        # A demo that runs for weeks keeps the later half.
        if len(self.requests) > REMEMBERED:
            del self.requests[: REMEMBERED // 2]

    def misbehave(self, name: str, times: int | None = None, **options: Any) -> None:
        """See the table in the package's docstring. Without `times`, until `behave()`."""
        self.misbehaviours.add(name, times, options)
        if name in misbehaviour.DATA:
            self.world.publish()

    def behave(self) -> None:
        data_was_wrong = bool(self.misbehaviours.of_data())
        self.misbehaviours.clear()
        if data_was_wrong:
            self.world.publish()

    def start(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.changer.start()
        return self

    def stop(self) -> None:
        self.changer.stop()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client that hangs must not hold up the end of a test.
    block_on_close = False
    registry: SampleRegistry
    answers: Answers


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "sample-registry"
    sys_version = ""
    # A client that keeps its connection open and says nothing frees its thread at last.
    timeout = 60

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        params = dict(parse_qsl(asked.query, keep_blank_values=True))
        registry = self.server.registry
        registry.remember(Asked(asked.path, params, dict(self.headers.items()), time.monotonic()))
        fault = registry.misbehaviours.take(
            misbehaviour.ANSWERS_ANYWHERE | misbehaviour.ANSWERS_TO_LISTS, _endpoint(asked.path)
        )
        try:
            if fault and fault.name == "huge_body":
                self._stream(fault)
            else:
                self._answer(self.server.answers.answer(asked.path, params), fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self, reply: Reply, fault: Misbehaviour | None) -> None:
        if fault and fault.name == "connection_reset":
            self._reset(reply, fault.options.get("after", 0))
            return
        if fault and fault.name in misbehaviour.SPOILS:
            reply = misbehaviour.spoil(fault, reply)
        elif len(reply.body) > 1000 and "gzip" in self.headers.get("Accept-Encoding", ""):
            reply = Reply(reply.status, gzip.compress(reply.body, 1), reply.content_type, dict(reply.headers))
            reply.headers["Content-Encoding"] = "gzip"
        self._head(reply)
        slowly = fault is not None and fault.name == "slow_drip"
        for part in misbehaviour.drip(reply.body, fault.options) if fault and slowly else [reply.body]:
            self.wfile.write(part)
            self.wfile.flush()

    def _head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        length = reply.headers.pop("Content-Length", str(len(reply.body)))
        self.send_header("Content-Length", length)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        # A body shorter than promised only shows once the connection ends.
        self.close_connection = self.close_connection or int(length) != len(reply.body)

    def _reset(self, reply: Reply, after: int) -> None:
        if after:
            self._head(reply)
            self.wfile.write(reply.body[:after])
            self.wfile.flush()
        misbehaviour.reset(self.connection)
        self.close_connection = True

    def _stream(self, fault: Misbehaviour) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if fault.options.get("gzip"):
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in misbehaviour.endless_study(fault.options):
            self.wfile.write(chunk)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the demo's terminal and the tests' output are for others."""


def _endpoint(path: str) -> str:
    if path == f"{BASE}/version":
        return "version"
    if path == f"{BASE}/studies":
        return "studies"
    return "study" if path.startswith(f"{BASE}/studies/") else "other"


def wall_clock() -> datetime:
    return datetime.now(UTC)
