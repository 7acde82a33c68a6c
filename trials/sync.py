"""Stage, guard, publish: the only writer of Trial, Location, TrialChange and SyncRun.

A run takes studies in, keeps those that differ, and then publishes all of them in one transaction or is held for a
person. A baseline run stores batch by batch and tells nobody. Whoever starts a run holds the one lock meanwhile.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Self

from django.contrib.auth.models import User
from django.db import transaction

from trials import changes, first_import, generation, guard, quarantine, records
from trials.batches import BATCH, batches
from trials.condition_index import ConditionIndex, recount
from trials.directory import filling
from trials.flight import StayAway, SyncBusy, single_flight
from trials.incoming import Broken, Glance, Incoming, glance, read
from trials.last_told import is_understood, last_told, told_now
from trials.models import QuarantinedStudy, StagedStudy, SyncRun, Trial
from trials.place_index import PlaceIndex
from trials.publishing import Publication, follow_merged, is_recent, stands_again, with_old_records
from trials.registry_errors import CrawlBroken, RegistryError
from trials.storing import Stored, insert, replace, stored
from trials.study_files import StudyFileError

__all__ = ["BATCH", "Run", "StayAway", "SyncBusy", "batches", "single_flight"]

log = logging.getLogger(__name__)


class Run:
    """One run at work: takes batches of raw studies, then is published, held or failed."""

    def __init__(self, row: SyncRun, *, now: datetime) -> None:
        self.row, self.now, self._began = row, now, time.monotonic()
        self.is_served = row.kind != SyncRun.Kind.FILE
        self.conditions, self.places = ConditionIndex(), PlaceIndex()
        self.drift: Counter[str] = Counter()
        before = Trial.objects.listed().filter(**({"is_served": True} if self.is_served else {}))
        self.tally = guard.Tally(studies_before=before.count())
        self.vanished: list[str] = []
        self.merged: dict[str, str] = {}
        self._staged: set[str] = set()
        self._quarantined = set(QuarantinedStudy.objects.values_list("nct_id", flat=True))
        self._held = list(SyncRun.objects.held().exclude(pk=row.pk).values_list("pk", flat=True))
        self._seen_while_held: set[str] = set()

    @classmethod
    def open(cls, kind: SyncRun.Kind, *, baseline: bool, now: datetime, since: date | None = None,
             data_timestamp: str = "") -> Self:  # fmt: skip
        row = SyncRun.objects.create(
            kind=kind, is_baseline=baseline, started_at=now, since=since, data_timestamp=data_timestamp
        )
        return cls(row, now=now)

    @classmethod
    def reopen(cls, row: SyncRun, *, now: datetime) -> Self:
        """A baseline run goes on where it was stopped."""
        row.state, row.finished_at, row.error, row.retry_at = SyncRun.State.RUNNING, None, "", None
        row.save(update_fields=["state", "finished_at", "error", "retry_at"])
        return cls(row, now=now)

    def carry_out(self, work: Callable[[], None]) -> SyncRun:
        """Does the work, then ends the run, however it goes. What the registry or a file did wrong is no exception."""
        try:
            work()
            return self.finish()
        except (RegistryError, StudyFileError) as error:
            return self.fail(error)
        except BaseException as error:
            self.fail(error)
            raise

    # --- taking studies in

    def take(self, studies: Iterable[object], *, cursor: str = "") -> None:
        """Parses one batch; stores it at once in a baseline, stages what differs otherwise."""
        studies = list(studies)
        self.row.seen += len(studies)
        glances = [glance(study) for study in studies]
        self.take_read([read(studies[n], glances[n]) for n in self.differing(glances)], cursor=cursor)

    def differing(self, glances: Sequence[Glance | None]) -> list[int]:
        """The places of the studies that must be read: those whose hash is not the stored one."""
        known = stored({seen.nct_id for seen in glances if seen and records.NCT_ID.fullmatch(seen.nct_id)})
        due, same = [], []
        for place, seen in enumerate(glances):
            if seen and self._holds(known, seen):
                same.append(seen.nct_id)
            else:
                due.append(place)
        self._note_unchanged(same)
        return due

    def _holds(self, known: dict[str, Stored], seen: Glance) -> bool:
        return seen.nct_id in known and known[seen.nct_id].holds(seen.content_hash, served=self.is_served)

    def _note_unchanged(self, nct_ids: Sequence[str]) -> None:
        self.row.unchanged += len(nct_ids)
        self._out_of_quarantine(nct_ids)
        if self._held:
            self._seen_while_held.update(nct_ids)

    def take_read(self, items: Iterable[Incoming | Broken], *, cursor: str = "") -> int:
        """Stores or stages the new and different ones of studies that were read; how many these are."""
        incoming = self._sound(items)
        known = stored(incoming)
        same = [id_ for id_, item in incoming.items() if self._holds(known, Glance(id_, item.content_hash))]
        self._note_unchanged(same)
        for nct_id in same:
            del incoming[nct_id]
        if self._held:
            self._seen_while_held.update(incoming)
        fresh = [item for nct_id, item in incoming.items() if nct_id not in known]
        moved = [(known[nct_id], item) for nct_id, item in incoming.items() if nct_id in known]
        if self.row.is_baseline:
            self._store_baseline(list(incoming.values()), known, cursor)
        elif incoming:
            self._stage(fresh, moved)
        return len(incoming)

    def _sound(self, items: Iterable[Incoming | Broken]) -> dict[str, Incoming]:
        """The readable ones by NCT ID; the others go to quarantine."""
        incoming: dict[str, Incoming] = {}
        for item in items:
            if isinstance(item, Broken):
                self._quarantine(item)
                continue
            self.drift.update(item.drift)
            if item.nct_id in incoming:  # a study that moved between two pages comes twice
                self.row.seen -= 1
            incoming[item.nct_id] = item
        return incoming

    def _quarantine(self, broken: Broken) -> None:
        quarantine.put(broken, now=self.now)
        self._quarantined.add(broken.nct_id)
        self.row.failed += 1

    def _refuse(self, item: Incoming, error: Exception) -> None:
        self._quarantine(quarantine.refused(item, error))

    def _out_of_quarantine(self, nct_ids: Iterable[str]) -> None:
        if cured := self._quarantined.intersection(nct_ids):
            quarantine.release(cured)
            self._quarantined -= cured

    def _store_baseline(self, items: list[Incoming], known: dict[str, Stored], cursor: str) -> None:
        with transaction.atomic():
            quarantine.each_or_apart(items, partial(self._store_batch, known), self._refuse, self._forget)
            self.row.cursor = cursor
            self._save_counts("cursor", "data_timestamp")

    def _store_batch(self, known: dict[str, Stored], items: list[Incoming]) -> None:
        fresh = [item for item in items if item.nct_id not in known]
        insert(fresh, conditions=self.conditions, places=self.places, now=self.now, served=self.is_served)
        moved = [(known[item.nct_id], item) for item in items if item.nct_id in known]
        pairs = with_old_records(moved)
        replace(pairs, conditions=self.conditions, places=self.places, served=self.is_served)
        told_now([known.id for known, _, _ in pairs])
        stands_again([known.id for known, _, _ in pairs if known.is_gone])
        self._out_of_quarantine([item.nct_id for item in items])
        self.row.new += len(fresh)
        self.row.unchanged += len(pairs)

    def _forget(self) -> None:
        """A batch was rolled back, and with it the conditions and places that it had made."""
        self.places, touched = PlaceIndex(), self.conditions.touched
        self.conditions = ConditionIndex()
        self.conditions.touch(touched)

    def _stage(self, fresh: list[Incoming], moved: list[tuple[Stored, Incoming]]) -> None:
        with transaction.atomic():
            pairs = with_old_records(moved)
            told = last_told([known.id for known, _, _ in pairs])
            staged = [item for item in fresh if self._counted(item, None)]
            staged += [item for known, old, item in pairs if self._counted(item, told.get(known.id, old))]
            StagedStudy.objects.bulk_create(
                [StagedStudy(run=self.row, nct_id=item.nct_id, packed=item.packed) for item in staged],
                update_conflicts=True, unique_fields=["run", "nct_id"], update_fields=["packed"],
            )  # fmt: skip
            self._save_counts("data_timestamp")

    def _counted(self, item: Incoming, old: records.TrialRecord | None) -> bool:
        """Tells the guard what publishing the study would bring, once a study; False where that cannot be told."""
        if not is_understood(item.record):
            self.drift[f"overall status {item.record.status[:40]} is a word that we do not know"] += 1
        try:
            found = changes.detect(old, item.record) if old and is_understood(item.record) else []
            emptied = guard.emptied_fields(old, item.record) if old else set()
        except Exception as error:
            self._refuse(item, error)
            return False
        if item.nct_id not in self._staged:
            self._staged.add(item.nct_id)
            self.tally.count({change.kind for change in found}, emptied, len(found))
            self.tally.events += old is None and is_recent(item.record, self.row, now=self.now)
        return True

    # --- ending

    def finish(self) -> SyncRun:
        """Guards, then publishes; or leaves the run held, with its reasons, for a person to release or discard."""
        emptied = self.tally.emptied_by_field
        self.drift.update({f"{name} was given before and is empty now": count for name, count in emptied.items()})
        if self.drift:
            self.row.drift = "; ".join(f"{what} ({count}x)" for what, count in self.drift.most_common(10))
            log.error("The registry's schema drifted: %s", self.row.drift)
        if self.row.is_baseline:
            return self._finish_baseline()
        recent = SyncRun.objects.with_news().order_by("-id").values_list("events", flat=True)[:30]
        if reasons := guard.reasons_to_hold(self.tally, recent_events=list(recent)):
            self.row.held_because = " ".join(reasons)
            self.row.events = self.tally.events
            log.error("Run %s is held: %s", self.row.pk, self.row.held_because)
            return self._end(SyncRun.State.HELD)
        return self.publish()

    @transaction.atomic
    def _finish_baseline(self) -> SyncRun:
        self.conditions.touch(follow_merged(self.merged, now=self.now))
        # A stopped import began with chips that this process never saw.
        is_whole = self.row.kind in (SyncRun.Kind.FULL, SyncRun.Kind.FILE, SyncRun.Kind.REPLAY)
        recount(None if is_whole else self.conditions.touched)
        return self._end(SyncRun.State.PUBLISHED)

    @transaction.atomic
    def publish(self, *, silently: bool = False, by: User | None = None) -> SyncRun:
        """Makes the staged studies current in one transaction; with their changes unless `silently`."""
        Publication(self.row, now=self.now, silently=silently).publish(vanished=self.vanished, merged=self.merged)
        self.row.decided_by = by or self.row.decided_by
        return self._end(SyncRun.State.DISCARDED if silently else SyncRun.State.PUBLISHED)

    def fail(self, error: BaseException) -> SyncRun:
        """Nothing of the run is published. The next one starts from the same point, a baseline from its last page."""
        StagedStudy.objects.filter(run=self.row).delete()
        if not self.row.is_baseline:
            self.row.new = self.row.changed = self.row.gone = self.row.events = 0
        if isinstance(error, CrawlBroken):
            self.row.cursor = ""
        if isinstance(error, RegistryError) and error.retry_after is not None:
            self.row.retry_at = self._clock() + timedelta(seconds=error.retry_after)
        self.row.error = f"{type(error).__name__}: {error}"[:2000]
        log.error("Run %s failed: %s", self.row.pk, self.row.error)
        return self._end(SyncRun.State.FAILED)

    @transaction.atomic
    def _end(self, state: SyncRun.State) -> SyncRun:
        if state != SyncRun.State.FAILED:
            self._supersede()
            first_import.settle()
        self.row.state = state
        self.row.finished_at = self._clock()
        self._save_counts("state", "finished_at", "held_because", "error", "decided_by", "data_timestamp", "cursor",
                          "drift", "retry_at", "rung", "missing")  # fmt: skip
        transaction.on_commit(generation.move)
        transaction.on_commit(filling.after_run, robust=True)
        return self.row

    def has_seen(self, nct_ids: Iterable[str]) -> None:
        """What held runs wait with for these is older than what this run knows."""
        self._seen_while_held.update(nct_ids)

    def _supersede(self) -> None:
        """What this run saw is newer than what held runs wait with: letting those go must not bring old data back."""
        if not self._held:
            return
        older = SyncRun.objects.held().filter(pk__in=self._held)
        for nct_ids in batches(sorted(self._seen_while_held), 5000):
            StagedStudy.objects.filter(run__in=older, nct_id__in=nct_ids).delete()
        empty = older.filter(staged=None)
        if self.row.kind != SyncRun.Kind.INVENTORY:
            empty = empty.filter(missing=0)
        empty.update(state=SyncRun.State.SUPERSEDED)

    def _clock(self) -> datetime:
        """The time that the run was given, and what has passed since: one clock throughout."""
        return self.now + timedelta(seconds=time.monotonic() - self._began)

    def _save_counts(self, *more: str) -> None:
        counts = ("seen", "new", "changed", "unchanged", "failed", "gone", "events")
        self.row.save(update_fields=[*counts, *more])
