"""A mail server of the test's own, and workers that do not run by themselves."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from subscriptions import letters, tasks
from tests.subscriptions.sink import Sink


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    server = Sink().start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER, settings.EMAIL_TIMEOUT = "", 5
    settings.MAIL_RATE = 10_000
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks that were woken; none runs unless the test runs it."""
    names: list[str] = []
    monkeypatch.setattr("trials.waking._send", lambda task: names.append(task.name))
    return names


@pytest.fixture(autouse=True)
def _fresh_letters() -> None:
    letters.told_and_body.cache_clear()


@pytest.fixture
def work() -> Callable[[], None]:
    """Do all that is due, as beat and the workers would."""

    def everything() -> None:
        tasks.sweep()
        tasks.deliver_confirmations()
        tasks.deliver_alerts()
        tasks.deliver_digests()

    return everything
