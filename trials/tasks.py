"""What the workers run of trials: look at the registry, do what was decided about held runs, raise the alarm."""

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from trials import decisions, enrollment, freshness, learning, polling, upkeep
from trials.directory import filling
from trials.flight import StayAway, SyncBusy

log = logging.getLogger(__name__)

_SOFT, _HARD = 6900, 7000  # a first import at a request a second is an hour; one that is cut off goes on with the next


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def poll() -> None:
    _unless_busy(polling.poll)
    _unless_busy(_inventory_if_due)


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def take_inventory() -> None:
    _unless_busy(_inventory_if_due)


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def refetch() -> None:
    _unless_busy(upkeep.refetch)


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def retry_quarantined() -> None:
    _unless_busy(upkeep.retry_quarantined)


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def carry_out_decisions() -> None:
    _unless_busy(decisions.carry_out)


@shared_task
def measure_enrollment() -> None:
    enrollment.measure_if_due(now=timezone.now())


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def keep_directory() -> None:
    filling.refresh()


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def learn_conditions() -> None:
    learned = learning.learn()
    log.info("%s studies looked at, %s names learned, %s broader conditions", *learned)


@shared_task
def check_freshness() -> None:
    if sentence := freshness.alarm(now=timezone.now()):
        log.critical("ALARM: %s", sentence)


def _inventory_if_due(*, now: datetime) -> None:
    if upkeep.is_inventory_due(now=now):
        upkeep.take_inventory(now=now)


def _unless_busy(work: Callable[..., object]) -> None:
    try:
        work(now=timezone.now())
    except SyncBusy:
        log.info("A sync is at work already; this one leaves.")
    except StayAway as away:
        log.info("No sync: %s.", away)
