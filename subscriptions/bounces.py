"""What a mail server's no means: for this mail, for this address, or for all our mail."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from subscriptions import leaving, outbox, pace
from subscriptions.models import Subscription, Suppression
from subscriptions.outbox import Cleared
from subscriptions.smtp import Phase, Refusal


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
            holder = cleared.subscriber or cleared.confirmation
            suppress(holder.key if holder else None, Suppression.Reason.BOUNCED, now=timezone.now())


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
