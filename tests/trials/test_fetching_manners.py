"""How the client behaves towards a registry that is busy or refuses: backoff, distance, no second try in vain."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from tests.trials.scripted_registry import (
    FakeTime,
    ScriptedRegistry,
    Step,
    client_of,
    reply,
    scripted_registry,
)
from trials.fetching import parse_retry_after
from trials.registry import (
    Limits,
    RegistryBlocked,
    RegistryBusy,
    RegistryError,
    RegistryMoved,
    RegistryRequestError,
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


def failure(server: ScriptedRegistry, rung: str, limits: Limits = ONE_TRY) -> RegistryError:
    """The error that reading one list ends in."""
    with client_of(server.url, rung=rung, limits=limits) as registry, pytest.raises(RegistryError) as error:
        list(registry.studies_updated_since(None))
    return error.value


FILLER = b" " * 250_000


# Busy


def waits(server: ScriptedRegistry, rung: str, limits: Limits, *steps: Step) -> tuple[FakeTime, RegistryError | None]:
    server.script, time = list(steps), FakeTime()
    with client_of(server.url, time, rung=rung, limits=limits) as registry:
        try:
            registry.version()
        except RegistryError as error:
            return time, error
    return time, None


def busy(status: int = 429, retry_after: str = "") -> Step:
    return reply(b"slow down", status=status, kind="text/plain", headers={"Retry-After": retry_after})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_a_busy_registry_is_asked_again_with_growing_jitter(server: ScriptedRegistry, rung: str, status: int) -> None:
    time, error = waits(server, rung, Limits(), busy(status))
    assert isinstance(error, RegistryBusy)
    assert (error.status, error.retry_after) == (status, None)
    assert time.draws == [(0.0, 2.0), (0.0, 4.0), (0.0, 8.0), (0.0, 16.0)]
    assert time.sleeps == [2.0, 4.0, 8.0, 16.0]
    assert len(server.requests) == 5


def test_the_backoff_is_capped(server: ScriptedRegistry, rung: str) -> None:
    time, _ = waits(server, rung, Limits(tries=4, backoff_seconds=10, backoff_cap_seconds=15), busy())
    assert time.sleeps == [10.0, 15.0, 15.0]


@pytest.mark.parametrize(
    "header, waited",
    [("5", 5.0), ("0", 0.0), ("Sun, 04 Oct 2026 12:00:30 GMT", 30.0), ("soon", 2.0), ("-5", 2.0), ("1.5", 2.0)],
)
def test_retry_after_is_honoured_and_nonsense_is_not(
    server: ScriptedRegistry, rung: str, header: str, waited: float
) -> None:
    time, error = waits(server, rung, Limits(), busy(503, header), reply())
    assert error is None
    assert time.sleeps == [waited]


@pytest.mark.parametrize(
    "header, seconds",
    [("7200", 7200.0), ("Sun, 04 Oct 2026 14:00:00 GMT", 7200.0), ("9" * 400, 86_400.0)],
)
def test_a_long_retry_after_ends_the_run_at_once(
    server: ScriptedRegistry, rung: str, header: str, seconds: float
) -> None:
    time, error = waits(server, rung, Limits(), busy(429, header))
    assert isinstance(error, RegistryBusy)
    assert error.retry_after == seconds
    assert time.sleeps == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("value", ["", "²", "1e3", "Sun, 04 Oct 2026 11:00:00 GMT", "Sun, 99 Oct 2026", "\x00", "0x10"])
def test_a_retry_after_that_says_nothing_is_none(rung: str, value: str) -> None:
    assert parse_retry_after(value, datetime(2026, 10, 4, 12, 0, tzinfo=UTC)) is None


# Refusals


@pytest.mark.parametrize("status", [400, 401, 405, 410, 414, 422])
def test_our_own_mistake_is_never_repeated(server: ScriptedRegistry, rung: str, status: int) -> None:
    server.script = [reply(b"`query.recrs` is\r\nunknown\x1b[31m " + b"x" * 900, status=status, kind="text/plain")]
    error = failure(server, rung, Limits())
    assert type(error) is RegistryRequestError
    assert "`query.recrs` is unknown [31m xxx" in str(error)
    assert len(str(error)) < 300
    assert len(server.requests) == 1


def test_an_endless_error_page_is_not_read_to_its_end(server: ScriptedRegistry, rung: str) -> None:
    def step(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 400 Bad\r\n\r\n")
        for _ in range(2_000):
            handler.wfile.write(FILLER)

    server.script = [step]
    assert type(failure(server, rung)) is RegistryRequestError


def test_a_redirect_to_another_host_is_not_followed(server: ScriptedRegistry, rung: str) -> None:
    with scripted_registry() as elsewhere:
        server.script = [reply(b"", status=302, headers={"Location": f"{elsewhere.url}/studies"})]
        assert type(failure(server, rung)) is RegistryMoved
        assert elsewhere.requests == []


# Pace and environment


def test_requests_keep_their_distance_retries_and_both_rungs_included(server: ScriptedRegistry, rung: str) -> None:
    server.script, time = [reply(b"no", status=403, kind="text/plain"), busy(503, "0"), reply()], FakeTime()
    with client_of(server.url, time, rung=rung, min_interval=1.0) as registry:
        registry.version()
        registry.version()
    assert len(server.requests) == 4
    assert time.clock - 1000.0 == 3.0


def test_time_spent_elsewhere_counts_towards_the_distance(server: ScriptedRegistry, rung: str) -> None:
    time = FakeTime()
    with client_of(server.url, time, rung=rung, min_interval=1.0) as registry:
        registry.version()
        time.clock += 0.75
        registry.version()
    assert time.sleeps == [0.25]


def test_proxies_and_passwords_of_the_environment_are_not_used(
    server: ScriptedRegistry, rung: str, monkeypatch: pytest.MonkeyPatch, tmp_path: "os.PathLike[str]"
) -> None:
    netrc = os.path.join(tmp_path, "netrc")
    with open(netrc, "w") as file:
        file.write("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", netrc)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with client_of(server.url, rung=rung, limits=ONE_TRY) as registry:
        registry.version()
    path, headers = server.requests[0]
    assert path == "/api/v2/version"
    assert "Authorization" not in headers


def test_a_blocked_site_is_told_to_stay_away_for_an_hour(server: ScriptedRegistry, rung: str) -> None:
    server.script = [reply(b"<html>Forbidden</html>", status=403, kind="text/html")]
    error = failure(server, rung, Limits())
    assert type(error) is RegistryBlocked
    assert error.retry_after == 3600
    assert len(server.requests) == 2
