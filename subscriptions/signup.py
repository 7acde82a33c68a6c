"""What a stranger can ask for on a page, and what a mailed button then begins."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from explainers.models import Explainer
from subscriptions import addresses, consent, merging, superseded
from subscriptions.composing import lock_composing
from subscriptions.models import Confirmation, Subscriber, Suppression
from subscriptions.models.people import Frequency, Scope
from trials.models import Condition, Trial

Purpose = Confirmation.Purpose


@dataclass(frozen=True)
class Around:
    """A place to follow a condition in, no more exact than it is stored."""

    name: str
    latitude: float
    longitude: float
    km: int


@dataclass(frozen=True)
class Other:
    """A site, a treatment or a search: at most one of them."""

    site_key: str = ""
    treatment_key: str = ""
    search: str = ""
    name: str = ""


@dataclass(frozen=True)
class Wish:
    """What a form asked for."""

    email: str
    trial: Trial | None = None
    condition: Condition | None = None
    explainer: Explainer | None = None
    around: Around | None = None
    other: Other = Other()
    frequency: str = Frequency.AT_ONCE
    scope: str = Scope.MATTERS
    source: str = ""
    network: str = ""


def ask(wish: Wish, *, now: datetime) -> Confirmation:
    """Write down a sign-up. No address is looked up, so that known and unknown ones cost the same time."""
    return _write_down(
        Purpose.SUBSCRIBE,
        wish.email,
        now=now,
        trial=wish.trial,
        condition=wish.condition,
        explainer=wish.explainer,
        **place_values(wish.around),
        site_key=wish.other.site_key,
        treatment_key=wish.other.treatment_key,
        search=wish.other.search,
        topic_name=wish.around.name if wish.around else wish.other.name,
        frequency=wish.frequency,
        scope=wish.scope,
        source=wish.source[:200],
        network=wish.network,
    )


def place_values(around: Around | None) -> dict[str, Any]:
    if around is None:
        return {}
    return {
        "place_latitude": round(around.latitude, 1),
        "place_longitude": round(around.longitude, 1),
        "radius_km": around.km,
    }


def ask_to_manage(email: str, *, network: str = "", now: datetime) -> Confirmation:
    """Write down that somebody wants the link to their settings; whether one goes out is decided later."""
    return _write_down(Purpose.MANAGE, email, now=now, network=network)


@transaction.atomic
def ask_to_change(subscriber: Subscriber, email: str, *, network: str = "", now: datetime) -> Confirmation:
    """The new address has to be confirmed before anything goes there. What was asked for before is void: it may
    have been mistyped, and its mailbox a stranger's."""
    superseded.lock_readers(subscriber.pk)
    superseded.void_changes([subscriber.pk], but=addresses.key(email), now=now)
    return _write_down(Purpose.CHANGE, email, now=now, subscriber=subscriber, network=network)


def _write_down(purpose: Purpose, email: str, *, now: datetime, **fields: Any) -> Confirmation:
    return Confirmation.objects.create(
        purpose=purpose,
        email=email,
        key=addresses.key(email),
        domain=addresses.domain_key(email),
        consent_version=consent.CURRENT,
        created_at=now,
        mail_after=now,
        **fields,
    )


def find(pk: int, nonce: str, *purposes: str) -> Confirmation | None:
    """The row that a mailed link names, used or not; None when it is gone."""
    rows = Confirmation.objects.filter(pk=pk, nonce=nonce, purpose__in=purposes)
    return rows.select_related("subscriber", "trial__plain_summary", "condition", "explainer__live").first()


def still_holds(asked: Confirmation) -> bool:
    """Whether what a pressed button began is still so. Later, and to an earlier address, its page tells nothing."""
    reader = asked.subscriber
    if asked.used_at is None or reader is None or reader.key != asked.key:
        return False
    topics = [topic for wish in (asked, *asked.followers.all()) for topic in wish.topics]
    return all(reader.subscriptions.live().filter(**topic).exists() for topic in topics)


