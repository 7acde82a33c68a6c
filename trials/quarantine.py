"""Studies that could not be read or stored: kept with the reason, tried again, in nobody's way."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, ProgrammingError, transaction
from django.db.models import F

from trials.incoming import Broken, Incoming
from trials.models import QuarantinedStudy

log = logging.getLogger(__name__)

Item = TypeVar("Item")
_MOST_DOUBLINGS = 10
_NOT_ITS_FAULT = (OperationalError, InterfaceError, ProgrammingError, MemoryError, SoftTimeLimitExceeded)
"""The database is away, the machine full or the time up: no study is to blame, and the run fails."""


def put(broken: Broken, *, now: datetime) -> None:
    log.error("%s could not be read and waits in quarantine: %s", broken.nct_id, broken.reason)
    row, made = QuarantinedStudy.objects.get_or_create(
        nct_id=broken.nct_id,
        defaults={"reason": broken.reason, "packed": broken.packed, "first_failed_at": now,
                  "retry_at": now + QuarantinedStudy.FIRST_WAIT},
    )  # fmt: skip
    if not made:
        QuarantinedStudy.objects.filter(pk=row.pk).update(
            reason=broken.reason, packed=broken.packed, tries=F("tries") + 1, retry_at=now + _wait(row.tries)
        )


def refused(item: Incoming, error: Exception) -> Broken:
    """A study that was read and cannot be stored. Only the first line: PostgreSQL's others quote the row."""
    reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return Broken(item.nct_id, reason[:2000], item.packed)


def release(nct_ids: Iterable[str]) -> None:
    QuarantinedStudy.objects.filter(nct_id__in=list(nct_ids)).delete()


def put_off(nct_ids: Iterable[str], *, now: datetime) -> None:
    """The registry did not send these when it was asked: no hurry to ask again."""
    still = QuarantinedStudy.objects.filter(nct_id__in=list(nct_ids), retry_at__lte=now)
    still.update(tries=F("tries") + 1, retry_at=now + QuarantinedStudy.LONGEST_WAIT)


def _wait(tries: int) -> timedelta:
    return min(QuarantinedStudy.FIRST_WAIT * 2 ** min(tries, _MOST_DOUBLINGS), QuarantinedStudy.LONGEST_WAIT)


def each_or_apart(
    items: list[Item],
    work: Callable[[list[Item]], None],
    refuse: Callable[[Item, Exception], None],
    forget: Callable[[], None],
) -> None:
    """Does the work on all items at once; where that fails, on halves, until what cannot be stored stands alone.

    `work` runs in a savepoint; `forget` drops from memory what its rollback made wrong.
    """
    if not items:
        return
    try:
        with transaction.atomic():
            work(items)
    except _NOT_ITS_FAULT:
        raise
    except Exception as error:
        forget()
        if len(items) == 1:
            refuse(items[0], error)
            return
        for half in (items[: len(items) // 2], items[len(items) // 2 :]):
            each_or_apart(half, work, refuse, forget)
