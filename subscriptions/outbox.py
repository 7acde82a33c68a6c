"""The state machine of an Email row: claim, fence, settle, recover. Each step is one short transaction.

pending -> claimed(token, lease) -> sending -> sent | retry(due_at) | failed | unknown | cancelled
"""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from subscriptions.models import Confirmation, Email, Notification, Subscriber, Suppression

LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 12
LONGEST_TRYING = timedelta(hours=48)
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=6)
State = Email.State

_CLAIM = """
UPDATE subscriptions_email
   SET state = 'claimed', token = %(token)s, leased_until = now() + make_interval(secs => %(lease)s)
 WHERE id IN (SELECT id FROM subscriptions_email
               WHERE lane = %(lane)s AND state IN ('pending', 'retry') AND due_at <= now()
               ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""

# The whole question in one statement: still ours, and its reader still wants exactly what it says, at this address.
# It waits for the disk whatever the server's default is: a fence that a crash forgets is a mail sent twice
_FENCE = """
UPDATE subscriptions_email mail
   SET state = 'sending', leased_until = now() + make_interval(secs => %(lease)s)
 WHERE id = %(pk)s AND token = %(token)s AND state = 'claimed'
   AND EXISTS (SELECT FROM subscriptions_subscriber reader
                WHERE reader.id = mail.subscriber_id AND reader.email = %(address)s
                  AND (reader.paused_until IS NULL OR reader.paused_until <= now())
                  AND NOT EXISTS (SELECT FROM subscriptions_suppression WHERE key = reader.key))
   AND (SELECT array_agg(n.id ORDER BY n.id)
          FROM subscriptions_notification n JOIN subscriptions_subscription s ON s.id = n.subscription_id
         WHERE n.email_id = mail.id AND s.ended_at IS NULL) = %(told)s::bigint[]
   AND set_config('synchronous_commit', 'on', true) = 'on'
"""

# Not waiting for the disk here makes no new doubt but in a crash of PostgreSQL itself, and then for one mail a
# connection at most: the next mail's fence waits for the disk, and all that was written before goes with it
_SENT = """
UPDATE subscriptions_email
   SET state = 'sent', sent_at = now(), phase = 'done', error = '', code = NULL,
       token = NULL, leased_until = NULL, attempts = attempts + 1
 WHERE id = %s AND token = %s AND state IN ('claimed', 'sending')
   AND set_config('synchronous_commit', 'off', true) = 'off'
"""


_PUT_OFF = """
UPDATE subscriptions_email mail SET state = 'pending', due_at = late.due_at, token = NULL, leased_until = NULL
  FROM unnest(%(ids)s::bigint[], %(dues)s::timestamptz[]) AS late(id, due_at)
 WHERE mail.id = late.id AND mail.token = %(token)s AND mail.state = 'claimed'
