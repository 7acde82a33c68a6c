from collections.abc import Iterator

import pytest

from config.sample_registry import SampleRegistry


@pytest.fixture
def registry() -> Iterator[SampleRegistry]:
    with SampleRegistry() as running:
        yield running
