"""What a person can do: ask, confirm, change, pause, leave. The only writer of subscribers and subscriptions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from subscriptions import addresses, consent
from subscriptions.models import Confirmation, Email, Subscriber, Subscription, Suppression
from subscriptions.models.people import Frequency, Scope
from trials.models import Condition, Trial

Reason = Subscription.EndedReason


@dataclass(frozen=True)
class Wish:
    """What a form asked for."""

    email: str
    trial: Trial | None = None
    condition: Condition | None = None
    frequency: str = Frequency.AT_ONCE
    scope: str = Scope.MATTERS
    source: str = ""


def ask(wish: Wish, *, now: datetime) -> Confirmation:
    """Write down a sign-up. Nothing is looked up, so that known and unknown addresses cost the same time."""
    return Confirmation.objects.create(
        purpose=Confirmation.Purpose.SUBSCRIBE,
        email=wish.email,
        key=addresses.key(wish.email),
        trial=wish.trial,
        condition=wish.condition,
        frequency=wish.frequency,
        scope=wish.scope,
        consent_version=consent.CURRENT,
        source=wish.source[:200],
        created_at=now,
        mail_after=now,
    )


def ask_to_manage(email: str, *, now: datetime) -> Confirmation:
    """Write down that somebody wants the link to their settings; whether one goes out is decided later."""
    return Confirmation.objects.create(
        purpose=Confirmation.Purpose.MANAGE,
        email=email,
        key=addresses.key(email),
        consent_version=consent.CURRENT,
        created_at=now,
        mail_after=now,
    )


def find(pk: int, nonce: str, purpose: str) -> Confirmation | None:
    """The row that a mailed link names, used or not; None when it is gone."""
    return Confirmation.objects.filter(pk=pk, nonce=nonce, purpose=purpose).select_related("trial", "condition").first()


@transaction.atomic
def confirm(confirmation: Confirmation, *, now: datetime) -> list[Subscription]:
    """Begin the subscriptions that the mail named. A second call begins nothing and gives the same answer."""
    leader = Confirmation.objects.select_for_update(of=("self",)).get(pk=confirmation.pk)
    if not leader.is_open(now) or leader.email is None:
        return []
    subscriber = _subscriber(leader, now=now)
    Suppression.objects.filter(key=leader.key).exclude(reason=Suppression.Reason.COMPLAINED).delete()
    wishes = [leader, *leader.followers.filter(used_at=None).order_by("pk")]
    begun = [_begin(subscriber, wish, now=now, **topic) for wish in wishes for topic in topics(wish)]
    ids = [wish.pk for wish in wishes]
    Confirmation.objects.filter(pk__in=ids).update(used_at=now, email=None, subscriber=subscriber)
    return begun


def topics(wish: Confirmation) -> list[dict[str, int]]:
    """What a sign-up asks to follow: its trial, its condition, or both."""
    return [{field: value} for field in ("trial_id", "condition_id") if (value := getattr(wish, field)) is not None]


def _subscriber(confirmation: Confirmation, *, now: datetime) -> Subscriber:
    subscriber, _ = Subscriber.objects.get_or_create(
        key=confirmation.key, defaults={"email": confirmation.email, "created_at": now}
    )
    return subscriber


def _begin(subscriber: Subscriber, wish: Confirmation, *, now: datetime, **topic: int) -> Subscription:
    """A live subscription is brought to what was asked for; an ended one stays ended, and a new one begins."""
    subscription, is_new = subscriber.subscriptions.live().get_or_create(
        **topic,
        defaults={
            "subscriber": subscriber,
            "scope": wish.scope,
            "frequency": wish.frequency,
            "confirmed_at": now,
            "consent_version": wish.consent_version,
            "consented_at": wish.created_at,
            "source": wish.source,
        },
    )
    if not is_new:
        subscription.scope, subscription.frequency = wish.scope, wish.frequency
        subscription.save(update_fields=["scope", "frequency"])
    return subscription


@transaction.atomic
def unsubscribe(
    subscriber_id: int, subscriptions: Sequence[int], *, now: datetime, reason: str = Reason.UNSUBSCRIBED
) -> int:
    """End these subscriptions of the subscriber, or all when none is named. The number that ended just now."""
    live = Subscription.objects.live().filter(subscriber=subscriber_id)
    if subscriptions:
        live = live.filter(pk__in=subscriptions)
    ended = live.update(ended_at=now, ended_reason=reason)
    cancel_unwanted(subscriber_id)
    return ended


def cancel_unwanted(subscriber_id: int) -> int:
    """Cancel waiting mails that no live subscription of the reader asks for any more. The sender checks again."""
    waiting = Email.objects.filter(subscriber=subscriber_id, state__in=Email.WAITING, confirmation=None)
    wanted = waiting.filter(notifications__subscription__ended_at=None).values("pk")
    return waiting.exclude(pk__in=wanted).update(state=Email.State.CANCELLED)


def end_for_bounce(keys: Iterable[str], *, now: datetime, reason: str) -> int:
    """The address takes no mail: its subscriptions end, with the reason."""
    live = Subscription.objects.live().filter(subscriber__key__in=list(keys))
    return live.update(ended_at=now, ended_reason=reason)


@transaction.atomic
def set_pace(subscription: Subscription, *, frequency: str, scope: str) -> None:
    """Untold changes go by the new frequency: they are gathered by what the subscription says at that time."""
    Subscription.objects.filter(pk=subscription.pk).update(frequency=frequency, scope=scope)


def pause(subscriber: Subscriber, *, until: datetime | None) -> None:
    Subscriber.objects.filter(pk=subscriber.pk).update(paused_until=until)


@transaction.atomic
def erase(subscriber: Subscriber, *, now: datetime) -> None:
    """Forget the address at once. A keyed hash stays, so that a restored backup cannot bring it back."""
    key = subscriber.key
    unsubscribe(subscriber.pk, [], now=now, reason=Reason.ERASED)
    Subscriber.objects.filter(pk=subscriber.pk).update(
        email=None, key=None, erased_at=now, paused_until=None, time_zone="UTC", is_neutral=False
    )
    Confirmation.objects.filter(key=key).delete()
    Confirmation.objects.filter(subscriber=subscriber).delete()
    if key:
        Suppression.objects.get_or_create(key=key, defaults={"reason": Suppression.Reason.ERASED, "created_at": now})


def known_topics(subscriber: Subscriber) -> list[Subscription]:
    live = subscriber.subscriptions.live().select_related("trial__plain_summary", "condition")
    return list(live.order_by(F("trial").asc(nulls_last=True), "condition__name"))
