"""What tells whether the site does its work: ages and counts from the tables, for /health/ready and /metrics."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db.models import Count, Min, Q

from subscriptions.models import Confirmation, Email, MailSwitch, MatchedRun
from trials.models import QuarantinedStudy, SyncRun, Trial

State = Email.State


@dataclass(frozen=True)
class Vitals:
    """Ages in seconds; None where there is nothing to have an age. Waiting means due, not merely planned."""

    broker_answers: bool
    last_good_sync: float | None
    held_runs: int
    oldest_unmatched_run: float | None
    oldest_undecided_sign_up: float | None
    oldest_unsent_mail: dict[str, float] = field(default_factory=dict)
    mails: dict[str, int] = field(default_factory=dict)
    breaker_open: bool = False
    bulk_paused: bool = False
    quarantined: int = 0
    trials: int = 0

    def as_json(self) -> dict[str, Any]:
        """For a load balancer's page: no more than it needs."""
        return {
            "database": "ok",
            "broker": "ok" if self.broker_answers else "down",
            "last_good_sync_seconds": self.last_good_sync,
            "oldest_unsent_mail_seconds": max(self.oldest_unsent_mail.values(), default=None),
        }

    def numbers(self) -> dict[str, Any]:
        return asdict(self)


def look(*, now: datetime) -> Vitals:
    """Raises DatabaseError when the database does not answer."""
    good = SyncRun.objects.last_good_poll()
    switch = MailSwitch.objects.first()
    return Vitals(
        last_good_sync=round((now - good.checked_at).total_seconds()) if good else None,
        held_runs=SyncRun.objects.held().count(),
        oldest_unmatched_run=_age(_unmatched_since(), now),
        oldest_undecided_sign_up=_age(_undecided_since(now), now),
        oldest_unsent_mail=_unsent(now),
        mails={row["state"]: row["n"] for row in _needing_a_person()},
        breaker_open=bool(switch and switch.open_until and switch.open_until > now),
        bulk_paused=bool(switch and switch.is_bulk_paused),
        quarantined=QuarantinedStudy.objects.count(),
        trials=Trial.objects.count(),
        broker_answers=_broker_answers(),
    )


def _age(since: datetime | None, now: datetime) -> float | None:
    return max(0, round((now - since).total_seconds())) if since else None


def _unmatched_since() -> datetime | None:
    done = MatchedRun.objects.filter(finished_at__isnull=False).values("run")
    since: datetime | None = SyncRun.objects.with_news().exclude(pk__in=done).aggregate(at=Min("finished_at"))["at"]
    return since


def _undecided_since(now: datetime) -> datetime | None:
    waiting = Confirmation.objects.filter(settled_at=None, mail_after__lte=now)
    since: datetime | None = waiting.aggregate(at=Min("mail_after"))["at"]
    return since


def _unsent(now: datetime) -> dict[str, float]:
    """By lane: how long the mail that waits longest has been due."""
    due = Email.objects.filter(Q(state__in=Email.WAITING, due_at__lte=now) | Q(state__in=Email.HELD_BY_SENDER))
    rows = due.order_by().values("lane").annotate(since=Min("due_at"))
    return {row["lane"]: max(0, round((now - row["since"]).total_seconds())) for row in rows}


def _needing_a_person() -> Any:
    stuck = Email.objects.filter(state__in=(State.FAILED, State.UNKNOWN))
    return stuck.order_by().values("state").annotate(n=Count("pk"))


def _broker_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
