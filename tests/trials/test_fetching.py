"""What the client makes of a registry that fails: over real sockets, on both rungs where bytes matter."""

import gzip
import socket
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from tests.trials.scripted_registry import (
    LATE_HEADERS,
    ScriptedRegistry,
    Step,
    client_of,
    page,
    raw,
    reply,
    scripted_registry,
)
from trials.registry import (
    Limits,
    RegistryAnswerError,
    RegistryAnswerTooLarge,
    RegistryError,
    RegistryUnreachable,
)
from trials.transport import HTTPX, URLLIB

OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ONE_TRY = Limits(tries=1)
SMALL = Limits(tries=2, page_bytes=1_000_000)
pytestmark = pytest.mark.parametrize("rung", [HTTPX, URLLIB])


@pytest.fixture
def server() -> Iterator[ScriptedRegistry]:
    with scripted_registry() as running:
        yield running


def zipped(body: bytes) -> Step:
    return reply(body, headers={"Content-Encoding": "gzip"})


def failure(server: ScriptedRegistry, rung: str, limits: Limits = ONE_TRY) -> RegistryError:
    """The error that reading one list ends in."""
    with client_of(server.url, rung=rung, limits=limits) as registry, pytest.raises(RegistryError) as error:
        list(registry.studies_updated_since(None))
    return error.value


# Answers that cannot be used

