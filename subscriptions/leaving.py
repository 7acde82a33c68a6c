"""Ways out: a subscription, all of them, the address itself. And what is too old to keep."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q

from subscriptions import closing, providers, superseded
from subscriptions.models import (
    BounceReport,
    Confirmation,
    DigestRun,
    Email,
    MailSwitch,
    Notification,
    ProviderEvent,
    Subscriber,
    Subscription,
)
from subscriptions.models import Suppression as Suppressed

Reason = Subscription.EndedReason

ADDRESS_KEPT = timedelta(days=28)
NETWORK_KEPT = timedelta(days=1)
HISTORY_KEPT = timedelta(days=365)
EVENTS_KEPT = timedelta(days=30)
TIDY_EVERY = timedelta(hours=1)
BATCH = 5_000


@transaction.atomic
def unsubscribe(
    subscriber_id: int, subscriptions: Sequence[int], *, now: datetime, reason: str = Reason.UNSUBSCRIBED
) -> int:
    """End these subscriptions of the subscriber, or all when none is named. The number that ended just now."""
    live = Subscription.objects.live().filter(subscriber=subscriber_id)
    if subscriptions:
        live = live.filter(pk__in=subscriptions)
    superseded.void_by_leaving(subscriber_id, [each.topic_values for each in live] if subscriptions else None, now=now)
    ended = live.update(ended_at=now, ended_reason=reason)
    _cancel_unwanted(subscriber_id)
    return ended


def is_for_its_reader(subscriber_id: int, mark: str) -> bool:
    """A link in a mail acts for the address that got it, not for the next one. `mark` is empty in our first mails."""
    reader = Subscriber.objects.filter(pk=subscriber_id).first()
    return not mark or reader is None or reader.address_mark in ("", mark)


def _cancel_unwanted(subscriber_id: int) -> None:
    """Cancel waiting mails that no live subscription of the reader asks for any more. The sender checks again."""
    waiting = Email.objects.filter(subscriber=subscriber_id, state__in=Email.WAITING, confirmation=None)
    wanted = waiting.filter(notifications__subscription__ended_at=None, notifications__isnull=False).values("pk")
    waiting.exclude(pk__in=wanted).update(state=Email.State.CANCELLED)


def end_for_bounce(keys: Iterable[str], *, now: datetime, reason: str) -> int:
    """The address takes no mail: its subscriptions end, with the reason."""
    live = Subscription.objects.live().filter(subscriber__key__in=list(keys))
    return live.update(ended_at=now, ended_reason=reason)


@transaction.atomic
def erase(subscriber: Subscriber, *, now: datetime) -> None:
    """Forget the address at once. A keyed hash stays, so that a restored backup cannot bring it back."""
    key = subscriber.key
    unsubscribe(subscriber.pk, [], now=now, reason=Reason.ERASED)
    _forget([subscriber.pk], now=now)
    Confirmation.objects.filter(Q(key=key) | Q(subscriber=subscriber)).delete()
    if key:
        Suppressed.objects.get_or_create(key=key, defaults={"reason": Suppressed.Reason.ERASED, "created_at": now})


def _forget(subscribers: Sequence[int], *, now: datetime) -> int:
    people = Subscriber.objects.filter(pk__in=subscribers, erased_at=None)
    BounceReport.objects.filter(email__subscriber__in=subscribers, raw__isnull=False).update(raw=None)
    return people.update(email=None, key=None, erased_at=now, paused_until=None, time_zone="UTC", is_neutral=False)


def tidy(*, now: datetime) -> int:
    """End and remove what is past its time, once an hour whoever asks. The number of rows that changed or went."""
    MailSwitch.objects.get_or_create(pk=1, defaults={"next_slot_at": now})
    due = MailSwitch.objects.filter(Q(tidied_at=None) | Q(tidied_at__lte=now - TIDY_EVERY), pk=1)
    return _tidy(now=now) if due.update(tidied_at=now) else 0


def _tidy(*, now: datetime) -> int:
    count, _ = Confirmation.objects.filter(created_at__lte=now - Confirmation.KEPT_FOR).delete()
    count += closing.end_quietly(now=now)
    Confirmation.objects.filter(created_at__lte=now - NETWORK_KEPT).exclude(network="").update(network="", domain="")
    count += _forget(_who_left(now=now), now=now)
    count += providers.forget_idle(now=now)
    count += BounceReport.objects.filter(received_at__lte=now - EVENTS_KEPT, raw__isnull=False).update(raw=None)
    count += ProviderEvent.objects.filter(received_at__lte=now - EVENTS_KEPT).delete()[0]
    return count + _forget_history(now=now)


def _who_left(*, now: datetime) -> list[int]:
    """Subscribers whose last subscription ended 28 days ago, or who never had one."""
    people = Subscriber.objects.filter(erased_at=None, created_at__lte=now - ADDRESS_KEPT)
    idle = people.exclude(pk__in=Subscription.objects.live().values("subscriber"))
    last = idle.annotate(last=Max("subscriptions__ended_at")).filter(Q(last=None) | Q(last__lte=now - ADDRESS_KEPT))
    return list(last.values_list("pk", flat=True)[:BATCH])


def _forget_history(*, now: datetime) -> int:
    """A year of mails is kept, a batch an hour goes; what still waits or needs a person stays."""
    ended = (Email.State.SENT, Email.State.CANCELLED)
    old = list(
        Email.objects.filter(created_at__lte=now - HISTORY_KEPT, state__in=ended).values_list("pk", flat=True)[:BATCH]
    )
    Notification.objects.filter(email__in=old).delete()
    count, _ = Email.objects.filter(pk__in=old).delete()
    # Numbers grow with time, so the oldest are found without an index of their own
    oldest = list(Notification.objects.order_by("pk").values_list("pk", flat=True)[:BATCH])
    never_mailed = Notification.objects.filter(pk__in=oldest, email=None, created_at__lte=now - HISTORY_KEPT)
    count += never_mailed.delete()[0]
    count += _forget_what_was_followed(now=now)
    unused = DigestRun.objects.filter(due_hour__lte=now - HISTORY_KEPT).exclude(
        pk__in=Email.objects.exclude(digest_run=None).values("digest_run")
    )
    return count + unused.delete()[0]


def _forget_what_was_followed(*, now: datetime) -> int:
    """A year after the end also what nameless readers followed, and then their rows."""
    nameless = Subscriber.objects.filter(erased_at__lte=now - HISTORY_KEPT)
    old = Subscription.objects.filter(subscriber__in=nameless, ended_at__lte=now - HISTORY_KEPT)
    old = old.exclude(notifications__email__isnull=False)
    count, _ = Subscription.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()
    empty = nameless.filter(subscriptions=None, emails=None).exclude(
        pk__in=Confirmation.objects.exclude(subscriber=None).values("subscriber")
    )
    return count + Subscriber.objects.filter(pk__in=list(empty.values_list("pk", flat=True)[:BATCH])).delete()[0]
