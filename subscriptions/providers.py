"""How fast mail may go to one mailbox provider: its domain's share of the site's pace. A provider that gets a million
mails at once takes the sender for a spammer, and then nobody's mail arrives.

One row a domain, known by its keyed hash. Lanes share the rate: each may book only so many mails ahead, a digest the
fewest, so that a confirmation finds room behind any number of digests. What finds none is spread over the time to come.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from subscriptions import addresses
from subscriptions.models import Email, ProviderPace
from subscriptions.outbox import Cleared

AHEAD = {Email.Lane.CONFIRMATIONS: 40, Email.Lane.ALERTS: 20, Email.Lane.DIGESTS: 10}
"""So many mails at once, then the rate."""
SHARE_OF_SITE = 0.4
NO_LIMIT = 1_000.0
STALE = timedelta(seconds=60)
SHORTLY = (5.0, 30.0)


def rate(domain: str) -> float:
    """Mails a second."""
    general = settings.MAIL_DOMAIN_RATE.get("") or settings.MAIL_RATE * SHARE_OF_SITE
    return float(settings.MAIL_DOMAIN_RATE.get(domain, general))


def to_put_off(lane: str, batch: Sequence[Cleared]) -> dict[int, datetime]:
    """The mails that have to wait, and until when; what is left may go now."""
    by_domain: dict[str, list[Email]] = defaultdict(list)
    for each in batch:
        holder = each.subscriber or each.confirmation
        domain = (holder.email or "").rpartition("@")[2] if holder else ""
        if domain and rate(domain) < NO_LIMIT:
            by_domain[domain].append(each.email)
    return _book(Email.Lane(lane), by_domain, now=timezone.now()) if by_domain else {}


@transaction.atomic
def _book(lane: Email.Lane, by_domain: dict[str, list[Email]], *, now: datetime) -> dict[int, datetime]:
    keys = {addresses.hashed(f"domain:{domain}"): domain for domain in by_domain}
    ProviderPace.objects.bulk_create(
        [ProviderPace(domain=key, next_at=now) for key in sorted(keys)], ignore_conflicts=True
    )
    waiting: dict[int, datetime] = {}
    rows = list(ProviderPace.objects.select_for_update().filter(domain__in=keys).order_by("domain"))
    for row in rows:
        domain = keys[row.domain]
        step = timedelta(seconds=1 / rate(domain))
        late = by_domain[domain][_grant(row, lane, len(by_domain[domain]), step, now=now) :]
        waiting |= _spread(row, lane, late, step, now=now)
    ProviderPace.objects.bulk_update(rows, ["next_at", *_CURSORS.values()])
    return waiting


_CURSORS = {
    Email.Lane.CONFIRMATIONS: "confirmations_to",
    Email.Lane.ALERTS: "alerts_to",
    Email.Lane.DIGESTS: "digests_to",
}


def _grant(row: ProviderPace, lane: Email.Lane, mails: int, step: timedelta, *, now: datetime) -> int:
    """How many may go now."""
    start = max(row.next_at, now)
    room = AHEAD[lane] - -(-(start - now) // step)  # booked places, rounded up
    granted = max(0, min(mails, room))
    if granted:
        row.next_at = start + granted * step
    return granted


def _spread(
    row: ProviderPace, lane: Email.Lane, late: list[Email], step: timedelta, *, now: datetime
) -> dict[int, datetime]:
    """A place in the lane's own line for who comes first, or comes back after a standstill; else a little later."""
    cursor = max(getattr(row, _CURSORS[lane]) or now, row.next_at, now)
    waiting = {}
    for email in late:
        is_fresh = not email.attempts and email.due_at <= email.created_at
        if is_fresh or email.due_at < now - STALE:
            waiting[email.pk] = cursor
            cursor += step
        else:
            waiting[email.pk] = now + timedelta(seconds=random.uniform(*SHORTLY))  # noqa: S311  no secret
    setattr(row, _CURSORS[lane], cursor)
    return waiting


def forget_idle(*, now: datetime) -> int:
    """Rows of domains that got no mail for a day say nothing any more."""
    idle = ProviderPace.objects.filter(next_at__lt=now - timedelta(days=1))
    for name in _CURSORS.values():
        idle = idle.exclude(**{f"{name}__gt": now - timedelta(days=1)})
    count, _ = idle.delete()
    return count
