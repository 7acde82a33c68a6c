"""One sync at a time, and never before the registry wants to be asked again."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from django.db import Error, connection, transaction
from django.utils import timezone

from trials.models import StagedStudy, SyncRun

_LOCK = 0x74726961  # "tria"


class SyncBusy(Exception):
    """Another sync is at work; this one leaves at once."""


class StayAway(Exception):
    """The registry asked to be left alone, or refuses us; it is not asked before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the registry is left alone until {until:%b} {until.day}, {until:%H:%M} UTC")
        self.until = until


@contextmanager
def single_flight() -> Iterator[None]:
    """Holds the one lock of all syncs, and clears up after runs whose process died. Raises SyncBusy."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise SyncBusy("another sync is at work")
    try:
        _end_dead_runs()
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:  # a lost connection has let go of the lock already
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


@transaction.atomic
def _end_dead_runs() -> None:
    """The lock is ours, so a run that says it is running has no process any more."""
    dead = SyncRun.objects.filter(state=SyncRun.State.RUNNING)
    StagedStudy.objects.filter(run__in=dead).delete()
    dead.update(state=SyncRun.State.FAILED, finished_at=timezone.now(), error="Its process died.")


def stay_away(*, now: datetime) -> None:
    """Raises StayAway while the registry's last Retry-After, or the hour after a 403, is not over."""
    latest = SyncRun.objects.filter(retry_at__gt=now).order_by("-retry_at").first()
    if latest and latest.retry_at:
        raise StayAway(latest.retry_at)
