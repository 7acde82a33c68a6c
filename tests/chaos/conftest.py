"""One set of services for the kit; each test begins with an empty site on it."""

from collections.abc import Iterator

import pytest

from tests.chaos import driver
from tests.chaos.driver import World


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with driver.world() as made:
        yield made


@pytest.fixture(scope="session")
def is_long(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--chaos"))
