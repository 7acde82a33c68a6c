"""Mailed links that a later step makes void: a newer request, an address that was reached, a goodbye.

A void link is like a used one: its page is the neutral one, a mail that still waits with it is not sent, and the
address that it was for is forgotten.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from subscriptions.models import Confirmation, Subscriber

Purpose = Confirmation.Purpose
Topics = list[dict[str, Any]]


def lock_readers(subscriber_id: int | None, key: str = "") -> None:
    """Held until the transaction ends: of two address changes at a time, the second sees what the first one did.

    Always before a link's own row is locked.
    """
    readers = Subscriber.objects.filter(Q(pk=subscriber_id) | Q(key=key)).order_by("pk")
    list(readers.select_for_update(of=("self",)).values_list("pk", flat=True))


def void_changes(readers: Collection[int], *, but: str, now: datetime) -> None:
    """Address changes that nobody has confirmed; not those to the mailbox with the key `but`: they lead there, too."""
    _void(Confirmation.objects.filter(purpose=Purpose.CHANGE, subscriber__in=readers).exclude(key=but), now=now)


def void_signups(key: str, topics: Topics, *, before: int | None = None, now: datetime) -> None:
    """Sign-ups of this address that ask for nothing but these topics; only those asked for before the one named."""
    waiting = Confirmation.objects.filter(purpose=Purpose.SUBSCRIBE, key=key, leader=None, used_at=None)
    older = waiting.filter(pk__lt=before) if before is not None else waiting
    done = [asked.pk for asked in older.prefetch_related("followers") if _is_within(asked, topics)]
    _void(Confirmation.objects.filter(Q(pk__in=done) | Q(leader__in=done)), now=now)


def void_by_leaving(subscriber_id: int, topics: Topics | None, *, now: datetime) -> None:
    """Who stops these topics, or all mails where none is named, takes back what they had asked for before."""
    key = Subscriber.objects.filter(pk=subscriber_id).values_list("key", flat=True).first()
    if topics is None:
        void_changes([subscriber_id], but="", now=now)
    if key and topics is None:
        _void(Confirmation.objects.filter(purpose=Purpose.SUBSCRIBE, key=key), now=now)
    elif key and topics:
        void_signups(key, topics, now=now)


def _is_within(asked: Confirmation, topics: Topics) -> bool:
    return all(topic in topics for wish in (asked, *asked.followers.all()) for topic in wish.topics)


def _void(links: QuerySet[Confirmation], *, now: datetime) -> None:
    links.filter(used_at=None).update(used_at=now, email=None)
