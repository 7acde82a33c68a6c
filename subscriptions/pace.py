"""How fast mail may go, and whether it may go at all: one row that the senders of all processes share."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from subscriptions import home
from subscriptions.models import Email, MailSwitch

log = logging.getLogger(__name__)

BATCH = 20
PROBE_EVERY = timedelta(seconds=60)
POLICY_PAUSE = timedelta(minutes=10)
POLICY_REFUSALS = 3
RESTORED = "This database was restored from a dump. Apply the suppressions, give up what is old, then let mail go."

_RESERVE = """
UPDATE subscriptions_mailswitch
   SET next_slot_at = greatest(next_slot_at, clock_timestamp()) + make_interval(secs => %(seconds)s)
 WHERE id = 1
RETURNING extract(epoch FROM next_slot_at - make_interval(secs => %(seconds)s) - clock_timestamp())
"""


@dataclass(frozen=True)
class Allowance:
    """How many mails a sender may claim now."""

    mails: int
    is_probe: bool = False


def allowance(lane: str) -> Allowance:
    """None while the breaker is open; one, for one sender, when its time is over; else a batch."""
    switch = _switch()
    if is_held(switch) or _is_restored(switch):
        return Allowance(0)
    if switch.is_bulk_paused and lane != Email.Lane.CONFIRMATIONS:
        return Allowance(0)
    if switch.open_until is None:
        return Allowance(max(1, min(BATCH, int(settings.MAIL_RATE))))
    now = timezone.now()
    won = MailSwitch.objects.filter(pk=1, open_until__lte=now).update(open_until=now + PROBE_EVERY)
    return Allowance(won, is_probe=True)


def reserve(mails: int) -> float:
    """Book this many places in the site's pace; the seconds until the first of them."""
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, {"seconds": mails / settings.MAIL_RATE})
        row = cursor.fetchone()
    return max(0.0, float(row[0])) if row else 0.0


def went_well() -> None:
    """A mail went: the breaker closes. Said once a batch of a sender."""
    MailSwitch.objects.exclude(open_until=None, refusals=0).update(open_until=None, refusals=0, reason="")


def unreachable(cause: str) -> None:
    """The server does not answer: nobody tries for a minute, then one does."""
    _switch()
    until = timezone.now() + PROBE_EVERY
    MailSwitch.objects.filter(open_until=None).update(open_until=until, reason=f"mail server: {cause}"[:200])


def refused_by_policy(answer: str) -> None:
    """Our mail as such is refused, not one person's: three in a row stop the lot before our name suffers."""
    _switch()
    MailSwitch.objects.update(refusals=F("refusals") + 1)
    tripped = MailSwitch.objects.filter(refusals__gte=POLICY_REFUSALS)
    tripped.update(open_until=timezone.now() + POLICY_PAUSE, reason=f"refused by policy: {answer}"[:200])


def pause_bulk(reason: str) -> None:
    """Alerts and digests wait until an administrator lets them go; confirmations are not held up by it."""
    _switch()
    paused = MailSwitch.objects.filter(is_bulk_paused=False).update(is_bulk_paused=True, reason=reason[:200])
    if paused:
        log.error("Alerts and digests are paused: %s.", reason)


def let_go(*, now: datetime) -> None:
    """An administrator has looked: what came back until now counts no more."""
    _switch()
    MailSwitch.objects.update(
        open_until=None, refusals=0, reason="", is_bulk_paused=False, counts_from=now, home=home.here()
    )


def is_held(switch: MailSwitch) -> bool:
    """MAIL_HOLD, until an administrator lets mail go in this very database.

    Without the setting nothing of that remains, so that whoever sets it again holds again.
    """
    if settings.MAIL_HOLD:
        return switch.hold_released_in != home.here()
    if switch.hold_released_in:
        hold_again()
    return False


def release_hold(*, by: str, now: datetime) -> None:
    _switch()
    here = home.here()
    MailSwitch.objects.update(hold_released_in=here, hold_released_by=by[:150], hold_released_at=now, home=here)
    MailSwitch.objects.filter(reason=RESTORED).update(reason="")
    log.warning("Held mail was let go by an administrator.")


def hold_again() -> None:
    MailSwitch.objects.update(hold_released_in="", hold_released_by="", hold_released_at=None)


def _is_restored(switch: MailSwitch) -> bool:
    """What a dump calls waiting may have been sent since: nothing goes until an administrator says so."""
    here = home.here()
    if switch.home == here:
        return False
    if not switch.home:  # the first mail ever
        MailSwitch.objects.filter(home="").update(home=here)
        return False
    if MailSwitch.objects.exclude(reason=RESTORED).update(reason=RESTORED):
        log.error("No mail goes: %s", RESTORED)
    return True


def _switch() -> MailSwitch:
    switch, _ = MailSwitch.objects.get_or_create(pk=1, defaults={"next_slot_at": timezone.now()})
    return switch


def rate() -> float:
    return float(settings.MAIL_RATE)
