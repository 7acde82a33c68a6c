"""A registry on loopback that plays a script, one step a request and the last for ever; a clock that never waits."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from trials.registry import Limits, Registry, Timepiece

CONTACT, SITE = "desk@plaintrials.example", "https://plaintrials.example"
VERSION = {"apiVersion": "2.0.5", "dataTimestamp": "2026-10-02T09:00:04"}
Step = Callable[[BaseHTTPRequestHandler], None]


# Headers with nothing after them: only who waits for the end of the headers hears them all.
LATE_HEADERS = b"Content-Type: application/json\r\nContent-Length: 0\r\nX: 123456\r\n\r\n"


def study(number: int, **status: Any) -> dict[str, Any]:
    module = {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": "2026-10-01"}, **status}
    return {
        "protocolSection": {"identificationModule": {"nctId": f"NCT{number:08d}"}, "statusModule": module},
        "hasResults": False,
    }


def numbers(studies: list[dict[str, Any]]) -> list[int]:
    """The digits of the studies' ids."""
    return [int(each["protocolSection"]["identificationModule"]["nctId"][3:]) for each in studies]


def page(*ids: int, token: str | None = None, total: int | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"studies": [study(number) for number in ids]}
    return body | ({"nextPageToken": token} if token is not None else {}) | ({"totalCount": total} if total else {})


def reply(
    body: object = VERSION, status: int = 200, kind: str = "application/json", headers: dict[str, str] | None = None
) -> Step:
    """A whole answer; bytes go out as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def step(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return step


def raw(*pieces: bytes) -> Step:
    """Bytes below HTTP, then the connection closes."""

    def step(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        for piece in pieces:
            handler.wfile.write(piece)

    return step


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or a step that resets the connection, is part of the play."""


class ScriptedRegistry:
    def __init__(self) -> None:
        self.script: list[Step] = [reply()]
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.stopping = threading.Event()
        self.drained = False  # whether a drip was listened to until its end
        self._scheme = "http"
        self._server = QuietServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                scripted.requests.append((self.path, dict(self.headers.items())))
                step = scripted.script.pop(0) if len(scripted.script) > 1 else scripted.script[0]
                with contextlib.suppress(OSError):  # the client may hang up, as it should
                    step(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def speak_tls(self, context: ssl.SSLContext) -> None:
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}/api/v2"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def drip(self, head: bytes, body: bytes, every: float = 0.05) -> Step:
        """One byte at a time: each within the read timeout, all together far too long."""

        def step(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            handler.wfile.write(head)
            for at, byte in enumerate(body, start=1):
                self.drained = at == len(body)  # said first, so that a client that waited sees it
                handler.wfile.write(bytes([byte]))
                if self.stopping.wait(every):
                    return

        return step

    def close(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class FakeTime:
    """Sleeping moves the clock; jitter always draws the longest wait."""

    clock: float = 1000.0
    wall: datetime = datetime(2026, 10, 4, 12, 0, tzinfo=UTC)
    sleeps: list[float] = field(default_factory=list)
    draws: list[tuple[float, float]] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.clock += seconds

    def jitter(self, low: float, high: float) -> float:
        self.draws.append((low, high))
        return high

    def timepiece(self) -> Timepiece:
        return Timepiece(lambda: self.clock, self.sleep, lambda: self.wall, self.jitter)


@contextlib.contextmanager
def scripted_registry() -> Iterator[ScriptedRegistry]:
    server = ScriptedRegistry()
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def client_of(base_url: str, time: FakeTime | None = None, **options: Any) -> Iterator[Registry]:
    options = {"limits": Limits(), "min_interval": 0.0, "contact": CONTACT, "site_url": SITE, **options}
    with Registry(base_url, time=(time or FakeTime()).timepiece(), **options) as registry:
        yield registry


def answering(*answers: object) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    """A transport in memory: JSON for /version by itself, the answers in turn for everything else."""
    asked: list[httpx.Request] = []
    rest = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/version"):
            return httpx.Response(200, json=VERSION)
        asked.append(request)
        answer = rest.pop(0) if len(rest) > 1 else rest[0]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    return httpx.MockTransport(handle), asked


def connected(base_url: str, *answers: object, **options: Any) -> tuple[Registry, list[httpx.Request]]:
    """A client whose registry is in memory, and the requests that it will have made."""
    transport, asked = answering(*answers)
    options = {"time": FakeTime().timepiece(), "min_interval": 0.0, "contact": CONTACT, "site_url": SITE, **options}
    return Registry(base_url, transport=transport, **options), asked
