"""What the registry was told to do wrong, and the answers that come instead of the right one. Named in the package."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from config.sample_registry import data_faults

ANSWERS_ANYWHERE = {
    "rate_limited", "server_error_500", "unavailable_503", "forbidden_403", "redirect_302", "connection_reset",
    "slow_drip",
}  # fmt: skip
ANSWERS_TO_LISTS = {"truncated_json", "html_with_200", "wrong_content_type", "bad_gzip", "empty_object", "huge_body"}
PAGING = {"duplicate_page", "same_token_forever", "token_refused", "missing_page", "data_moves_mid_crawl"}
DATA = set(data_faults.FAULTS)
NAMES = ANSWERS_ANYWHERE | ANSWERS_TO_LISTS | PAGING | DATA


@dataclass
class Reply:
    """An answer before it is put on the wire."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Misbehaviour:
    name: str
    left: int | None
    options: dict[str, Any]


class Misbehaviours:
    """Those in force, oldest first. A counted one wears off after its last request."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.active: list[Misbehaviour] = []

    def add(self, name: str, times: int | None, options: dict[str, Any]) -> None:
        if name not in NAMES:
            raise ValueError(f"No misbehaviour is called {name}")
        with self.lock:
            self.active.append(Misbehaviour(name, times, options))

    def clear(self) -> None:
        with self.lock:
            self.active.clear()

    def take(self, names: set[str], endpoint: str) -> Misbehaviour | None:
        """The oldest of these that concerns this request, counted down; only one acts on a request."""
        with self.lock:
            for fault in self.active:
                default = "studies" if fault.name in ANSWERS_TO_LISTS | PAGING else ""
                if fault.name in names and fault.options.get("on", default) in ("", endpoint):
                    if fault.left is not None:
                        fault.left -= 1
                        if fault.left <= 0:
                            self.active.remove(fault)
                    return fault
        return None

    def of_data(self) -> list[Misbehaviour]:
        with self.lock:
            return [fault for fault in self.active if fault.name in DATA]


def retry_after(form: str | None) -> dict[str, str]:
    """The header in the forms that are met in the wild; another text is sent as it is."""
    if form is None:
        return {}
    forms = {
        "seconds": "5",
        "long": "7200",
        "date": format_datetime(datetime.now(UTC) + timedelta(seconds=10), usegmt=True),
        "garbage": "soon-ish; thanks",
    }
    return {"Retry-After": forms.get(form, form)}


def spoil(fault: Misbehaviour, reply: Reply) -> Reply:
    """The wrong answer, for those misbehaviours that still are one HTTP answer."""
    return _SPOILERS[fault.name](reply, fault.options)


def _refusal(status: int, text: str) -> Callable[[Reply, dict[str, Any]], Reply]:
    def refuse(reply: Reply, options: dict[str, Any]) -> Reply:
        default = "seconds" if status == 429 else None
        return Reply(status, text.encode(), "text/plain", retry_after(options.get("retry_after", default)))

    return refuse


def _redirect(reply: Reply, options: dict[str, Any]) -> Reply:
    return Reply(302, b"", "text/plain", {"Location": options.get("location", "http://169.254.169.254/")})


def _truncated(reply: Reply, options: dict[str, Any]) -> Reply:
    half = reply.body[: len(reply.body) // 2]
    promised = {"Content-Length": str(len(reply.body))} if options.get("short_of_length") else {}
    return Reply(200, half, reply.content_type, promised)


def _html(reply: Reply, options: dict[str, Any]) -> Reply:
    return Reply(200, b"<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>", "text/html")


def _bad_gzip(reply: Reply, options: dict[str, Any]) -> Reply:
    packed = gzip.compress(reply.body)
    # Cut off half-way, it still unpacks to something; with a broken head, not at all.
    broken = packed[: len(packed) // 2] if options.get("midway") else b"\x1f\x8b\x00" + packed[3:]
    return Reply(200, broken, reply.content_type, {"Content-Encoding": "gzip"})


def _renamed(reply: Reply, options: dict[str, Any]) -> Reply:
    return Reply(200, reply.body, options.get("content_type", "application/octet-stream"))


_SPOILERS: dict[str, Callable[[Reply, dict[str, Any]], Reply]] = {
    "rate_limited": _refusal(429, "Too many requests"),
    "server_error_500": _refusal(500, "Internal server error"),
    "unavailable_503": _refusal(503, "Service unavailable"),
    "forbidden_403": _refusal(403, "Forbidden"),
    "redirect_302": _redirect,
    "truncated_json": _truncated,
    "html_with_200": _html,
    "wrong_content_type": _renamed,
    "bad_gzip": _bad_gzip,
    "empty_object": lambda reply, options: Reply(200, b"{}"),
}
SPOILS = set(_SPOILERS)


def reset(connection: socket.socket) -> None:
    """Closes so that the other side sees a reset and no orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drip(body: bytes, options: dict[str, Any]) -> Iterator[bytes]:
    size = options.get("size", 16)
    for at in range(0, len(body), size):
        time.sleep(options.get("seconds", 0.2))
        yield body[at : at + size]


def endless_study(options: dict[str, Any]) -> Iterator[bytes]:
    """A page whose first study has a title of `size` bytes, made as it is sent; well-formed JSON to the last byte."""
    opening = b'{"studies":[{"protocolSection":{"identificationModule":{"nctId":"NCT99000001","briefTitle":"'
    left = options.get("size", 500 * 1024 * 1024)
    squeeze = zlib.compressobj(wbits=31) if options.get("gzip") else None

    def plain() -> Iterator[bytes]:
        yield opening
        for at in range(0, left, 1 << 20):
            yield b"A" * min(1 << 20, left - at)
        yield b'"}}}]}'

    for chunk in plain():
        yield squeeze.compress(chunk) if squeeze else chunk
    if squeeze:
        yield squeeze.flush()
