"""What a reader sets for themselves: how often, when, a pause; and all that is kept about them."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from subscriptions import consent, items, signup
from subscriptions.models import Confirmation, Subscriber, Subscription
from subscriptions.models.people import Frequency, Scope
from subscriptions.signup import Around

TOPICS = ("trial__plain_summary", "condition", "explainer__live")


def followed(subscriber: Subscriber) -> list[Subscription]:
    live = subscriber.subscriptions.live().select_related(*TOPICS)
    return list(live.order_by(F("trial").asc(nulls_last=True), "condition__name"))


def set_pace(subscriber: Subscriber, subscription_id: int, *, frequency: str, scope: str) -> bool:
    """Untold changes follow the new pace: they are gathered by what the subscription says at that time."""
    mine = subscriber.subscriptions.live().filter(pk=subscription_id)
    if scope == Scope.BRIEF:
        mine, frequency = mine.filter(condition__isnull=False, place_latitude=None), Frequency.WEEKLY
    return bool(mine.update(frequency=frequency, scope=scope))


def set_place(subscriber: Subscriber, subscription_id: int, around: Around | None) -> bool:
    """False where there is no such subscription to a condition, or the reader follows that very place already."""
    mine = (
        subscriber.subscriptions.live().filter(pk=subscription_id, condition__isnull=False).exclude(scope=Scope.BRIEF)
    )
    place = {"place_latitude": None, "place_longitude": None, "radius_km": None, **signup.place_values(around)}
    try:
        with transaction.atomic():
            return bool(mine.exclude(scope=Scope.BRIEF).update(**place, topic_name=around.name if around else ""))
    except IntegrityError:
        return False


def pause(subscriber: Subscriber, *, until: datetime | None) -> None:
    Subscriber.objects.filter(pk=subscriber.pk).update(paused_until=until)


def set_hours(subscriber: Subscriber, *, time_zone: str, hour: int, weekday: int, is_neutral: bool) -> None:
    Subscriber.objects.filter(pk=subscriber.pk).update(
        time_zone=time_zone, digest_hour=hour, digest_weekday=weekday, is_neutral=is_neutral
    )


@transaction.atomic
def enter(confirmation: Confirmation, *, now: datetime) -> Subscriber | None:
    """The mailed link to the settings works once."""
    asked = Confirmation.objects.select_for_update().get(pk=confirmation.pk)
    if not asked.is_open(now):
        return None
    subscriber = Subscriber.objects.filter(key=asked.key).first()
    Confirmation.objects.filter(pk=asked.pk).update(used_at=now, email=None, subscriber=subscriber)
    return subscriber


def export(subscriber: Subscriber, *, site: str) -> dict[str, Any]:
    """Everything that is kept about one reader, and nobody else's."""
    return {
        "email": subscriber.email,
        "known_since": subscriber.created_at.isoformat(),
        "time_zone": subscriber.time_zone,
        "digest_hour": subscriber.digest_hour,
        "digest_weekday": subscriber.digest_weekday,
        "neutral_mails": subscriber.is_neutral,
        "paused_until": _iso(subscriber.paused_until),
        "subscriptions": [
            _subscription(each, site)
            for each in subscriber.subscriptions.select_related(
                "trial__plain_summary", "condition", "explainer__live"
            ).order_by("pk")
        ],
        "mails": _mails(subscriber),
    }


def _subscription(each: Subscription, site: str) -> dict[str, Any]:
    return {
        "follows": each.topic,
        "place": [each.place_latitude, each.place_longitude] if each.has_place else None,
        "within_km": each.radius_km,
        "search": each.search or None,
        "frequency": each.frequency,
        "scope": each.scope,
        "confirmed_at": _iso(each.confirmed_at),
        "ended_at": _iso(each.ended_at),
        "ended_reason": each.ended_reason,
        "consent_version": each.consent_version,
        "consent_text": consent.text(site, each.consent_version),
        "consented_at": _iso(each.consented_at),
        "signed_up_on_page": each.source,
    }


def _mails(subscriber: Subscriber) -> list[dict[str, Any]]:
    mails = subscriber.emails.prefetch_related(
        "notifications__change__trial", "notifications__explainer_update__explainer"
    ).order_by("pk")
    return [
        {
            "kind": mail.kind,
            "state": mail.state,
            "written_at": _iso(mail.created_at),
            "sent_at": _iso(mail.sent_at),
            "about": sorted({items.key(each) for each in mail.notifications.all()}),
        }
        for mail in mails
    ]


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