BODY = b'{"studies": [], "totalCount": 1}'
GZIP = gzip.compress(BODY)
UNUSABLE = {
    "truncated JSON": reply(BODY[:-5]),
    "html with 200": reply(b"<html>Maintenance</html>", kind="text/html; charset=utf-8"),
    "html that calls itself JSON": reply(b"<html>Maintenance</html>"),
    "no content type": reply(BODY, kind=""),
    "JSON called text": reply(BODY, kind="text/plain"),
    "JSON's near namesake": reply(BODY, kind="application/jsonp"),
    "empty": reply(b""),
    "blanks": reply(b" \r\n "),
    "empty object": reply({}),
    "list": reply([]),
    "null": reply(None),
    "null studies": reply({"studies": None}),
    "object as studies": reply({"studies": {}}),
    "a text among the studies": reply({"studies": ["NCT00000001"]}),
    "a number as token": reply({"studies": [], "nextPageToken": 7}),
    "two values": reply(BODY + BODY),
    "not UTF-8": reply(b'{"studies": [{"a": "\xff"}]}'),
    "nested without an end": reply(b'{"studies": [{"a":' + b"[" * 10_000),
    "bad gzip": zipped(b"this is no gzip stream"),
    "gzip cut short": zipped(GZIP[:-9]),
    "gzip with a wrong checksum": zipped(GZIP[:-8] + bytes(4) + GZIP[-4:]),
    "gzip and then some": zipped(GZIP + b"extra"),
    "an encoding nobody asked for": reply(BODY, headers={"Content-Encoding": "br"}),
    "no content": reply(b"", status=204),
    "partial content": reply(BODY, status=206),
    "redirect without a target": reply(b"", status=302),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_an_unusable_answer_is_rejected_whole(server: ScriptedRegistry, rung: str, case: str) -> None:
    server.script = [UNUSABLE[case]]
    assert type(failure(server, rung)) is RegistryAnswerError


def test_an_unusable_answer_is_asked_for_again(server: ScriptedRegistry, rung: str) -> None:
    server.script = [UNUSABLE["html with 200"], UNUSABLE["truncated JSON"], reply(page(1))]
    with client_of(server.url, rung=rung) as registry:
        (only,) = registry.studies_updated_since(None)
    assert len(only.studies) == 1


def test_gzip_is_asked_for_and_read(server: ScriptedRegistry, rung: str) -> None:
    body = b'{"studies": [' + b'{"a": "%s"}' % (b"x" * 900_000) + b"]}"
    server.script = [zipped(gzip.compress(body))]
    with client_of(server.url, rung=rung) as registry:
        (only,) = registry.studies_updated_since(None)
    assert len(only.studies[0]["a"]) == 900_000
    assert server.requests[0][1]["Accept-Encoding".title()] == "gzip"


def test_unknown_keys_do_no_harm(server: ScriptedRegistry, rung: str) -> None:
    server.script = [reply({**page(1), "news": {"a": [1]}})]
    with client_of(server.url, rung=rung) as registry:
        assert len(list(registry.studies_updated_since(None))) == 1


# Too much of it


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.write(OK_HEAD + b"\r\n")
    for _ in range(2_000):
        handler.wfile.write(FILLER)


def endless_gzip_of_nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.write(OK_HEAD + b"Content-Encoding: gzip\r\n\r\n" + GZIP[:10])
    for _ in range(2_000):
        handler.wfile.write(EMPTY_BLOCKS)


FILLER = b" " * 250_000
EMPTY_BLOCKS = b"\x00\x00\x00\xff\xff" * 50_000  # deflate's stored block of length 0
BOMB = gzip.compress(bytes(200_000_000), 9)


@pytest.mark.parametrize("flood", [endless, endless_gzip_of_nothing, zipped(BOMB)], ids=["body", "wire", "bomb"])
def test_a_flood_is_cut_off_in_bounded_memory_and_not_asked_for_again(
    server: ScriptedRegistry, rung: str, flood: Step
) -> None:
    server.script = [flood]
    tracemalloc.start()
    try:
        error = failure(server, rung, SMALL)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert type(error) is RegistryAnswerTooLarge
    assert peak < 8_000_000
    assert len(server.requests) == 1


def test_a_body_of_exactly_the_cap_passes(server: ScriptedRegistry, rung: str) -> None:
    server.script = [reply(b'{"studies": []}' + b" " * 85)]
    with client_of(server.url, rung=rung, limits=Limits(page_bytes=100)) as registry:
        assert len(list(registry.studies_updated_since(None))) == 1


def test_a_single_study_has_its_own_cap(server: ScriptedRegistry, rung: str) -> None:
    server.script = [reply(b"{" + b" " * 500 + b"}")]
    limits = Limits(study_bytes=100)
    with client_of(server.url, rung=rung, limits=limits) as registry, pytest.raises(RegistryAnswerTooLarge):
        registry.study("NCT00000001")


# Too slow, or not at all

DRIP_LIMITS = Limits(tries=1, read_seconds=5, total_seconds=1)


@pytest.mark.parametrize("part", ["headers", "body", "gzip"])
def test_a_slow_drip_is_cut_off_by_the_total_cap(server: ScriptedRegistry, rung: str, part: str) -> None:
    # Without the cap each of these would end well after some seconds.
    server.script = [
        {
            "headers": server.drip(b"HTTP/1.1 200 OK\r\n", LATE_HEADERS),
            "body": server.drip(OK_HEAD + b"\r\n", BODY + b" " * 40),
            "gzip": server.drip(OK_HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(BODY + b" " * 40)),
        }[part]
    ]
    error = failure(server, rung, DRIP_LIMITS)
    assert type(error) is RegistryUnreachable
    assert "longer than 1 s" in str(error)
    assert not server.drained


def test_a_drip_on_a_connection_already_in_use_is_cut_off_too(server: ScriptedRegistry, rung: str) -> None:
    server.script = [reply(), server.drip(b"HTTP/1.1 200 OK\r\n", LATE_HEADERS)]
    with client_of(server.url, rung=rung, limits=DRIP_LIMITS) as registry:
        registry.version()
        with pytest.raises(RegistryUnreachable, match="longer than"):
            registry.version()
    assert not server.drained


def test_silence_ends_at_the_read_timeout(server: ScriptedRegistry, rung: str) -> None:
    server.script = [lambda handler: server.stopping.wait(20) and None]
    error = failure(server, rung, Limits(tries=1, read_seconds=0.2))
    assert type(error) is RegistryUnreachable
    assert "imeout" in str(error) or "timed out" in str(error)


def test_the_short_connect_timeout_does_not_govern_reading(server: ScriptedRegistry, rung: str) -> None:
    def late(handler: BaseHTTPRequestHandler) -> None:
        server.stopping.wait(1.0)
        reply()(handler)

    server.script = [late]
    with client_of(server.url, rung=rung, limits=Limits(tries=1, connect_seconds=0.5)) as registry:
        assert registry.version().api_version == "2.0.5"


LOST = {
    "closed without a word": raw(),
    "body shorter than announced": raw(OK_HEAD + b"Content-Length: 500\r\n\r\n" + BODY),
    "chunks cut short": raw(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n20\r\n" + BODY + b"\r\n"),
    "no HTTP": raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "endless headers": raw(b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"x" * 300_000 + b"\r\n\r\n"),
}


@pytest.mark.parametrize("case", LOST)
def test_a_broken_connection_is_tried_again_and_then_unreachable(
    server: ScriptedRegistry, rung: str, case: str
) -> None:
    server.script = [LOST[case]]
    assert type(failure(server, rung, Limits(tries=3))) is RegistryUnreachable
    assert len(server.requests) == 3


def test_headers_cut_short_are_tried_again(server: ScriptedRegistry, rung: str) -> None:
    server.script = [raw(OK_HEAD), raw(OK_HEAD), reply(page(1))]  # http.client takes them for whole headers
    with client_of(server.url, rung=rung) as registry:
        assert len(list(registry.studies_updated_since(None))) == 1


def test_a_connection_reset_is_survived(server: ScriptedRegistry, rung: str) -> None:
    def reset(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        handler.connection.close()

    server.script = [reset, reset, reply(page(1))]
    with client_of(server.url, rung=rung) as registry:
        assert len(list(registry.studies_updated_since(None))) == 1


def test_a_closed_port_an_unknown_name_and_no_tls_are_unreachable(server: ScriptedRegistry, rung: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}"
        for address in (closed, "http://name.invalid", server.url.replace("http:", "https:")):
            with client_of(address, rung=rung, limits=ONE_TRY) as registry, pytest.raises(RegistryUnreachable):
                registry.version()
