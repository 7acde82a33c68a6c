"""Stage, guard, publish: the only writer of Trial, Location, TrialChange and SyncRun.

A run takes studies in, keeps those that differ, and then publishes all of them in one transaction or is held for a
person. A baseline run stores batch by batch and tells nobody. Whoever starts a run holds the one lock meanwhile.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from trials import changes, guard, records
from trials.condition_index import ConditionIndex, recount
from trials.incoming import Broken, Glance, Incoming, glance, read
from trials.models import (
    QuarantinedStudy,
    StagedStudy,
    SyncRun,
    Trial,
    TrialAlias,
    TrialChange,
    TrialCondition,
    TrialDocument,
    TrialVersion,
)
from trials.packing import pack, unpack
from trials.records import TrialRecord
from trials.storing import Stored, insert, replace, stored, whole_day

log = logging.getLogger(__name__)

BATCH = 500
RECENT = timedelta(days=60)
"""A study first posted longer ago is no news when we first see it: it was out of our scope, or we were late."""
_LOCK = 0x74726961  # "tria"


class SyncBusy(Exception):
    """Another sync is at work; this one leaves at once."""


@contextmanager
def single_flight() -> Iterator[None]:
    """Holds the one lock of all syncs, and clears up after runs whose process died. Raises SyncBusy."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise SyncBusy("another sync is at work")
    try:
        _end_dead_runs()
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _end_dead_runs() -> None:
    """The lock is ours, so a run that says it is running has no process any more."""
    dead = SyncRun.objects.filter(state=SyncRun.State.RUNNING)
    StagedStudy.objects.filter(run__in=dead).delete()
    dead.update(state=SyncRun.State.FAILED, finished_at=timezone.now(), error="Its process died.")


