"""What a mail provider tells about one of our mails: that it arrived, came back, or was complained of.

Each event is a row, so that a replay changes nothing, and one that comes before its mail is settled waits for it. The
order of arrival does not matter: a delivery undoes no complaint.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.db import transaction

from subscriptions import addresses, bounces, pace, reports
from subscriptions.models import BounceReport, Email, ProviderEvent
from subscriptions.smtp import enhanced_code

GIVEN_UP_AFTER = timedelta(days=2)
Kind = ProviderEvent.Kind
State = Email.State
_MADE_BY_US = (Kind.HARD, Kind.SOFT, Kind.COMPLAINT)


def receive(provider: str, event: AnymailTrackingEvent, *, now: datetime) -> str:
    """What it was: its kind, "known" for a replay, or "ignored"."""
    kind, status = _kind(event)
    email = _mail(event) if kind else None
    if kind is None or email is None or not _names_its_reader(event, kind, email):
        return "ignored"
    values = {"email": email, "kind": kind, "status": status[:11], "received_at": now,
              "happened_at": min(event.timestamp or now, now)}  # fmt: skip
    row, is_new = ProviderEvent.objects.get_or_create(event_key=_event_key(provider, event), defaults=values)
    if not is_new:
        return "known"
    settle(row.pk, now=now)
    return str(kind)


def settle_waiting(*, now: datetime) -> int:
    """Events that came while their mail was on the wire; the number settled."""
    waiting = ProviderEvent.objects.filter(settled_at=None).order_by("pk").values_list("pk", flat=True)
    return sum(settle(pk, now=now) for pk in list(waiting[:1_000]))


@transaction.atomic
def settle(pk: int, *, now: datetime) -> bool:
    """False while the mail is in a sender's hands: that sender has the first word."""
    row = ProviderEvent.objects.select_for_update().get(pk=pk)
    mails = Email.objects.select_for_update(of=("self",)).select_related("subscriber", "confirmation")
    email = mails.get(pk=row.email_id)
    if row.settled_at is not None:
        return False
    if email.state in Email.HELD_BY_SENDER and row.received_at > now - GIVEN_UP_AFTER:
        return False
    _note_arrival(email, row)
    _act(email, row, now=now)
    row.settled_at = now
    row.save(update_fields=["settled_at"])
    return True


def _note_arrival(email: Email, row: ProviderEvent) -> None:
    """The provider has it, so the doubt is over: no second copy, nothing for a person to decide."""
    in_doubt = email.state == State.UNKNOWN or (email.state in (*Email.WAITING, State.FAILED) and email.ambiguous)
    if in_doubt:
        sent = Email.objects.filter(pk=email.pk)
        sent.update(state=State.SENT, sent_at=row.happened_at, phase="done", error="", code=None)
        email.state, email.sent_at = State.SENT, row.happened_at


def _act(email: Email, row: ProviderEvent, *, now: datetime) -> None:
    is_recent = email.sent_at is not None and email.sent_at > now - bounces.REPORTS_ACCEPTED
    if email.state != State.SENT or not is_recent:
        return
    if row.kind == Kind.POLICY:
        pace.refused_by_policy(f"{row.status} by report")
    elif row.kind in _MADE_BY_US:
        bounces.reported(email, BounceReport.Kind(row.kind), row.status, now=now)


def _kind(event: AnymailTrackingEvent) -> tuple[Kind | None, str]:
    if event.event_type == EventType.DELIVERED:
        return Kind.DELIVERED, ""
    if event.event_type == EventType.COMPLAINED:
        return Kind.COMPLAINT, ""
    if event.event_type not in (EventType.BOUNCED, EventType.REJECTED):
        return None, ""
    status = enhanced_code(f"{event.mta_response or ''} {event.description or ''}")
    if status:
        return Kind(reports.kind_of(status).value), status
    if (event.esp_event or {}).get("Type") == "SoftBounce":
        return Kind.SOFT, ""
    no_such = event.reject_reason in (RejectReason.BOUNCED, RejectReason.INVALID)
    return (Kind.HARD if no_such else Kind.SOFT), ""


def _mail(event: AnymailTrackingEvent) -> Email | None:
    """By the Message-ID that we gave it, or by the number that we had the provider carry along."""
    number = str((event.metadata or {}).get("mail", ""))
    mails = Email.objects.select_related("subscriber", "confirmation")
    if number.isdecimal() and len(number) < 18:
        return mails.filter(pk=int(number)).first()
    return mails.filter(message_id=str(event.message_id)).first() if event.message_id else None


def _names_its_reader(event: AnymailTrackingEvent, kind: Kind, email: Email) -> bool:
    if not event.recipient:
        return kind == Kind.COMPLAINT
    return addresses.key(str(event.recipient)) == bounces.key_of(email)


def _event_key(provider: str, event: AnymailTrackingEvent) -> str:
    """The provider's own number of the event; where it gives none, all of the event."""
    whole: Any = event.event_id or json.dumps(event.esp_event, sort_keys=True, default=str)
    return hashlib.sha256(f"{provider} {event.event_type} {whole}".encode()).hexdigest()
