"""The ladder over TLS: trust, the cap on slow answers, and the hello by which the gateway judges a client."""

import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trials.scripted_registry import LATE_HEADERS, ScriptedRegistry, client_of, reply, scripted_registry
from trials.registry import Limits, RegistryUnreachable
from trials.transport import HTTPX, URLLIB

ONE_TRY = Limits(tries=1, total_seconds=5)
SESSION_TICKET = 35
both_rungs = pytest.mark.parametrize("rung", [HTTPX, URLLIB])
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its own certificate for 127.0.0.1, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    names = "-addext subjectAltName=IP:127.0.0.1 -addext keyUsage=critical,digitalSignature,keyCertSign"
    subprocess.run(
        ["openssl", *request.split(), *names.split(), "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


@pytest.fixture
def server(certificate: Path) -> Iterator[ScriptedRegistry]:
    with scripted_registry() as running:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        running.speak_tls(context)
        yield running


@needs_openssl
@both_rungs
def test_a_trusted_certificate_is_talked_to(
    server: ScriptedRegistry, certificate: Path, rung: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with client_of(server.url, rung=rung, limits=ONE_TRY) as registry:
        assert registry.version() == registry.version()
        assert registry.rung == rung


@needs_openssl
@both_rungs
def test_a_certificate_nobody_vouches_for_is_not_talked_to(server: ScriptedRegistry, rung: str) -> None:
    with (
        client_of(server.url, rung=rung, limits=ONE_TRY) as registry,
        pytest.raises(RegistryUnreachable, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        registry.version()
    assert server.requests == []


@needs_openssl
@both_rungs
def test_a_certificate_for_another_name_is_not_talked_to(
    server: ScriptedRegistry, certificate: Path, rung: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    address = server.url.replace("127.0.0.1", "localhost")
    with client_of(address, rung=rung, limits=ONE_TRY) as registry, pytest.raises(RegistryUnreachable):
        registry.version()
    assert server.requests == []


@needs_openssl
@both_rungs
@pytest.mark.parametrize("first", [True, False], ids=["new connection", "connection in use"])
def test_a_slow_drip_over_tls_is_cut_off(
    server: ScriptedRegistry, certificate: Path, rung: str, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    drip = server.drip(b"HTTP/1.1 200 OK\r\n", LATE_HEADERS)
    server.script = [drip] if first else [reply(), drip]
    limits = Limits(tries=1, total_seconds=1, read_seconds=5)
    with client_of(server.url, rung=rung, limits=limits) as registry:
        if not first:
            registry.version()
        with pytest.raises(RegistryUnreachable, match="longer than"):
            registry.version()
    assert not server.drained


def test_the_first_hello_differs_from_urllibs_only_by_the_session_ticket() -> None:
    # What requests sends, and what the gateway is known to take; a new httpx must not change it unnoticed.
    ours, urllibs = hello_of(HTTPX), hello_of(URLLIB)
    assert SESSION_TICKET in urllibs[1]
    assert ours == (urllibs[0], [extension for extension in urllibs[1] if extension != SESSION_TICKET])


def hello_of(rung: str) -> tuple[bytes, list[int]]:
    """The cipher list and the extensions, in order, of the TLS hello that this rung opens with."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ear = threading.Thread(target=_hear, args=(listener, heard))
        ear.start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with client_of(address, rung=rung, limits=ONE_TRY) as registry, pytest.raises(RegistryUnreachable):
            registry.version()
        ear.join()
    return _dissect(heard[0])


def _hear(listener: socket.socket, heard: list[bytes]) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as stream:
        heard.append(stream.read(struct.unpack(">H", stream.read(5)[3:])[0]))


def _dissect(hello: bytes) -> tuple[bytes, list[int]]:
    at = 4 + 2 + 32  # message header, version, random
    at += 1 + hello[at]  # session id
    length = int.from_bytes(hello[at : at + 2], "big")
    ciphers = hello[at + 2 : at + 2 + length]
    at += 2 + length
    at += 1 + hello[at]  # compression methods
    at += 2
    extensions = []
    while at < len(hello):
        kind, size = struct.unpack(">HH", hello[at : at + 4])
        extensions.append(kind)
        at += 4 + size
    return ciphers, extensions
