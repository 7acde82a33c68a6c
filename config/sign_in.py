"""How fast somebody may guess. Nobody is ever locked out for good: each rule ends by itself, in 15 minutes at most."""

import hashlib
import hmac
import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from config.models import SignInAttempt

log = logging.getLogger(__name__)
Step = SignInAttempt.Step
FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
REMEMBERED = timedelta(hours=24)
HOUR = timedelta(hours=1)
MOST_OF_NETWORK = 30
MOST_OF_ACCOUNT = 50
KNOWN_FOR = timedelta(days=90)


@transaction.atomic
def begin(step: Step, name: str, network: str, *, now: datetime) -> SignInAttempt | timedelta:
    """Write the try down as failed, until it succeeds; or the time to wait when it comes too soon.

    The lock makes tries that arrive together wait for one another: a thousand at once are counted one by one.
    """
    account, place = _hashed("account", name.strip().lower()), _hashed("network", network)
    for held in sorted((account, place)):
        _lock(held)
    if wait := _wait(step, account, place, now=now):
        log.warning("A sign-in (%s) has to wait %d s.", step, wait.total_seconds())
        return wait
    return SignInAttempt.objects.create(step=step, account=account, network=place, at=now)


def succeed(attempt: SignInAttempt, user_id: int) -> None:
    attempt.user_id, attempt.succeeded = user_id, True
    attempt.save(update_fields=["user", "succeeded"])
    SignInAttempt.objects.filter(at__lt=attempt.at - KNOWN_FOR).delete()


def fail(attempt: SignInAttempt, user_id: int | None) -> None:
    """Note whose account it was, for the administrators' list. Nothing else tells whether an account exists."""
    attempt.user_id = user_id
    attempt.save(update_fields=["user"])


def _wait(step: Step, account: str, network: str, *, now: datetime) -> timedelta | None:
    waits = (
        _pair_wait(step, account, network, now=now),
        _network_wait(network, now=now),
        _account_wait(step, account, network, now=now),
    )
    return max((wait for wait in waits if wait), default=None)


def _pair_wait(step: Step, account: str, network: str, *, now: datetime) -> timedelta | None:
    """One account from one network: five tries, then 15 s, 30 s, 60 s ... up to 15 minutes after each.

    Each step for itself: who has the password must not wipe out his wrong codes by giving it again.
    """
    tries = SignInAttempt.objects.filter(account=account, network=network, step=step, at__gt=now - REMEMBERED)
    good = tries.filter(succeeded=True).aggregate(last=Max("at"))["last"]
    bad = tries.filter(succeeded=False, at__gt=good) if good else tries.filter(succeeded=False)
    times = list(bad.order_by("-at").values_list("at", flat=True)[:20])
    if len(times) < FREE_TRIES:
        return None
    pause = min(FIRST_WAIT * 2 ** (len(times) - FREE_TRIES), LONGEST_WAIT)
    return _left(times[0] + pause, now)


def _network_wait(network: str, *, now: datetime) -> timedelta | None:
    """One network on many accounts: after 30 failures in an hour, one try in 15 minutes."""
    failures = SignInAttempt.objects.filter(network=network, succeeded=False, at__gt=now - HOUR)
    return _one_a_while(failures.count() >= MOST_OF_NETWORK, network, now)


def _account_wait(step: Step, account: str, network: str, *, now: datetime) -> timedelta | None:
    """One account from many networks: those from which its owner never came get one try in 15 minutes each."""
    tries = SignInAttempt.objects.filter(account=account, step=step)
    is_attacked = tries.filter(succeeded=False, at__gt=now - HOUR).count() >= MOST_OF_ACCOUNT
    is_known = is_attacked and tries.filter(network=network, succeeded=True, at__gt=now - KNOWN_FOR).exists()
    return _one_a_while(is_attacked and not is_known, network, now)


def _one_a_while(is_limited: bool, network: str, now: datetime) -> timedelta | None:
    if not is_limited:
        return None
    last = SignInAttempt.objects.filter(network=network, at__gt=now - LONGEST_WAIT).aggregate(last=Max("at"))["last"]
    return _left(last + LONGEST_WAIT, now) if last else None


def _left(until: datetime, now: datetime) -> timedelta | None:
    return until - now if until > now else None


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 11))", [name])


def _hashed(kind: str, value: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"sign-in:{kind}:{value}".encode(), hashlib.sha256).hexdigest()[:24]