class Run:
    """One run at work: takes batches of raw studies, then is published, held or failed."""

    def __init__(self, row: SyncRun, *, now: datetime) -> None:
        self.row, self.now = row, now
        self.is_served = row.kind != SyncRun.Kind.FILE
        self.conditions = ConditionIndex()
        self.drift: Counter[str] = Counter()
        self.tally = guard.Tally(studies_before=Trial.objects.listed().filter(is_served=True).count())
        self.vanished: list[str] = []
        self.merged: dict[str, str] = {}

    @classmethod
    def open(cls, kind: SyncRun.Kind, *, baseline: bool, now: datetime, since: date | None = None,
             data_timestamp: str = "") -> "Run":  # fmt: skip
        row = SyncRun.objects.create(
            kind=kind, is_baseline=baseline, started_at=now, since=since, data_timestamp=data_timestamp
        )
        return cls(row, now=now)

    # --- taking studies in

    def take(self, studies: Iterable[Any], *, cursor: str = "") -> None:
        """Parses one batch; stores it at once in a baseline, stages what differs otherwise."""
        studies = list(studies)
        self.row.seen += len(studies)
        glances = [glance(study) for study in studies]
        self.take_read([read(studies[n], glances[n]) for n in self.differing(glances)], cursor=cursor)

    def differing(self, glances: Sequence[Glance | None]) -> list[int]:
        """The places of the studies that must be read: those whose hash is not the stored one."""
        known = stored(seen.nct_id for seen in glances if seen)
        due = []
        for place, seen in enumerate(glances):
            if seen and seen.nct_id in known and known[seen.nct_id].holds(seen.content_hash, served=self.is_served):
                self.row.unchanged += 1
            else:
                due.append(place)
        return due

    def take_read(self, items: Iterable[Incoming | Broken], *, cursor: str = "") -> None:
        """Stores or stages studies that were found new or different, and read."""
        incoming = self._sound(items)
        known = stored(incoming)
        fresh = [item for nct_id, item in incoming.items() if nct_id not in known]
        moved = [(known[nct_id], item) for nct_id, item in incoming.items() if nct_id in known]
        if self.row.is_baseline:
            self._store_baseline(fresh, moved, cursor)
        elif fresh or moved:
            self._stage(fresh, moved)

    def _sound(self, items: Iterable[Incoming | Broken]) -> dict[str, Incoming]:
        """The readable ones by NCT ID; the others go to quarantine."""
        incoming: dict[str, Incoming] = {}
        for item in items:
            if isinstance(item, Broken):
                self._quarantine(item)
                continue
            self.drift.update(item.drift)
            if item.record.nct_id in incoming:  # a study that moved between two pages comes twice
                self.row.seen -= 1
            incoming[item.record.nct_id] = item
        return incoming

    def _quarantine(self, broken: Broken) -> None:
        log.error("%s could not be read and waits in quarantine: %s", broken.nct_id, broken.reason)
        self.row.failed += 1
        wait = QuarantinedStudy.FIRST_WAIT
        row, made = QuarantinedStudy.objects.get_or_create(
            nct_id=broken.nct_id,
            defaults={"reason": broken.reason, "packed": broken.packed, "first_failed_at": self.now,
                      "retry_at": self.now + wait},
        )  # fmt: skip
        if not made:
            wait = min(wait * 2**row.tries, QuarantinedStudy.LONGEST_WAIT)
            QuarantinedStudy.objects.filter(pk=row.pk).update(
                reason=broken.reason, tries=F("tries") + 1, retry_at=self.now + wait
            )

    def _store_baseline(self, fresh: list[Incoming], moved: list[tuple[Stored, Incoming]], cursor: str) -> None:
        with transaction.atomic():
            insert(fresh, conditions=self.conditions, now=self.now, served=self.is_served)
            pairs = self._with_old_records(moved)
            replace(pairs, conditions=self.conditions, served=self.is_served)
            self.row.new += len(fresh)
            self.row.unchanged += len(pairs)
            self._release_from_quarantine([*fresh, *(item for _, _, item in pairs)])
            self.row.cursor = cursor
            self._save_counts("cursor")

    def _stage(self, fresh: list[Incoming], moved: list[tuple[Stored, Incoming]]) -> None:
        pairs = self._with_old_records(moved)
        for _, old, item in pairs:
            found = changes.detect(old, item.record)
            emptied = {change.kind for change in found if change.new in (None, "", [])}
            self.tally.count({change.kind for change in found}, emptied, len(found))
        self.tally.events += sum(self._is_recent(item.record) for item in fresh)
        with transaction.atomic():
            rows = [StagedStudy(run=self.row, nct_id=item.record.nct_id, packed=item.packed)
                    for item in [*fresh, *(item for _, _, item in pairs)]]  # fmt: skip
            StagedStudy.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["run", "nct_id"], update_fields=["packed"]
            )
            self._save_counts()

    def _with_old_records(self, moved: Sequence[tuple[Stored, Incoming]]) -> list[tuple[Stored, TrialRecord, Incoming]]:
        """Each with the record it replaces; a thin copy of a full record goes to quarantine instead."""
        documents = TrialDocument.objects.in_bulk([known.id for known, _ in moved])
        pairs = []
        for known, item in moved:
            old = documents[known.id].record
            if lost := records.thinner(old, item.record):
                reason = f"a thin copy: {', '.join(lost)} missing"
                self._quarantine(Broken(item.record.nct_id, reason, item.packed))
                continue
            pairs.append((known, old, item))
        return pairs

    @staticmethod
    def _release_from_quarantine(items: Iterable[Incoming]) -> None:
        QuarantinedStudy.objects.filter(nct_id__in=[item.record.nct_id for item in items]).delete()

    # --- ending

    def finish(self) -> SyncRun:
        """Guards, then publishes; or leaves the run held, with its reasons, for a person to release or discard."""
        if self.drift:
            worst = "; ".join(f"{what} ({count}x)" for what, count in self.drift.most_common(10))
            log.error("The registry's schema drifted: %s", worst)
        if self.row.is_baseline:
            return self._end(SyncRun.State.PUBLISHED)
        recent = SyncRun.objects.with_news().order_by("-id").values_list("events", flat=True)[:30]
        if reasons := guard.reasons_to_hold(self.tally, recent_events=list(recent)):
            self.row.held_because = " ".join(reasons)
            self.row.events = self.tally.events
            log.error("Run %s is held: %s", self.row.pk, self.row.held_because)
            return self._end(SyncRun.State.HELD)
        self.publish()
        return self.row

    def fail(self, error: Exception) -> SyncRun:
        StagedStudy.objects.filter(run=self.row).delete()
        self.row.error = f"{type(error).__name__}: {error}"[:2000]
        log.error("Run %s failed: %s", self.row.pk, self.row.error)
        return self._end(SyncRun.State.FAILED)

    @transaction.atomic
    def publish(self, *, silently: bool = False, by: User | None = None) -> None:
        """Makes the staged studies current in one transaction; with their changes unless `silently`."""
        self.row.events = 0
        staged = StagedStudy.objects.filter(run=self.row).order_by("nct_id").iterator(chunk_size=BATCH)
        for batch in batches(staged, BATCH):
            self._publish_batch([Incoming.of(unpack(row.packed)) for row in batch], silently)
        StagedStudy.objects.filter(run=self.row).delete()
        self._publish_vanished()
        self._publish_merged()
        recount(self.conditions.touched)
        self.row.decided_by = by
        self._end(SyncRun.State.DISCARDED if silently else SyncRun.State.PUBLISHED)

    def _publish_batch(self, items: list[Incoming], silently: bool) -> None:
        known = stored(item.record.nct_id for item in items)
        fresh = [item for item in items if item.record.nct_id not in known]
        ids = insert(fresh, conditions=self.conditions, now=self.now, served=self.is_served)
        self.row.new += len(fresh)
        moved = [(known[item.record.nct_id], item) for item in items if item.record.nct_id in known]
        pairs = self._with_old_records(moved)
        news = {} if silently else self._news(pairs)
        self._keep_replaced([known for known, _, _ in pairs if known.id in news])
        replace(pairs, conditions=self.conditions, served=self.is_served)
        rows = [row for rows in news.values() for row in rows]
        if not silently:
            rows += [self._listed(ids[item.record.nct_id], item) for item in fresh if self._is_recent(item.record)]
        TrialChange.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        Trial.objects.filter(id__in=news).update(version=F("version") + 1, last_changed_at=self.now)
        self.row.changed += len(news)
        self.row.unchanged += len(pairs) - len(news)
        self.row.events += len(rows)
        self._release_from_quarantine(items)

    def _news(self, pairs: list[tuple[Stored, TrialRecord, Incoming]]) -> dict[int, list[TrialChange]]:
        """The rows of change of each trial that a reader would call changed."""
        news = {}
        for known, old, item in pairs:
            if found := changes.detect(old, item.record):
                news[known.id] = [self._row(known, change, item) for change in found]
        return news

    def _row(self, known: Stored, change: changes.Change, item: Incoming) -> TrialChange:
        return TrialChange(
            trial_id=known.id, run=self.row, version=known.version + 1, field=change.field[:200], kind=change.kind,
            rank=change.rank, old=change.old, new=change.new, subject=change.subject, detected_at=self.now,
            posted_on=whole_day(item.record.last_update_posted),
        )  # fmt: skip

    def _listed(self, trial_id: int, item: Incoming) -> TrialChange:
        return TrialChange(
            trial_id=trial_id, run=self.row, version=1, field=TrialChange.LISTED, kind=TrialChange.LISTED,
            rank=TrialChange.Ranks.TELL_NOW, detected_at=self.now, posted_on=whole_day(item.record.first_posted),
        )  # fmt: skip

    def _is_recent(self, record: TrialRecord) -> bool:
        """Registry dates are compared with the registry's clock; with ours only where a file has none."""
        posted = whole_day(record.first_posted)
        today = whole_day(self.row.data_timestamp[:10]) or self.now.date()
        return posted is not None and posted >= today - RECENT

    def _publish_vanished(self) -> None:
        """Trials that two inventories of different data lacked: their page keeps the last record and says so."""
        gone = Trial.objects.listed().filter(nct_id__in=self.vanished)
        rows = [
            TrialChange(trial=trial, run=self.row, version=trial.version + 1, field="gone", kind=TrialChange.GONE,
                        rank=TrialChange.Ranks.TELL_NOW, detected_at=self.now)
            for trial in gone
        ]  # fmt: skip
        self.conditions.touch(TrialCondition.objects.filter(trial__in=gone).values_list("condition_id", flat=True))
        TrialChange.objects.bulk_create(rows, ignore_conflicts=True)
        Trial.objects.filter(id__in=[row.trial_id for row in rows]).update(
            gone_at=self.now, version=F("version") + 1, last_changed_at=self.now
        )
        self.row.gone += len(rows)
        self.row.events += len(rows)

    def _publish_merged(self) -> None:
        """The registry merged a study into another: the old id is an alias from now on, and nobody is alarmed."""
        for old, current in self.merged.items():
            if target := Trial.objects.filter(nct_id=current).first():
                TrialAlias.objects.update_or_create(alias=old, defaults={"trial": target})
                Trial.objects.filter(nct_id=old).update(gone_at=self.now)

    @staticmethod
    def _keep_replaced(replaced: list[Stored]) -> None:
        """Puts the studies that are about to be overwritten into history, without people's data."""
        documents = TrialDocument.objects.in_bulk([known.id for known in replaced])
        TrialVersion.objects.bulk_create(
            [TrialVersion(trial_id=known.id, version=known.version, replaced_at=timezone.now(),
                          packed=pack(records.without_people(documents[known.id].study))) for known in replaced],
            ignore_conflicts=True,
        )  # fmt: skip

    def _end(self, state: SyncRun.State) -> SyncRun:
        if self.row.is_baseline and state == SyncRun.State.PUBLISHED:
            recount()
        self.row.state = state
        self.row.finished_at = max(timezone.now(), self.now)
        self._save_counts("state", "finished_at", "held_because", "error", "decided_by", "data_timestamp", "cursor")
        return self.row

    def _save_counts(self, *more: str) -> None:
        counts = ("seen", "new", "changed", "unchanged", "failed", "gone", "events")
        self.row.save(update_fields=[*counts, *more])


def release(run: SyncRun, *, by: User | None, now: datetime) -> SyncRun:
    """Publishes a held run, changes and all: it is sent once. What was superseded meanwhile brings nothing."""
    return _decide(run, silently=False, by=by, now=now)


def discard(run: SyncRun, *, by: User | None, now: datetime) -> SyncRun:
    """Takes a held run's studies as they are without telling anybody: a silent new baseline."""
    return _decide(run, silently=True, by=by, now=now)


def _decide(run: SyncRun, *, silently: bool, by: User | None, now: datetime) -> SyncRun:
    with single_flight():
        run.refresh_from_db()
        if run.state != SyncRun.State.HELD:
            raise ValueError(f"run {run.pk} is {run.get_state_display().lower()}, not held")
        Run(run, now=now).publish(silently=silently, by=by)
    return run


def batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
