"""Records -> rows, in batches: new trials by COPY, changed ones by UPDATE. Only sync calls it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models

from trials import copy_text, first_import, ready, records, search_index
from trials.batches import BATCH
from trials.condition_index import ConditionIndex
from trials.copy_text import cell
from trials.copying import copy_blobs, copy_lines
from trials.directory import due
from trials.incoming import Incoming
from trials.models import Location, Trial, TrialAlias, TrialCondition, TrialDocument
from trials.place_index import PlaceIndex
from trials.records import TrialRecord


@dataclass(frozen=True)
class Stored:
    """What a sync needs to know of a trial that is already here."""

    id: int
    version: int
    content_hash: bytes
    is_gone: bool
    is_served: bool

    def holds(self, content_hash: bytes, *, served: bool) -> bool:
        """Nothing is to be written: the content is the same, and so is where we know it from."""
        return self.content_hash == content_hash and not self.is_gone and (self.is_served or not served)


def stored(nct_ids: Iterable[str]) -> dict[str, Stored]:
    """The known ones of these trials. A hash made by an older rule counts as different, and is looked at once."""
    rows = Trial.objects.filter(nct_id__in=list(nct_ids)).values_list(
        "nct_id", "id", "version", "content_hash", "hash_version", "gone_at", "is_served"
    )
    return {
        nct_id: Stored(id_, version, bytes(hash_) if rule == records.HASH_VERSION else b"", gone_at is not None, served)
        for nct_id, id_, version, hash_, rule, gone_at, served in rows
    }


def insert(
    incoming: Sequence[Incoming], *, conditions: ConditionIndex, places: PlaceIndex, now: datetime, served: bool
) -> dict[str, int]:
    """Stores trials that are not here yet; NCT ID -> primary key."""
    if not incoming:
        return {}
    if len(incoming) >= BATCH:
        first_import.begin_if_first()
    conditions.learn(item.ready for item in incoming)
    ids = _reserve_ids(Trial, len(incoming))
    numbered = list(zip(ids, incoming, strict=True))
    first = {"version": 1, "first_seen_at": now, "last_changed_at": now, "gone_at": None, "is_served": served,
             "keeps_subscription_condition": False}  # fmt: skip
    same = copy_text.row(first.values())
    copy_lines(Trial, (*ready.FACTS, "id", "subscription_condition_id", *first), (
        f"{item.ready.facts}\t{id_}\t{cell(conditions.subscription_condition(item.ready))}\t{same}"
        for id_, item in numbered
    ))  # fmt: skip
    copy_blobs(TrialDocument, "trial_id", "packed", ((id_, item.packed) for id_, item in numbered))
    _copy_locations((id_, item.ready.sites) for id_, item in numbered)
    _copy_chips((id_, conditions.chips(item.ready)) for id_, item in numbered)
    _store_aliases(numbered)
    search_index.add([(id_, item.ready) for id_, item in numbered], conditions, places)
    due.mark(ids)
    return {item.nct_id: id_ for id_, item in numbered}


def replace(
    pairs: Sequence[tuple[Stored, TrialRecord, Incoming]],
    *,
    conditions: ConditionIndex,
    places: PlaceIndex,
    served: bool,
) -> None:
    """Overwrites the current record of known trials: (what is stored, its record, the incoming one)."""
    if not pairs:
        return
    conditions.learn(item.ready for _, _, item in pairs)
    trials = [
        Trial(id=known.id, gone_at=None, is_served=served or known.is_served, **facts(item, conditions))
        for known, _, item in pairs
    ]
    kept_by_editors = Trial.objects.filter(id__in=[t.id for t in trials], keeps_subscription_condition=True)
    kept = set(kept_by_editors.values_list("id", flat=True))
    columns = [*ready.FACTS[1:], "subscription_condition", "gone_at", "is_served"]
    moving = [t for t in trials if t.id not in kept]
    Trial.objects.bulk_update(moving, columns, batch_size=500)
    columns.remove("subscription_condition")
    Trial.objects.bulk_update([t for t in trials if t.id in kept], columns, batch_size=500)
    documents = [TrialDocument(trial_id=known.id, packed=item.packed) for known, _, item in pairs]
    TrialDocument.objects.bulk_update(documents, ["packed"], batch_size=500)
    _replace_locations([(known.id, item) for known, old, item in pairs if _places(old) != _places(item.record)])
    _replace_chips([(known.id, item) for known, _, item in pairs], conditions)
    _store_aliases([(known.id, item) for known, _, item in pairs])
    search_index.renew([(known.id, item.record) for known, _, item in pairs], conditions, places)
    due.mark(known.id for known, _, _ in pairs)


def facts(item: Incoming, conditions: ConditionIndex) -> dict[str, Any]:
    """The columns of Trial that are read off the record, and the condition that its readers may follow."""
    subscription_condition = conditions.subscription_condition(item.ready)
    return {**ready.facts(item.record, item.content_hash), "subscription_condition_id": subscription_condition}


def _places(record: TrialRecord) -> list[tuple[Any, ...]]:
    return [(s.facility, s.status, s.city, s.state, s.zip, s.country, s.latitude, s.longitude) for s in record.sites]


def _replace_locations(changed: Sequence[tuple[int, Incoming]]) -> None:
    Location.objects.filter(trial_id__in=[id_ for id_, _ in changed]).delete()
    _copy_locations((id_, item.ready.sites) for id_, item in changed)


def _copy_locations(sites: Iterable[tuple[int, Sequence[str]]]) -> None:
    copy_lines(Location, ("trial_id", *ready.SITES), (f"{id_}\t{site}" for id_, rows in sites for site in rows))


def _replace_chips(trials: Sequence[tuple[int, Incoming]], conditions: ConditionIndex) -> None:
    wanted = {id_: conditions.chips(item.ready) for id_, item in trials}
    present: dict[int, list[int]] = {id_: [] for id_ in wanted}
    rows = TrialCondition.objects.filter(trial_id__in=wanted).order_by("trial_id", "position")
    for trial_id, condition_id in rows.values_list("trial_id", "condition_id"):
        present[trial_id].append(condition_id)
    moved = [id_ for id_ in wanted if wanted[id_] != present[id_]]
    conditions.touch(c for id_ in moved for c in present[id_])
    TrialCondition.objects.filter(trial_id__in=moved).delete()
    _copy_chips((id_, wanted[id_]) for id_ in moved)


def _copy_chips(chips: Iterable[tuple[int, Sequence[int]]]) -> None:
    copy_lines(TrialCondition, ("trial_id", "position", "condition_id"), (
        f"{id_}\t{position}\t{condition_id}"
        for id_, conditions in chips for position, condition_id in enumerate(conditions)
    ))  # fmt: skip


def _store_aliases(numbered: Iterable[tuple[int, Incoming]]) -> None:
    rows = [TrialAlias(alias=alias, trial_id=id_) for id_, item in numbered for alias in item.aliases]
    if rows:
        TrialAlias.objects.bulk_create(
            rows, update_conflicts=True, update_fields=["trial"], unique_fields=["alias"]
        )


def _reserve_ids(model: type[models.Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]
