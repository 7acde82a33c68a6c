"""How old our copy of the registry is: for the line on every page, for health, for the alarm."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from trials.days import whole_day
from trials.models import SyncRun
from trials.prepared import Prepared

ALARM_AFTER = timedelta(hours=26)
"""The registry publishes on weekdays, but it answers every day; a day without an answer needs a person."""


@dataclass(frozen=True)
class Freshness:
    """`checked_at` is our clock when the registry last told us where it stands; `data_timestamp` is its own clock's
    word for the data that we hold, never to be compared with ours. Both are empty before the first import."""

    checked_at: datetime | None
    data_timestamp: str = ""

    @property
    def data_day(self) -> date | None:
        return whole_day(self.data_timestamp[:10])

    def is_stale(self, now: datetime) -> bool:
        return self.checked_at is None or now - self.checked_at > ALARM_AFTER


_last_poll = Prepared(SyncRun, lambda: SyncRun.objects.good_polls().only(
    "confirmed_at", "finished_at", "started_at", "data_timestamp")[:1])  # fmt: skip


def checked_at() -> Subquery:
    """`as_of().checked_at`, for a query that asks for more: the trial page saves a trip."""
    return Subquery(SyncRun.objects.good_polls().values(at=Coalesce("confirmed_at", "started_at"))[:1])


def as_of() -> Freshness:
    run = _last_poll.first()
    return Freshness(run.checked_at, run.data_timestamp) if run else Freshness(None)


def alarm(*, now: datetime) -> str:
    """A sentence for the operator where the last good look is too long ago; empty otherwise.

    A site that never ran is not late yet: its clock starts with its first run.
    """
    checked_at = as_of().checked_at
    first = SyncRun.objects.order_by("id").values_list("started_at", flat=True).first()
    since = checked_at or first
    if since is None or now - since <= ALARM_AFTER:
        return ""
    hours = int((now - since).total_seconds() // 3600)
    last = SyncRun.objects.order_by("-id").first()
    why = f" Run {last.pk} is {last.get_state_display().lower()}: {last.error or last.held_because}" if last else ""
    return f"No good look at the registry for {hours} hours.{why if last and (last.error or last.held_because) else ''}"
