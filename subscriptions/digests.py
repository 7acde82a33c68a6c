"""Daily and weekly mails: who is due at a full hour, and what is worth telling them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.db import connection, transaction
from django.db.models import F

from subscriptions.composing import DAILY_DUE, WEEKLY_DUE, gather, lock_composing
from subscriptions.models import DigestRun, Email, Subscriber
from subscriptions.models.people import Frequency

LOOK_BACK = timedelta(days=7)
BATCH = 5_000
HOUR = timedelta(hours=1)
_DUE = {Frequency.DAILY: DAILY_DUE, Frequency.WEEKLY: WEEKLY_DUE}

# A field that is back where it was before the reader was last told says nothing
_DROP_UNDONE = """
WITH untold AS (
    SELECT n.id, n.subscriber_id, c.trial_id, c.field,
           first_value(c.old) OVER w AS before, last_value(c.new) OVER w AS after, count(*) OVER w AS times
      FROM subscriptions_notification n
      JOIN subscriptions_subscription s ON s.id = n.subscription_id
      JOIN trials_trialchange c ON c.id = n.change_id
     WHERE n.email_id IS NULL AND n.dropped_at IS NULL AND n.subscriber_id = ANY(%(readers)s) AND c.kind <> 'listed'
       AND ({due})
    WINDOW w AS (PARTITION BY n.subscriber_id, n.subscription_id, c.trial_id, c.field ORDER BY c.version
                 ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
UPDATE subscriptions_notification n SET dropped_at = %(now)s
  FROM untold WHERE n.id = untold.id AND untold.times > 1 AND untold.before IS NOT DISTINCT FROM untold.after
"""

_READERS = """
SELECT DISTINCT n.subscriber_id
  FROM subscriptions_notification n
  JOIN subscriptions_subscription s ON s.id = n.subscription_id
  JOIN subscriptions_subscriber r ON r.id = n.subscriber_id
 WHERE n.email_id IS NULL AND n.dropped_at IS NULL AND n.subscriber_id > %(after)s AND s.ended_at IS NULL
   AND ({due}) AND (r.paused_until IS NULL OR r.paused_until <= %(now)s)
   AND (r.time_zone, r.digest_hour) IN (SELECT * FROM unnest(%(zones)s::text[], %(hours)s::int[]))
   AND (%(weekdays)s::int[] IS NULL
        OR (r.time_zone, r.digest_weekday) IN (SELECT * FROM unnest(%(zones)s::text[], %(weekdays)s::int[])))
 ORDER BY n.subscriber_id LIMIT %(most)s
"""


def run_due(*, now: datetime) -> int:
    """Every digest run that should have happened by now and has not; the number of mails.

    After a standstill the readers of the missed hours are served by the newest run of each local hour first: what it
    gathers is told, so the older ones find nothing and no reader gets two.
    """
    mails = 0
    for due_hour in reversed(list(missing_hours(now))):
        for frequency in (Frequency.DAILY, Frequency.WEEKLY):
            mails += run(frequency, due_hour, now=now)
    return mails


def missing_hours(now: datetime) -> Iterator[datetime]:
    """Full hours of the last seven days without two finished runs; a new site begins with the hour that runs."""
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    oldest = DigestRun.objects.order_by("due_hour").values_list("due_hour", flat=True).first()
    hour = max(oldest or this_hour, this_hour - LOOK_BACK)
    finished = DigestRun.objects.filter(finished_at__isnull=False, due_hour__gte=hour)
    done = list(finished.values_list("due_hour", flat=True))
    while hour <= this_hour:
        if done.count(hour) < 2:
            yield hour
        hour += HOUR


def run(frequency: Frequency, due_hour: datetime, *, now: datetime) -> int:
    """Batch by batch; a run that died goes on where it stopped, as the claimed changes are no longer untold."""
    this, _ = DigestRun.objects.get_or_create(frequency=frequency, due_hour=due_hour, defaults={"started_at": now})
    if this.finished_at is not None:
        return 0
    after: int | None = 0
    while after is not None:
        after = _batch(this, after, now=now)
    this.refresh_from_db()
    this.finished_at = now
    this.save(update_fields=["finished_at"])
    return this.mails


@transaction.atomic
def _batch(this: DigestRun, after: int, *, now: datetime) -> int | None:
    lock_composing()
    due = _DUE[Frequency(this.frequency)]
    zones, hours, weekdays = local_times(this.due_hour)
    values: dict[str, Any] = {
        "after": after,
        "now": now,
        "most": BATCH,
        "zones": zones,
        "hours": hours,
        "weekdays": weekdays if this.frequency == Frequency.WEEKLY else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_READERS.format(due=due), values)
        readers = [pk for (pk,) in cursor.fetchall()]
        if not readers:
            return None
        cursor.execute(_DROP_UNDONE.format(due=due), {"readers": readers, "now": now})
    count = gather(readers, due, kind=Email.Kind.DIGEST, lane=Email.Lane.DIGESTS, run=this, now=now)
    DigestRun.objects.filter(pk=this.pk).update(mails=F("mails") + count)
    return readers[-1]


def local_times(due_hour: datetime) -> tuple[list[str], list[int], list[int]]:
    """The hour and weekday that this UTC hour is in every zone that a reader chose.

    A local hour that the clock skips in spring is served by the next one; one that it repeats, by the first.
    """
    zones, hours, weekdays = [], [], []
    known = available_timezones()
    for name in Subscriber.objects.exclude(email=None).values_list("time_zone", flat=True).distinct():
        zone = ZoneInfo(name if name in known else "UTC")
        for local in _hours_served(due_hour, zone):
            zones.append(name)
            hours.append(local.hour)
            weekdays.append(local.weekday())
    return zones, hours, weekdays


def _hours_served(due_hour: datetime, zone: ZoneInfo) -> list[datetime]:
    local, before = due_hour.astimezone(zone), (due_hour - HOUR).astimezone(zone)
    served = [local] if local.replace(fold=0, tzinfo=None) != before.replace(fold=0, tzinfo=None) else []
    skipped = before.replace(tzinfo=None, fold=0) + HOUR
    if skipped < local.replace(tzinfo=None, fold=0):
        served.insert(0, skipped.replace(tzinfo=zone))
    return served
