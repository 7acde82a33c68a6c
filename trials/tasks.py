"""What the workers run of trials: look at the registry."""

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from trials import polling, upkeep
from trials.sync import SyncBusy

log = logging.getLogger(__name__)


@shared_task(soft_time_limit=3300, time_limit=3400)
def poll() -> None:
    _unless_busy(polling.poll)


@shared_task(soft_time_limit=3300, time_limit=3400)
def take_inventory() -> None:
    _unless_busy(upkeep.take_inventory)


@shared_task(soft_time_limit=3300, time_limit=3400)
def refetch() -> None:
    _unless_busy(upkeep.refetch)


@shared_task(soft_time_limit=3300, time_limit=3400)
def retry_quarantined() -> None:
    _unless_busy(upkeep.retry_quarantined)


def _unless_busy(work: Callable[..., object], now: datetime | None = None) -> None:
    try:
        work(now=now or timezone.now())
    except SyncBusy:
        log.info("A sync is at work already; this one leaves.")
