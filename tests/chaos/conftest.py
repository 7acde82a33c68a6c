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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without --chaos the long ones are no part of the run."""
    if not config.getoption("--chaos"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
