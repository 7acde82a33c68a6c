"""Anti-entropy: the daily inventory, the rolling refetch, another try for quarantined studies.

The registry has no change feed and no tombstones, and content changes without a new date. These find what a poll
by date cannot: each is a run like any other, staged, guarded and published.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from django.db.models import F
from django.db.models.functions import Abs, Mod

from trials import guard
from trials.functions import HashText
from trials.models import MissingStudy, QuarantinedStudy, SyncRun, Trial
from trials.polling import open_registry
from trials.registry import InventoryRow, Registry, RegistryError, RegistryMoved, RegistryNotFound, nct_id_of
from trials.storing import whole_day
from trials.sync import BATCH, Run, batches, single_flight

log = logging.getLogger(__name__)

MOST_LOOKED_UP = 500
"""Missing studies asked for one by one in a run: at a request a second, eight minutes."""
REFETCH_DAYS = 30


def take_inventory(*, now: datetime) -> SyncRun:
    """Compares every id, date and status with ours; fetches what differs; asks after what is missing."""
    with single_flight(), open_registry() as registry:
        run = Run.open(SyncRun.Kind.INVENTORY, baseline=False, now=now)
        try:
            run.row.data_timestamp = registry.version().data_timestamp
            with _inventory_table():
                _fill(registry.inventory())
                different, missing = _different(), _missing()
            for batch in batches(registry.studies_by_id(different), BATCH):
                run.take(batch)
            run.tally.missing_studies = len(missing)
            if not guard.reasons_to_hold(run.tally, recent_events=[]):
                _ask_after(registry, run, missing)
        except RegistryError as error:
            return run.fail(error)
        return run.finish()


def refetch(*, now: datetime) -> SyncRun:
    """Fetches a thirtieth of all trials again, chosen by a hash of their id, so that each comes round in a month."""
    with single_flight(), open_registry() as registry:
        run = Run.open(SyncRun.Kind.REFETCH, baseline=False, now=now)
        share = Mod(Abs(HashText(F("nct_id"))), REFETCH_DAYS)
        due = Trial.objects.listed().filter(is_served=True).annotate(share=share)
        ids = due.filter(share=now.date().toordinal() % REFETCH_DAYS).values_list("nct_id", flat=True)
        return _fetch(registry, run, ids.iterator(chunk_size=5000))


def retry_quarantined(*, now: datetime) -> SyncRun | None:
    """Fetches the quarantined studies whose time has come; None where there are none."""
    due = QuarantinedStudy.objects.filter(retry_at__lte=now, nct_id__startswith="NCT")
    ids = list(due.values_list("nct_id", flat=True))
    if not ids:
        return None
    with single_flight(), open_registry() as registry:
        return _fetch(registry, Run.open(SyncRun.Kind.REFETCH, baseline=False, now=now), ids)


def _fetch(registry: Registry, run: Run, ids: Iterable[str]) -> SyncRun:
    try:
        for batch in batches(registry.studies_by_id(ids), BATCH):
            run.take(batch)
    except RegistryError as error:
        return run.fail(error)
    return run.finish()


@contextmanager
def _inventory_table() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE inventory (nct_id text PRIMARY KEY, posted date, status text)")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE inventory")


def _fill(rows: Iterable[InventoryRow]) -> None:
    """One row a study: an inventory of 600,000 fits no Python list that we would like to keep."""
    with connection.cursor() as cursor:
        for batch in batches(rows, 5000):
            cursor.executemany(
                "INSERT INTO inventory VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [(row.nct_id, whole_day(row.last_update_posted or ""), row.overall_status or "") for row in batch],
            )


def _different() -> list[str]:
    """Ids that we lack, took for gone, or hold with another date or status."""
    return _ids("""
        SELECT i.nct_id FROM inventory i LEFT JOIN trials_trial t USING (nct_id)
        WHERE t.id IS NULL OR t.gone_at IS NOT NULL OR t.status <> i.status
           OR t.last_update_posted IS DISTINCT FROM i.posted
        ORDER BY i.nct_id
    """)


def _missing() -> list[str]:
    """Ids that the registry served once and does not list now."""
    return _ids("""
        SELECT t.nct_id FROM trials_trial t LEFT JOIN inventory i USING (nct_id)
        LEFT JOIN trials_missingstudy m ON m.trial_id = t.id AND m.is_out_of_scope
        WHERE i.nct_id IS NULL AND t.is_served AND t.gone_at IS NULL AND m.id IS NULL ORDER BY t.nct_id
    """)


def _ids(query: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()]


def _ask_after(registry: Registry, run: Run, missing: list[str]) -> None:
    """Asks the registry for each missing study: gone, moved to another id, or only out of our scope."""
    came_back = MissingStudy.objects.filter(is_out_of_scope=False).exclude(trial__nct_id__in=missing)
    came_back.delete()
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