"""


@dataclass(frozen=True)
class Cleared:
    """A mail that may go on the wire now."""

    email: Email
    subscriber: Subscriber | None
    confirmation: Confirmation | None
    notifications: Sequence[Notification]


def claim(lane: str, token: uuid.UUID, *, most: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"lane": lane, "token": token, "most": most, "lease": LEASE.total_seconds()})
        return sorted(pk for (pk,) in cursor.fetchall())


def load(pks: Sequence[int], token: uuid.UUID) -> dict[int, Cleared]:
    """What claimed mails have to say: those that are still ours and still wanted."""
    held = Email.objects.select_related("subscriber", "confirmation")
    emails = list(held.filter(pk__in=pks, token=token, state=State.CLAIMED))
    told: dict[int | None, list[Notification]] = {}
    live = Notification.objects.filter(email__in=[email.pk for email in emails], subscription__ended_at=None)
    for each in live.select_related("subscription").order_by("pk"):
        told.setdefault(each.email_id, []).append(each)
    keys = [email.subscriber.key for email in emails if email.subscriber]
    suppressed = set(Suppression.objects.filter(key__in=keys).values_list("key", flat=True))
    loaded = {}
    for email in emails:
        reader = email.subscriber
        is_suppressed = reader is not None and reader.key in suppressed
        if cleared := _cleared(email, is_suppressed=is_suppressed, live=told.get(email.pk, [])):
            loaded[email.pk] = cleared
        else:
            _leave(email.pk, token, State.CANCELLED)
    return loaded


def fence(cleared: Cleared, token: uuid.UUID) -> bool:
    """The last word before the final dot: the mail is still ours, and its reader still wants all that it says.

    Only from here on may the server have the mail; a sender that dies earlier leaves no doubt behind.
    """
    return _fence_fast(cleared, token) or _fence_with_reason(cleared, token)


def _fence_fast(cleared: Cleared, token: uuid.UUID) -> bool:
    if cleared.confirmation is not None or cleared.subscriber is None:
        return False
    values: dict[str, Any] = {
        "pk": cleared.email.pk,
        "token": token,
        "lease": LEASE.total_seconds(),
        "address": cleared.subscriber.email,
        "told": sorted(_told(cleared)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FENCE, values)
        return cursor.rowcount == 1


@transaction.atomic
def _fence_with_reason(cleared: Cleared, token: uuid.UUID) -> bool:
    """The same question step by step, to put a mail that may not go where it belongs."""
    held = Email.objects.select_for_update(of=("self",)).select_related("subscriber", "confirmation")
    email = held.filter(pk=cleared.email.pk, token=token, state=State.CLAIMED).first()
    if email is None:
        return False
    reader = email.subscriber
    live = Notification.objects.filter(email=email, subscription__ended_at=None).select_related("subscription")
    is_suppressed = reader is not None and Suppression.objects.filter(key=reader.key).exists()
    now_cleared = _cleared(email, is_suppressed=is_suppressed, live=list(live))
    if now_cleared is None:
        _leave(email.pk, token, State.CANCELLED)
        return False
    if _told(now_cleared) != _told(cleared) or _address(now_cleared) != _address(cleared):
        _leave(email.pk, token, State.PENDING)  # written anew, without what was turned off meanwhile
        return False
    Email.objects.filter(pk=email.pk).update(state=State.SENDING, leased_until=Now() + LEASE)
    return True


def _told(cleared: Cleared) -> set[int]:
    return {each.pk for each in cleared.notifications}


def _address(cleared: Cleared) -> str | None:
    holder = cleared.subscriber or cleared.confirmation
    return holder.email if holder else None


def _cleared(email: Email, *, is_suppressed: bool, live: list[Notification]) -> Cleared | None:
    if email.confirmation is not None:
        asked = email.confirmation
        wanted = asked.email is not None and asked.is_open(timezone.now())
        return Cleared(email, None, asked, []) if wanted else None
    reader = email.subscriber
    if reader is None or reader.email is None or is_suppressed:
        return None
    if reader.paused_until is not None and reader.paused_until > timezone.now():
        email.notifications.update(email=None)  # told when the pause is over
        return None
    return Cleared(email, reader, None, live) if live else None


def settle_sent(pk: int, token: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SENT, [pk, token])


def settle_failed(pk: int, token: uuid.UUID, *, phase: str, code: int | None, error: str) -> None:
    _settle(pk, token, state=State.FAILED, phase=phase, code=code, error=error[:200])


def settle_retry(email: Email, token: uuid.UUID, *, phase: str, code: int | None, error: str) -> None:
    """Tried again with growing pauses; given up, for a person to look at, after 12 tries or 48 hours."""
    now, tries = timezone.now(), email.attempts + 1
    if tries >= MOST_ATTEMPTS or now > email.created_at + LONGEST_TRYING:
        settle_failed(email.pk, token, phase=phase, code=code, error=error)
        return
    due = now + retry_delay(tries)
    _settle(email.pk, token, state=State.RETRY, due_at=due, phase=phase, code=code, error=error[:200])


def settle_ambiguous(email: Email, token: uuid.UUID, *, error: str) -> None:
    """The dot was handed over and no answer came. Sent once more under the same Message-ID, or parked."""
    doubt = {"ambiguous": F("ambiguous") + 1, "phase": "dot", "error": error[:200]}
    if settings.MAIL_AMBIGUOUS == "resend" and email.ambiguous == 0:
        _settle(email.pk, token, state=State.RETRY, due_at=timezone.now() + retry_delay(1), **doubt)
    else:
        _settle(email.pk, token, state=State.UNKNOWN, **doubt)


def give_back(pks: Sequence[int], token: uuid.UUID) -> None:
    """Unsent mails of a sender that stops: nothing was tried, so nothing counts."""
    mine = Email.objects.filter(pk__in=pks, token=token, state=State.CLAIMED)
    mine.update(state=State.PENDING, token=None, leased_until=None)


def put_off(until: dict[int, datetime], token: uuid.UUID) -> None:
    """Unsent mails whose provider has to wait. Nothing was tried, so nothing counts."""
    values: dict[str, Any] = {"ids": list(until), "dues": list(until.values()), "token": token}
    with connection.cursor() as cursor:
        cursor.execute(_PUT_OFF, values)


def renew(tokens: Sequence[uuid.UUID]) -> None:
    Email.objects.filter(token__in=tokens, state__in=Email.HELD_BY_SENDER).update(leased_until=Now() + LEASE)


@transaction.atomic
def recover() -> int:
    """Take over the mails of senders that died. Only one that was on the wire may have reached the server."""
    expired = Email.objects.filter(state__in=Email.HELD_BY_SENDER, leased_until__lt=Now())
    free: dict[str, Any] = {"token": None, "leased_until": None}
    count = expired.filter(state=State.CLAIMED).update(state=State.PENDING, **free)
    on_wire = expired.filter(state=State.SENDING)
    lost: dict[str, Any] = {
        "phase": "dot",
        "attempts": F("attempts") + 1,
        "error": "its sender died",
        "ambiguous": F("ambiguous") + 1,
        **free,
    }
    if settings.MAIL_AMBIGUOUS == "resend":
        count += on_wire.filter(ambiguous=0).update(state=State.RETRY, due_at=Now(), **lost)
    return count + on_wire.update(state=State.UNKNOWN, **lost)


def retry_delay(attempts: int) -> timedelta:
    """Full jitter: anywhere up to the exponential step, so that a thousand mails do not come back together."""
    step = min(FIRST_DELAY * 2 ** max(0, attempts - 1), LONGEST_DELAY)
    return random.uniform(0.05, 1) * step  # noqa: S311  no secret


def _settle(pk: int, token: uuid.UUID, **fields: Any) -> None:
    """A try is over. Only the holder settles: after a lost lease the row belongs to somebody else."""
    mine = Email.objects.filter(pk=pk, token=token, state__in=Email.HELD_BY_SENDER)
    mine.update(token=None, leased_until=None, attempts=F("attempts") + 1, **fields)


def _leave(pk: int, token: uuid.UUID, state: str) -> None:
    Email.objects.filter(pk=pk, token=token).update(state=state, token=None, leased_until=None)
