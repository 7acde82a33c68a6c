"""The ladder: which transport is tried when, and that both say who we are."""

import ssl
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.trials.scripted_registry import ScriptedRegistry, client_of, reply, scripted_registry
from trials.registry import Limits, RegistryBlocked, RegistryUnreachable
from trials.transport import HTTPX, URLLIB, Deadline, Ladder, UrllibTransport, tls_context

REFUSED = reply(b"Forbidden", status=403, kind="text/plain")


@pytest.fixture
def server() -> Iterator[ScriptedRegistry]:
    with scripted_registry() as running:
        yield running


def agents(server: ScriptedRegistry) -> list[str]:
    """Which transport each request came through: only urllib closes the connection after each."""
    return [URLLIB if headers.get("Connection") == "close" else HTTPX for _, headers in server.requests]


def test_the_first_rung_serves_while_it_is_not_refused(server: ScriptedRegistry) -> None:
    with client_of(server.url) as registry:
        registry.version()
        registry.version()
        assert registry.rung == HTTPX
    assert agents(server) == [HTTPX, HTTPX]


def test_a_refusal_moves_to_urllib_and_it_is_remembered(server: ScriptedRegistry) -> None:
    server.script = [REFUSED, reply()]
    with client_of(server.url) as registry:
        registry.version()
        registry.version()
        assert registry.rung == URLLIB
    assert agents(server) == [HTTPX, URLLIB, URLLIB]


def test_a_stored_rung_is_where_the_next_client_begins(server: ScriptedRegistry) -> None:
    with client_of(server.url, rung=URLLIB) as registry:
        registry.version()
    assert agents(server) == [URLLIB]


def test_an_unknown_stored_rung_begins_at_the_bottom(server: ScriptedRegistry) -> None:
    with client_of(server.url, rung="carrier pigeon") as registry:
        registry.version()
    assert agents(server) == [HTTPX]


def test_a_refused_urllib_leads_back_to_httpx(server: ScriptedRegistry) -> None:
    server.script = [REFUSED, reply()]
    with client_of(server.url, rung=URLLIB) as registry:
        registry.version()
        assert registry.rung == HTTPX
    assert agents(server) == [URLLIB, HTTPX]


@pytest.mark.parametrize("rung", [HTTPX, URLLIB])
def test_refused_on_every_rung_is_blocked_and_the_rung_stays(server: ScriptedRegistry, rung: str) -> None:
    server.script = [REFUSED]
    with client_of(server.url, rung=rung) as registry:
        with pytest.raises(RegistryBlocked):
            registry.version()
        assert registry.rung == rung
    assert len(server.requests) == 2


def test_only_a_refusal_moves_to_the_next_rung(server: ScriptedRegistry) -> None:
    server.script = [reply(b"", status=503), reply(b"<p>", kind="text/html"), reply()]
    with client_of(server.url) as registry:
        registry.version()
    assert agents(server) == [HTTPX, HTTPX, HTTPX]


@pytest.mark.parametrize("rung", [HTTPX, URLLIB])
def test_both_rungs_send_the_same_honest_headers(server: ScriptedRegistry, rung: str) -> None:
    with client_of(server.url, rung=rung) as registry:
        registry.version()
    headers = {name.lower(): value for name, value in server.requests[0][1].items() if name.lower() != "connection"}
    assert headers.pop("user-agent").startswith("PlainTrials/")
    assert headers.pop("host") in server.url
    assert headers == {"accept": "application/json", "accept-encoding": "gzip"}


def test_the_tls_hello_is_set_as_the_gateway_takes_it() -> None:
    context = tls_context()
    assert context.post_handshake_auth
    assert context.options & ssl.OP_NO_TICKET
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:,x"])
def test_urllib_opens_nothing_but_http(address: str) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        UrllibTransport().handle_request(httpx.Request("GET", address))


def test_urllib_speaks_plain_httpx_to_its_caller(server: ScriptedRegistry) -> None:
    server.script = [reply({"a": 1}, status=404, headers={"X-Seen": "yes"})]
    with httpx.Client(transport=UrllibTransport(), trust_env=False) as client:
        answer = client.get(server.url, params={"q": "a b&c"})
    assert (answer.status_code, answer.headers["x-seen"], answer.json()) == (404, "yes", {"a": 1})
    assert server.paths == ["/api/v2?q=a+b%26c"]


def test_closing_the_ladder_closes_every_rung() -> None:
    closed: list[str] = []

    class Rung(httpx.BaseTransport):
        def __init__(self, name: str) -> None:
            self.name = name

        def close(self) -> None:
            closed.append(self.name)

    Ladder({"a": Rung("a"), "b": Rung("b")}).close()
    assert closed == ["a", "b"]


def test_a_deadline_that_was_met_cuts_nothing() -> None:
    with Deadline(60) as deadline:
        pass
    deadline._expire()
    assert not deadline.expired


def test_the_total_cap_also_holds_for_a_transport_without_sockets() -> None:
    sent = []

    class Slow(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(100):
                sent.append(time.sleep(0.03))
                yield b" "

    answer = httpx.Response(200, headers={"Content-Type": "application/json"}, stream=Slow())
    with (
        client_of(
            "https://registry.example",
            transport=httpx.MockTransport(lambda request: answer),
            limits=Limits(tries=1, total_seconds=0.2),
        ) as registry,
        pytest.raises(RegistryUnreachable, match="longer than"),
    ):
        registry.version()
    assert len(sent) < 100
