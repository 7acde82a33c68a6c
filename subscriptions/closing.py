"""A trial that is over: its followers' subscriptions end by themselves, after the mail that says so.

Why results are waited for, and how long, is in docs/adr/0010-a-closed-trial-ends-quietly.md.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from subscriptions.models import Email, MatchedRun, Notification, Subscription
from trials.models import SyncRun, TrialChange

OVER = ("COMPLETED", "TERMINATED", "WITHDRAWN")
NEVER_RAN = "WITHDRAWN"
RESULTS_AWAITED = timedelta(days=365)
_ON_ITS_WAY = (*Email.WAITING, *Email.HELD_BY_SENDER)


def is_end(change: TrialChange) -> bool:
    return change.field == "status" and change.new in OVER


def end_quietly(*, now: datetime) -> int:
    """End what follows a trial that is over and has nothing more to say; the number of subscriptions."""
    followed = _with_trial(Subscription.objects.live()).filter(Q(trial_status__in=OVER))
    done = followed.filter(_told_the_last(now)).exclude(Exists(_untold())).exclude(Exists(_unmatched()))
    return done.update(ended_at=now, ended_reason=Subscription.EndedReason.CLOSED)


def _with_trial(subscriptions: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """With the trial that it hears of: the one it names, or the one that the registry merged that into."""
    return subscriptions.filter(trial__isnull=False).annotate(
        trial_now=Coalesce("trial__moved_to", "trial"),
        trial_status=Coalesce("trial__moved_to__status", "trial__status"),
        trial_has_results=Coalesce("trial__moved_to__has_results", "trial__has_results"),
    )


def _told_the_last(now: datetime) -> Q:
    """The mail with the last news has gone: results, or that the trial never ran; or a year passed without results.

    Whoever began to follow a trial that was over already heard of no end, and waits for results.
    """
    told = Notification.objects.filter(subscription=OuterRef("pk"), email__state=Email.State.SENT)
    told_end = told.filter(change__field="status", change__new__in=OVER)
    ends = TrialChange.objects.filter(
        trial=OuterRef("trial_now"), field="status", new__in=OVER, detected_at__gte=OuterRef("confirmed_at")
    )
    is_waited_for = Exists(ends.filter(detected_at__gt=now - RESULTS_AWAITED))
    return (
        (Q(trial_status=NEVER_RAN) & Exists(told_end))
        | (Q(trial_has_results=True) & Exists(told_end | told.filter(change__kind="results_posted")))
        | (Exists(ends) & ~is_waited_for)
    )


def _untold() -> QuerySet[Notification]:
    """What still has to reach the reader. A mail that was given up for good keeps nothing alive."""
    mine = Notification.objects.filter(subscription=OuterRef("pk"), dropped_at=None)
    return mine.filter(Q(email=None) | Q(email__state__in=_ON_ITS_WAY))


def _unmatched() -> QuerySet[TrialChange]:
    """News of the trial that nobody was sought for yet: it may be the last, or that the trial goes on."""
    done = MatchedRun.objects.filter(finished_at__isnull=False).values("run")
    return TrialChange.objects.filter(
        trial=OuterRef("trial_now"), run__in=SyncRun.objects.with_news().exclude(pk__in=done)
    )