@transaction.atomic
def confirm(confirmation: Confirmation, *, now: datetime) -> None:
    """Begin the subscriptions that the mail named. A second call begins nothing."""
    if confirmation.purpose == Purpose.CHANGE:
        if Subscriber.objects.filter(key=confirmation.key).exists():
            lock_composing()  # before any row is locked, as the composer does
        superseded.lock_readers(confirmation.subscriber_id, confirmation.key)
    leader = Confirmation.objects.select_for_update(of=("self",)).get(pk=confirmation.pk)
    if not leader.is_open(now) or leader.email is None:
        return
    if leader.purpose == Purpose.CHANGE:
        change_address(leader, now=now)
        return
    subscriber = _subscriber(leader, now=now)
    wishes = [leader, *leader.followers.filter(used_at=None).order_by("pk")]
    for wish in wishes:
        for topic in wish.topics:
            begin(subscriber, wish, now=now, **topic)
    _mark_used(wishes, subscriber, now=now)
    superseded.void_signups(leader.key, [topic for wish in wishes for topic in wish.topics], before=leader.pk, now=now)


def change_address(asked: Confirmation, *, now: datetime) -> None:
    """Mails go to the new address from now on; the old one is told. Where both were known, the new one takes over."""
    old = asked.subscriber
    if old is None or old.email is None or old.key == asked.key:
        _mark_used([asked], old, now=now)
        return
    _write_down(Purpose.NOTICE, old.email, now=now)
    other = Subscriber.objects.filter(key=asked.key).first()
    superseded.void_changes([reader.pk for reader in (old, other) if reader], but="", now=now)
    if other is None:
        Subscriber.objects.filter(pk=old.pk).update(email=asked.email, key=asked.key)
        _allow(asked.key)
    else:
        merging.merge(old, other, now=now)
    _mark_used([asked], other or old, now=now)


def begin(subscriber: Subscriber, wish: Confirmation, *, now: datetime, **topic: Any) -> None:
    """A live subscription is brought to what was asked for; an ended one stays ended, and a new one begins."""
    pace = _pace(wish, topic)
    _, is_new = subscriber.subscriptions.live().get_or_create(
        **topic,
        defaults={
            "subscriber": subscriber,
            **pace,
            "topic_name": _topic_name(wish, topic),
            "confirmed_at": now,
            "consent_version": wish.consent_version,
            "consented_at": wish.created_at,
            "source": wish.source,
        },
    )
    if not is_new:
        subscriber.subscriptions.live().filter(**topic).update(**pace)


def _pace(wish: Confirmation, topic: dict[str, Any]) -> dict[str, str]:
    """A brief is about a condition, once a week. What else was asked for with it comes as it would without."""
    if wish.scope != Scope.BRIEF:
        return {"scope": wish.scope, "frequency": wish.frequency}
    if topic["condition_id"] is not None and topic["place_latitude"] is None:
        return {"scope": Scope.BRIEF, "frequency": Frequency.WEEKLY}
    return {"scope": Scope.MATTERS, "frequency": wish.frequency}


def _topic_name(wish: Confirmation, topic: dict[str, Any]) -> str:
    is_named = topic["place_latitude"] is not None or not any(
        topic[name] for name in ("trial_id", "condition_id", "explainer_id")
    )
    return wish.topic_name if is_named else ""


def _subscriber(confirmation: Confirmation, *, now: datetime) -> Subscriber:
    subscriber, _ = Subscriber.objects.get_or_create(
        key=confirmation.key, defaults={"email": confirmation.email, "created_at": now}
    )
    _allow(confirmation.key)
    return subscriber


def _allow(key: str) -> None:
    """The mailed button was pressed: the address exists and wants mail. A complaint stays."""
    Suppression.objects.filter(key=key).exclude(reason=Suppression.Reason.COMPLAINED).delete()


def _mark_used(wishes: list[Confirmation], subscriber: Subscriber | None, *, now: datetime) -> None:
    ids = [wish.pk for wish in wishes]
    Confirmation.objects.filter(pk__in=ids).update(used_at=now, email=None, subscriber=subscriber)
