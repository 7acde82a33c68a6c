"""What every test may count on: no way out of this machine, and a clean cache."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

_real_connect = socket.socket.connect


def _guarded_connect(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_this_machine(address[0]):
        raise RuntimeError(f"a test tried to reach {address[0]}")
    return _real_connect(self, address)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", action="store_true", help="the long version of tests/chaos: hours, not seconds")


@pytest.fixture(autouse=True, scope="session")
def _no_way_out() -> Iterator[None]:
    socket.socket.connect = _guarded_connect  # type: ignore[method-assign]
    yield
    socket.socket.connect = _real_connect  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _clean_cache(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        from explainers.models import known_words

        cache.clear()
        known_words.forget()
