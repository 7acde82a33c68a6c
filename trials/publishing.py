"""Staged studies -> current trials, changes and history, in one transaction. Only sync calls it."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from trials import changes, quarantine, records, search_index
from trials.batches import BATCH, batches
from trials.condition_index import ConditionIndex, recount
from trials.days import whole_day
from trials.directory import due
from trials.incoming import Broken, Incoming
from trials.last_told import is_understood, last_told, told_now
from trials.models import (
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
from trials.place_index import PlaceIndex
from trials.records import TrialRecord
from trials.storing import Stored, insert, replace, stored

RECENT = timedelta(days=60)
"""A study first posted longer ago is no news when we first see it: it was out of our scope, or we were late."""

Pair = tuple[Stored, TrialRecord, Incoming]

log = logging.getLogger(__name__)


class Publication:
    """What turns one run's staged studies into the trials that readers see; `silently` without any news."""

    def __init__(self, row: SyncRun, *, now: datetime, silently: bool = False) -> None:
        self.row, self.now, self.silently = row, now, silently
        self.is_served = row.kind != SyncRun.Kind.FILE
        self.conditions, self.places = ConditionIndex(), PlaceIndex()

    @transaction.atomic
    def publish(self, *, vanished: Sequence[str], merged: dict[str, str]) -> None:
        self.row.events = 0
        staged = StagedStudy.objects.filter(run=self.row).order_by("nct_id").iterator(chunk_size=BATCH)
        for batch in batches(staged, BATCH):
            items = [Incoming.of(unpack(row.packed)) for row in batch]
            quarantine.each_or_apart(items, self._publish_batch, self._refuse, self._forget)
        StagedStudy.objects.filter(run=self.row).delete()
        if not self.silently:
            self._publish_vanished(vanished)
        self.conditions.touch(follow_merged(merged, now=self.now))
        recount(self.conditions.touched)

    def _publish_batch(self, items: list[Incoming]) -> None:
        known = stored(item.nct_id for item in items)
        fresh = [item for item in items if item.nct_id not in known]
        ids = insert(fresh, conditions=self.conditions, places=self.places, now=self.now, served=self.is_served)
        moved = [(known[item.nct_id], item) for item in items if item.nct_id in known]
        pairs = with_old_records(moved)
        news = {} if self.silently else self._news(pairs)
        untold = [known for known, _, item in pairs if not is_understood(item.record)]
        if self.silently:
            told_now([known.id for known, _, _ in pairs])
        else:
            keep_replaced([*untold, *(known for known, _, _ in pairs if known.id in news)])
        replace(pairs, conditions=self.conditions, places=self.places, served=self.is_served)
        stands_again([known.id for known, _, _ in pairs if known.is_gone])
        rows = [row for rows in news.values() for row in rows]
        if not self.silently:
            rows += [self._listed(ids[item.nct_id], item) for item in fresh
                     if is_recent(item.record, self.row, now=self.now)]  # fmt: skip
        TrialChange.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        Trial.objects.filter(id__in=news).update(version=F("version") + 1, last_changed_at=self._changed_at)
        quarantine.release(item.nct_id for item in items)
        self.row.new += len(fresh)
        self.row.changed += len(news)
        self.row.unchanged += len(pairs) - len(news)
        self.row.events += len(rows)

    @property
    def _changed_at(self) -> Greatest:
        """Our clock may be set back; a trial still changes after it was first seen."""
        return Greatest("first_seen_at", self.now)

    def _forget(self) -> None:
        """A batch was rolled back, and with it the conditions and places that it had made."""
        self.places, touched = PlaceIndex(), self.conditions.touched
        self.conditions = ConditionIndex()
        self.conditions.touch(touched)

    def _refuse(self, item: Incoming, error: Exception) -> None:
        self._put(quarantine.refused(item, error))

    def _put(self, broken: Broken) -> None:
        quarantine.put(broken, now=self.now)
        self.row.failed += 1

    def _news(self, pairs: list[Pair]) -> dict[int, list[TrialChange]]:
        """The rows of change of each trial that a reader would call changed."""
        news = {}
        gone = [known.id for known, _, _ in pairs if known.is_gone]
        back = set(Trial.objects.filter(id__in=gone, moved_to=None).values_list("id", flat=True))
        told = last_told([known.id for known, _, _ in pairs])
        for known, stored_record, item in pairs:
            if not is_understood(item.record):
                continue
            old = told.get(known.id, stored_record)
            rows = [self._row(known, change, item) for change in changes.detect(old, item.record)]
            if known.id in back:
                rows.append(self._returned(known, item))
            if rows:
                news[known.id] = rows
        return news

    def _row(self, known: Stored, change: changes.Change, item: Incoming) -> TrialChange:
        return TrialChange(
            trial_id=known.id, run=self.row, version=known.version + 1, field=change.field[:200], kind=change.kind,
            rank=change.rank, old=change.old, new=change.new, subject=change.subject, detected_at=self.now,
            posted_on=whole_day(item.record.last_update_posted),
        )  # fmt: skip

    def _returned(self, known: Stored, item: Incoming) -> TrialChange:
        """Whoever was told that the trial is gone hears that it is back."""
        return TrialChange(
            trial_id=known.id, run=self.row, version=known.version + 1, field=TrialChange.RETURNED,
            kind=TrialChange.RETURNED, rank=TrialChange.Ranks.TELL_NOW, detected_at=self.now,
            posted_on=whole_day(item.record.last_update_posted),
        )  # fmt: skip

    def _listed(self, trial_id: int, item: Incoming) -> TrialChange:
        return TrialChange(
            trial_id=trial_id, run=self.row, version=1, field=TrialChange.LISTED, kind=TrialChange.LISTED,
            rank=TrialChange.Ranks.TELL_NOW, detected_at=self.now, posted_on=whole_day(item.record.first_posted),
        )  # fmt: skip

    def _publish_vanished(self, nct_ids: Sequence[str]) -> None:
        """Trials that two inventories of different data lacked: their page keeps the last record and says so."""
        gone = list(Trial.objects.listed().filter(nct_id__in=nct_ids))
        rows = [
            TrialChange(trial=trial, run=self.row, version=trial.version + 1, field=TrialChange.GONE,
                        kind=TrialChange.GONE, rank=TrialChange.Ranks.TELL_NOW, detected_at=self.now)
            for trial in gone
        ]  # fmt: skip
        TrialChange.objects.bulk_create(rows, ignore_conflicts=True)
        Trial.objects.filter(id__in=[trial.id for trial in gone]).update(
            gone_at=self.now, version=F("version") + 1, last_changed_at=self._changed_at
        )
        search_index.drop([trial.id for trial in gone])
        due.mark(trial.id for trial in gone)
        self.conditions.touch(_conditions_of(gone))
        self.row.gone += len(rows)
        self.row.events += len(rows)


