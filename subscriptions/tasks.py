"""Go and look: no task carries work, so one that is lost or runs twice changes nothing."""

import logging
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from subscriptions import (
    composing,
    confirmations,
    delivery,
    digests,
    leaving,
    matching,
    outbox,
    provider_events,
    text_matching,
)
from subscriptions.models import Email
from trials.waking import wake

log = logging.getLogger(__name__)


@shared_task
def sweep() -> None:
    """Find what any stage left unfinished. A stage that fails does not keep the others from their work."""
    now = timezone.now()
    stages: list[Callable[[], int]] = [
        outbox.recover,
        lambda: provider_events.settle_waiting(now=now),
        lambda: confirmations.prepare(now=now),
        lambda: matching.match_new_runs(now=now),
        lambda: text_matching.match_new_updates(now=now),
        lambda: composing.compose_alerts(now=now),
        lambda: digests.run_due(now=now),
        lambda: leaving.tidy(now=now),
    ]
    failures = [error for stage in stages if (error := _attempt(stage)) is not None]
    wake_senders()
    if failures:
        raise failures[0]


def _attempt(stage: Callable[[], int]) -> Exception | None:
    try:
        stage()
    except Exception as error:
        log.exception("A stage of the sweep failed; the others go on.")
        return error
    return None


def wake_senders() -> None:
    tasks = {
        Email.Lane.CONFIRMATIONS: deliver_confirmations,
        Email.Lane.ALERTS: deliver_alerts,
        Email.Lane.DIGESTS: deliver_digests,
    }
    due = Email.objects.filter(state__in=Email.WAITING, due_at__lte=timezone.now())
    for lane, task in tasks.items():
        if due.filter(lane=lane).exists():
            wake(task)


@shared_task
def deliver_confirmations() -> None:
    confirmations.prepare(now=timezone.now())
    delivery.deliver(Email.Lane.CONFIRMATIONS)


@shared_task
def deliver_alerts() -> None:
    delivery.deliver(Email.Lane.ALERTS)


@shared_task
def deliver_digests() -> None:
    delivery.deliver(Email.Lane.DIGESTS)
