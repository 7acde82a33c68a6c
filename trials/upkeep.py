"""Anti-entropy: the daily inventory, the rolling refetch, another try for quarantined studies.

The registry has no change feed and no tombstones, and content changes without a new date. These find what a poll
by date cannot: each is a run like any other, staged, guarded and published.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import F, Max
from django.db.models.functions import Abs, Mod

from trials import guard, inventory, quarantine
from trials.batches import batches
from trials.functions import HashText
from trials.models import MissingStudy, QuarantinedStudy, StagedStudy, SyncRun, Trial
from trials.polling import at_the_registry, fetch
from trials.registry import Registry, RegistryMoved, RegistryNotFound, nct_id_of
from trials.sync import Run

log = logging.getLogger(__name__)

MOST_LOOKED_UP = 500
"""Missing studies asked for one by one in a run: at a request a second, eight minutes."""
REFETCH_DAYS = 30
A_DAY = timedelta(hours=20)
FEW_STUDIES = 2_000
"""An inventory of so many is two requests."""
ACCEPTED_FOR = timedelta(days=7)
"""How long a person's word that so many studies did leave the registry holds for the inventories that follow."""


def is_inventory_due(*, now: datetime) -> bool:
    """Once a day; of a registry of a few pages, as often as its data moves."""
    good = SyncRun.objects.last_good_poll()
    if good is None:
        return False
    last = SyncRun.objects.filter(kind=SyncRun.Kind.INVENTORY).order_by("-id").first()
    if last is None or now - last.started_at >= A_DAY:
        return True
    moved = last.data_timestamp != good.data_timestamp
    return moved and Trial.objects.listed().filter(is_served=True).count() <= FEW_STUDIES


def take_inventory(*, now: datetime) -> SyncRun | None:
    """Compares every id, date and status with ours; fetches what differs; asks after what is missing.

    None before the first import: all that the registry has would look newly listed.
    """
    with at_the_registry(now=now) as registry:
        if SyncRun.objects.last_good_poll() is None:
            return None
        run = Run.open(SyncRun.Kind.INVENTORY, baseline=False, now=now)

        def work() -> None:
            run.row.data_timestamp = registry.version().data_timestamp
            with inventory.table() as listed:
                listed.fill(registry.inventory())
                different, missing = listed.different(), listed.missing()
                _count_missing(run, listed, missing)
                listed.forget_found()
                run.has_seen(listed.moved_on())
            for batch in batches(registry.studies_by_id(different)):
                run.take(batch)
            if not guard.reasons_to_hold(run.tally, recent_events=[]):
                _ask_after(registry, run, missing)

        return run.carry_out(work)


def refetch(*, now: datetime) -> SyncRun:
    """Fetches a thirtieth of all trials again, chosen by a hash of their id, so that each comes round in a month.

    What waits in a held run is left out: piece by piece it would slip past the guard.
    """
    with at_the_registry(now=now) as registry:
        run = Run.open(SyncRun.Kind.REFETCH, baseline=False, now=now)
        share = Mod(Abs(HashText(F("nct_id"))), REFETCH_DAYS)
        due = Trial.objects.listed().filter(is_served=True).annotate(share=share)
        waiting = StagedStudy.objects.filter(run__state=SyncRun.State.HELD).values("nct_id")
        ids = due.filter(share=now.date().toordinal() % REFETCH_DAYS).exclude(nct_id__in=waiting)
        return fetch(registry, run, ids.values_list("nct_id", flat=True).iterator(chunk_size=5000))


def retry_quarantined(*, now: datetime) -> SyncRun | None:
    """Fetches the quarantined studies whose time has come; None where there are none."""
    due = QuarantinedStudy.objects.filter(retry_at__lte=now, nct_id__startswith="NCT")
    ids = list(due.values_list("nct_id", flat=True))
    if not ids:
        return None
    with at_the_registry(now=now) as registry:
        run = fetch(registry, Run.open(SyncRun.Kind.REFETCH, baseline=False, now=now), ids)
    if run.state != SyncRun.State.FAILED:
        quarantine.put_off(ids, now=now)
    return run


def _count_missing(run: Run, listed: inventory.Inventory, missing: list[str]) -> None:
    """Tells the guard what is missing beyond what a person accepted by releasing a held inventory."""
    run.row.missing = len(missing)
    released = SyncRun.objects.filter(kind=SyncRun.Kind.INVENTORY, state=SyncRun.State.PUBLISHED)
    lately = released.exclude(held_because="").filter(finished_at__gte=run.now - ACCEPTED_FOR)
    accepted = lately.aggregate(most=Max("missing"))["most"] or 0
    if len(missing) > accepted:
        run.tally.missing_studies = len(missing) - accepted
        run.tally.is_registry_empty = listed.is_empty()
        run.tally.emptied_conditions = listed.emptied_conditions()


def _ask_after(registry: Registry, run: Run, missing: list[str]) -> None:
    """Asks the registry for each missing study: gone, moved to another id, or only out of our scope."""
    for trial in Trial.objects.filter(nct_id__in=missing[:MOST_LOOKED_UP]).order_by("nct_id"):
        try:
            study = registry.study(trial.nct_id)
        except RegistryNotFound:
            _note_missing(trial, run)
            continue
        except RegistryMoved as moved:
            log.warning("%s redirects to a place that is no study: %s", trial.nct_id, moved)
            continue
        run.take([study])
        current = nct_id_of(study)
        if current == trial.nct_id:
            values = {"data_timestamp": run.row.data_timestamp, "noticed_at": run.now, "is_out_of_scope": True}
            MissingStudy.objects.update_or_create(trial=trial, defaults=values)
        elif current:
            run.merged[trial.nct_id] = current


def _note_missing(trial: Trial, run: Run) -> None:
    """The first time is remembered; the second, on other data, makes the trial gone."""
    seen, first_time = MissingStudy.objects.get_or_create(
        trial=trial, defaults={"data_timestamp": run.row.data_timestamp, "noticed_at": run.now}
    )
    if not first_time and seen.data_timestamp != run.row.data_timestamp:
        run.vanished.append(trial.nct_id)
