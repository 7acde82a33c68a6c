"""What the workers run of trials: look at the registry."""

import logging

from celery import shared_task
from django.utils import timezone

from trials import polling
from trials.sync import SyncBusy

log = logging.getLogger(__name__)


@shared_task(soft_time_limit=3300, time_limit=3400)
def poll() -> None:
    try:
        polling.poll(now=timezone.now())
    except SyncBusy:
        log.info("A sync is at work already; this poll leaves.")