def with_old_records(moved: Sequence[tuple[Stored, Incoming]]) -> list[Pair]:
    """Each with the record it replaces. A thin copy is filled up from that record: what it has may be news, what it
    lacks is unknown, and a full record is never overwritten by less.
    """
    documents = TrialDocument.objects.in_bulk([known.id for known, _ in moved])
    pairs = []
    for known, item in moved:
        old = documents[known.id].record
        if lost := records.thinner(old, item.record):
            log.error("%s came without %s; what we had is kept.", item.nct_id, ", ".join(lost))
            item = Incoming.of(records.filled_up(unpack(item.packed), documents[known.id].study, lost))
        pairs.append((known, old, item))
    return pairs


def is_recent(record: TrialRecord, row: SyncRun, *, now: datetime) -> bool:
    """Registry dates are compared with the registry's clock; with ours only where a file has none."""
    posted = whole_day(record.first_posted)
    today = whole_day(row.data_timestamp[:10]) or now.date()
    return posted is not None and posted >= today - RECENT


def keep_replaced(replaced: list[Stored]) -> None:
    """Puts the studies that are about to be overwritten into history, without people's data."""
    documents = TrialDocument.objects.in_bulk([known.id for known in replaced])
    TrialVersion.objects.bulk_create(
        [TrialVersion(trial_id=known.id, version=known.version, replaced_at=timezone.now(),
                      packed=pack(records.without_people(documents[known.id].study))) for known in replaced],
        ignore_conflicts=True,
    )  # fmt: skip


def follow_merged(merged: dict[str, str], *, now: datetime) -> list[int]:
    """The registry merged studies into others: their pages redirect, their followers follow, nobody is alarmed.

    It tells so by a redirect (`merged`: old id -> current id) or by an alias in the record that is left. Returns the
    conditions that lost a trial.
    """
    targets = dict(Trial.objects.filter(nct_id__in=merged.values()).values_list("nct_id", "id"))
    pairs = [(old, new) for old, new in merged.items() if new in targets and old != new]
    rows = [TrialAlias(alias=old, trial_id=targets[new]) for old, new in pairs]
    TrialAlias.objects.bulk_create(rows, update_conflicts=True, update_fields=["trial"], unique_fields=["alias"])
    shadowed = TrialAlias.objects.filter(alias__in=Trial.objects.filter(moved_to=None).values("nct_id"))
    moved = [trial for alias in shadowed.select_related("trial").order_by("alias") if (trial := _move(alias, now=now))]
    return _conditions_of(moved)


def _move(alias: TrialAlias, *, now: datetime) -> Trial | None:
    """The trial that stood under the alias, now moved; None where the two records name each other."""
    trial, target = Trial.objects.get(nct_id=alias.alias), alias.trial.moved_to or alias.trial
    if target.pk == trial.pk:
        return None
    Trial.objects.filter(pk=trial.pk).update(moved_to=target, gone_at=trial.gone_at or now)
    search_index.drop([trial.pk])
    due.mark([trial.pk])
    Trial.objects.filter(moved_to=trial).update(moved_to=target)
    TrialAlias.objects.filter(trial=trial).update(trial=target)
    return trial


def stands_again(trial_ids: list[int]) -> None:
    """The registry serves these under their own ids, so nothing redirects from there any more."""
    moved = Trial.objects.filter(id__in=trial_ids).exclude(moved_to=None)
    TrialAlias.objects.filter(alias__in=list(moved.values_list("nct_id", flat=True))).delete()
    moved.update(moved_to=None)


def _conditions_of(trials: Iterable[Trial]) -> list[int]:
    return list(TrialCondition.objects.filter(trial__in=list(trials)).values_list("condition_id", flat=True))
