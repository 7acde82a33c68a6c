"""Our side of the demo's registry: polls, inventories and refetches, without real waits."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.sample_registry import SampleRegistry
from tests.trials.scripted_registry import CONTACT, SITE, FakeTime
from trials import decisions, polling, upkeep
from trials.models import SyncRun, Trial, TrialChange
from trials.registry import Limits, Registry

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LIMITS = Limits(tries=2, page_bytes=3_000_000, total_seconds=2)


@dataclass
class Follower:
    """Polls on the hour; `hours` is how long ago the first poll was."""

    sample: SampleRegistry
    hours: int = 0

    @property
    def now(self) -> datetime:
        return NOW + timedelta(hours=self.hours)

    def later(self, hours: int = 1) -> datetime:
        self.hours += hours
        return self.now

    def poll(self) -> SyncRun | None:
        return polling.poll(now=self.later())

    def run(self) -> SyncRun:
        run = self.poll()
        assert run is not None
        return run

    def take_inventory(self) -> SyncRun:
        run = upkeep.take_inventory(now=self.later())
        assert run is not None
        return run

    def release(self, run: SyncRun) -> SyncRun:
        return decisions.release(run, by=None, now=self.later())

    def discard(self, run: SyncRun) -> SyncRun:
        return decisions.discard(run, by=None, now=self.later())

    def next_day(self) -> None:
        self.later(23)
        self.sample.today += timedelta(days=1)
        self.sample.publish()


def follow(sample: SampleRegistry, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Follower:
    settings.REGISTRY_URL = sample.url

    def open_registry() -> Registry:
        time = FakeTime(wall=datetime.now(UTC)).timepiece()
        return Registry(sample.url, contact=CONTACT, site_url=SITE, min_interval=0.0, limits=LIMITS, time=time)

    monkeypatch.setattr(polling, "open_registry", open_registry)
    return Follower(sample)


def told() -> list[tuple[str, int, str]]:
    """All news so far: what a reader might be told, in the order it came."""
    rows = TrialChange.objects.filter(run__in=SyncRun.objects.with_news()).order_by("id")
    return list(rows.values_list("trial__nct_id", "version", "kind"))


def status_of(nct_id: str) -> str:
    return Trial.objects.get(nct_id=nct_id).status
