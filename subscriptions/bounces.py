"""What a mail server's no means: for this mail, for this address, or for all our mail. Said at once or later."""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from subscriptions import addresses, leaving, outbox, pace, reports
from subscriptions.models import BounceReport, Email, MailSwitch, Subscription, Suppression
from subscriptions.outbox import Cleared
from subscriptions.return_paths import mail_of
from subscriptions.smtp import Phase, Refusal

log = logging.getLogger(__name__)

REPORTS_ACCEPTED = timedelta(days=7)
SOFT_COUNTED = timedelta(days=30)
SOFT_DAYS = 5
Kind = BounceReport.Kind
BREAKERS = {Kind.HARD: (1_000, 0.05), Kind.COMPLAINT: (10_000, 0.001)}
"""Of the last so many bulk mails, the share that stops the rest."""


def refused(cleared: Cleared, refusal: Refusal, token: uuid.UUID) -> None:
    email, answer = cleared.email, str(refusal)
    if is_policy(refusal):
        outbox.settle_retry(email, token, phase=refusal.phase, code=refusal.code, error=answer)
        pace.refused_by_policy(answer)
    elif refusal.code < 500:
        outbox.settle_retry(email, token, phase=refusal.phase, code=refusal.code, error=answer)
    else:
        outbox.settle_failed(email.pk, token, phase=refusal.phase, code=refusal.code, error=answer)
        if is_no_such_address(refusal):
            reported(email, Kind.HARD, refusal.enhanced, now=timezone.now())


def is_policy(refusal: Refusal) -> bool:
    """5.7.x (we are not wanted) and 5.4.4 (no route): nothing that the person's address did."""
    return refusal.code >= 500 and (refusal.enhanced.startswith("5.7.") or refusal.enhanced == "5.4.4")


def is_no_such_address(refusal: Refusal) -> bool:
    if refusal.enhanced:
        return refusal.enhanced.startswith("5.1.")
    return refusal.phase == Phase.RCPT and refusal.code in (550, 551, 553)


@transaction.atomic
def suppress(key: str | None, reason: str, *, now: datetime) -> None:
    """No mail to this address any more; its subscriptions end."""
    if key is None:
        return
    Suppression.objects.update_or_create(key=key, defaults={"reason": reason, "created_at": now})
    ended = Subscription.EndedReason.COMPLAINED if reason == Suppression.Reason.COMPLAINED else "bounced"
    leaving.end_for_bounce([key], now=now, reason=ended)


def receive(raw: bytes, *, to: Sequence[str] = (), now: datetime) -> str:
    """Take a message that came to a return path; what it was, or "ignored".

    Only a report of a failure counts, about a mail of the last seven days, sent to the very return path of that mail,
    and naming no other recipient than the mail's own.
    """
    report = reports.read(raw)
    if report is None:
        return "ignored"
    email = _mail_reported(report, [*to, *([] if to else reports.addressed_to(raw)), report.about], now=now)
    if email is None or not _names_its_reader(report, email):
        return "ignored"
    if report.kind == reports.Kind.POLICY:
        pace.refused_by_policy(f"{report.status} by report")
    else:
        reported(email, Kind(report.kind.value), report.status, raw=raw, now=now)
    return str(report.kind)


def _mail_reported(report: reports.Report, candidates: Sequence[str], *, now: datetime) -> Email | None:
    ids = [email_id for address in candidates if (email_id := mail_of(address)) is not None]
    sent = Email.objects.filter(sent_at__gt=now - REPORTS_ACCEPTED, state=Email.State.SENT)
    return sent.filter(pk__in=ids[:1]).select_related("subscriber", "confirmation").first()


def _names_its_reader(report: reports.Report, email: Email) -> bool:
    """A complaint may leave the address out; a failure names it."""
    if not report.recipient:
        return report.kind == reports.Kind.COMPLAINT
    return addresses.key(report.recipient) == key_of(email)


def key_of(email: Email) -> str | None:
    holder = email.subscriber or email.confirmation
    return holder.key if holder else None


@transaction.atomic
def reported(email: Email, kind: Kind, status: str, *, now: datetime, raw: bytes = b"") -> None:
    values = {"status": status[:11], "received_at": now, "raw": raw[: BounceReport.LONGEST_RAW] or None}
    _, is_new = BounceReport.objects.get_or_create(email=email, kind=kind, defaults=values)
    if not is_new:
        return
    if kind == Kind.COMPLAINT:
        suppress(key_of(email), Suppression.Reason.COMPLAINED, now=now)
    elif kind == Kind.HARD:
        suppress(key_of(email), Suppression.Reason.BOUNCED, now=now)
    elif _soft_days(email, now=now) >= SOFT_DAYS:
        suppress(key_of(email), Suppression.Reason.SOFT_BOUNCED, now=now)
    _watch_share(kind)


def _soft_days(email: Email, *, now: datetime) -> int:
    """A day counts once, however many mails came back on it; after thirty days it is forgotten."""
    soft = BounceReport.objects.filter(kind=Kind.SOFT, received_at__gt=now - SOFT_COUNTED)
    mine = soft.filter(email__subscriber=email.subscriber_id, email__subscriber__isnull=False)
    return mine.annotate(day=TruncDate("received_at")).values("day").distinct().count()


def _watch_share(kind: Kind) -> None:
    """Too many of the last bulk mails came back: the rest waits for an administrator."""
    if kind not in BREAKERS:
        return
    last, share = BREAKERS[kind]
    bulk = Q(email__kind__in=(Email.Kind.ALERT, Email.Kind.DIGEST))
    came_back = BounceReport.objects.filter(bulk, kind=kind)
    switch = MailSwitch.objects.first()
    if switch and switch.counts_from:
        came_back = came_back.filter(received_at__gt=switch.counts_from)
    if since := _time_of_mail(last):
        came_back = came_back.filter(Q(email__sent_at__gte=since) | Q(email__sent_at=None, received_at__gte=since))
    if came_back.count() > last * share:
        pace.pause_bulk(f"over {share:.1%} of the last {last:,} mails: {kind.label.lower()}")


def _time_of_mail(number: int) -> datetime | None:
    """When the bulk mail went that was so many ago; None when fewer have gone."""
    went = Email.objects.filter(kind__in=(Email.Kind.ALERT, Email.Kind.DIGEST), state=Email.State.SENT)
    times = went.order_by("-sent_at").values_list("sent_at", flat=True)[number - 1 : number]
    return times[0] if times else None
