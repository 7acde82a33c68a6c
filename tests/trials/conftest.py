"""The demo's registry, alone, with somebody who follows it, and with many studies."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from config.sample_registry import SampleRegistry
from tests.factories import study
from tests.trials.following import Follower, follow


@pytest.fixture
def sample() -> Iterator[SampleRegistry]:
    with SampleRegistry() as running:
        yield running


@pytest.fixture
def follower(sample: SampleRegistry, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Follower:
    return follow(sample, settings, monkeypatch)


@pytest.fixture
def large(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    """Enough small studies, already imported, for the guard's shares to count."""
    one = study()
    studies = []
    for number in range(700):
        copied: dict[str, Any] = copy.deepcopy(one)
        copied["protocolSection"]["identificationModule"]["nctId"] = f"NCT98{number:06d}"
        studies.append(copied)
    with SampleRegistry(studies) as sample:
        follower = follow(sample, settings, monkeypatch)
        follower.run()
        yield follower
