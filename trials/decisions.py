"""What a person decides about a held run: release it with its news, or discard the news and keep the data."""

import logging
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from trials.flight import single_flight
from trials.models import SyncRun
from trials.sync import Run

log = logging.getLogger(__name__)

_DONE = {SyncRun.Decision.RELEASE: "released", SyncRun.Decision.DISCARD: "discarded"}


def release(run: SyncRun, *, by: User | None, now: datetime) -> SyncRun:
    """Publishes a held run, changes and all: it is told once. What was superseded meanwhile brings nothing."""
    return _decide(run, SyncRun.Decision.RELEASE, by=by, now=now)


def discard(run: SyncRun, *, by: User | None, now: datetime) -> SyncRun:
    """Takes a held run's studies as they are without telling anybody: a silent new baseline."""
    return _decide(run, SyncRun.Decision.DISCARD, by=by, now=now)


def ask(run: SyncRun, decision: SyncRun.Decision, *, by: User) -> bool:
    """Notes what a person wants, for a worker to do; False where somebody decided before, or the run is not held."""
    open_runs = SyncRun.objects.held().filter(pk=run.pk, decision="")
    return bool(open_runs.update(decision=decision, decided_by=by))


def carry_out(*, now: datetime) -> int:
    """Does what was asked and is not done yet; the number of runs. Raises SyncBusy."""
    asked = list(SyncRun.objects.held().exclude(decision="").select_related("decided_by").order_by("id"))
    for run in asked:
        _decide(run, SyncRun.Decision(run.decision), by=run.decided_by, now=now)
    return len(asked)


def _decide(run: SyncRun, decision: SyncRun.Decision, *, by: User | None, now: datetime) -> SyncRun:
    with single_flight(), transaction.atomic():
        run.refresh_from_db()
        if run.state != SyncRun.State.HELD:
            raise ValueError(f"run {run.pk} is {run.get_state_display().lower()}, not held")
        run.decision = decision
        run.save(update_fields=["decision"])
        silently = decision == SyncRun.Decision.DISCARD
        done = Run(run, now=now).publish(silently=silently, by=by)
        log.info("Run %s was %s by %s", run.pk, _DONE[decision], by or "the command line")
    return done
