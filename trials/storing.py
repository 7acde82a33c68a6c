"""Records -> rows, in batches: new trials by COPY, changed ones by UPDATE. Only sync calls it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models

from trials import records, search_index
from trials.condition_index import ConditionIndex
from trials.copying import copy_rows
from trials.days import whole_day
from trials.directory import due
from trials.incoming import Incoming
from trials.models import Location, Trial, TrialAlias, TrialCondition, TrialDocument
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
    incoming: Sequence[Incoming], *, conditions: ConditionIndex, now: datetime, served: bool
) -> dict[str, int]:
    """Stores trials that are not here yet; NCT ID -> primary key."""
    if not incoming:
        return {}
    conditions.learn(item.record for item in incoming)
    ids = _reserve_ids(Trial, len(incoming))
    numbered = list(zip(ids, incoming, strict=True))
    first = {"version": 1, "first_seen_at": now, "last_changed_at": now, "gone_at": None, "is_served": served,
             "keeps_subscription_condition": False}  # fmt: skip
    rows = ({"id": id_, **first, **facts(item, conditions)} for id_, item in numbered)
    copy_rows(Trial, rows)
    copy_rows(TrialDocument, ({"trial_id": id_, "packed": item.packed} for id_, item in numbered))
    copy_rows(Location, (row for id_, item in numbered for row in _location_rows(id_, item.record)))
    copy_rows(TrialCondition, (row for id_, item in numbered for row in _chip_rows(id_, item.record, conditions)))
    _store_aliases(numbered)
    search_index.add(numbered, conditions)
    due.mark(ids)
    return {item.record.nct_id: id_ for id_, item in numbered}


def replace(
    pairs: Sequence[tuple[Stored, TrialRecord, Incoming]], *, conditions: ConditionIndex, served: bool
) -> None:
    """Overwrites the current record of known trials: (what is stored, its record, the incoming one)."""
    if not pairs:
        return
    conditions.learn(item.record for _, _, item in pairs)
    trials = [
        Trial(id=known.id, gone_at=None, is_served=served or known.is_served, **facts(item, conditions))
        for known, _, item in pairs
    ]
    kept_by_editors = Trial.objects.filter(id__in=[t.id for t in trials], keeps_subscription_condition=True)
    kept = set(kept_by_editors.values_list("id", flat=True))
    columns = [*(name.removesuffix("_id") for name in _FACT_COLUMNS), "gone_at", "is_served"]
    moving = [t for t in trials if t.id not in kept]
    Trial.objects.bulk_update(moving, columns, batch_size=500)
    columns.remove("subscription_condition")
    Trial.objects.bulk_update([t for t in trials if t.id in kept], columns, batch_size=500)
    documents = [TrialDocument(trial_id=known.id, packed=item.packed) for known, _, item in pairs]
    TrialDocument.objects.bulk_update(documents, ["packed"], batch_size=500)
    _replace_locations([(known.id, item.record) for known, old, item in pairs if _places(old) != _places(item.record)])
    _replace_chips([(known.id, item.record) for known, _, item in pairs], conditions)
    _store_aliases([(known.id, item) for known, _, item in pairs])
    search_index.renew([(known.id, item.record) for known, _, item in pairs], conditions)
    due.mark(known.id for known, _, _ in pairs)


def facts(item: Incoming, conditions: ConditionIndex) -> dict[str, Any]:
    """The columns of Trial that are read off the record."""
    record = item.record
    return {
        "nct_id": record.nct_id,
        "brief_title": record.brief_title,
        "official_title": record.official_title,
        "acronym": record.acronym[:40],
        "status": record.status[:40],
        "last_known_status": record.last_known_status[:40],
        "study_type": record.study_type[:40],
        "phases": [phase[:20] for phase in record.phases],
        "sponsor": record.lead_sponsor.name if record.lead_sponsor else "",
        "sponsor_class": record.lead_sponsor.sponsor_class[:20] if record.lead_sponsor else "",
        "status_verified": record.status_verified,
        **_date_facts(record),
        "enrollment": _small(record.enrollment),
        "enrollment_type": record.enrollment_type[:12],
        "sex": record.sex[:10],
        "minimum_age_days": records.age_in_days(record.minimum_age),
        "maximum_age_days": records.age_in_days(record.maximum_age),
        "healthy_volunteers": record.healthy_volunteers,
        "has_results": record.has_results,
        "countries": sorted({site.country[:60] for site in record.sites if site.country}),
        "site_count": len(record.sites),
        "subscription_condition_id": conditions.subscription_condition(record),
        "content_hash": item.content_hash,
        "hash_version": records.HASH_VERSION,
    }


_FACT_COLUMNS = (
    "brief_title", "official_title", "acronym", "status", "last_known_status", "study_type", "phases", "sponsor",
    "sponsor_class", "status_verified", "start_date", "start_date_type", "primary_completion_date",
    "primary_completion_date_type", "completion_date", "completion_date_type", "first_posted", "last_update_posted",
    "enrollment", "enrollment_type", "sex", "minimum_age_days", "maximum_age_days", "healthy_volunteers",
    "has_results", "countries", "site_count", "subscription_condition_id", "content_hash", "hash_version",
)  # fmt: skip


def _date_facts(record: TrialRecord) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in ("start", "primary_completion", "completion"):
        moment: records.RecordDate | None = getattr(record, name)
        values[f"{name}_date"] = moment.date if moment else ""
        values[f"{name}_date_type"] = moment.type[:12] if moment else ""
    values["first_posted"] = whole_day(record.first_posted)
    values["last_update_posted"] = whole_day(record.last_update_posted)
    return values


def _small(number: int | None) -> int | None:
    return number if number is not None and 0 <= number < 2**31 else None


def _location_rows(trial_id: int, record: TrialRecord) -> Iterator[dict[str, Any]]:
    for position, site in enumerate(record.sites[: 2**15 - 1]):
        point = _on_earth(site.latitude, site.longitude)
        yield {"trial_id": trial_id, "position": position, "facility": site.facility, "status": site.status[:40],
               "city": site.city, "state": site.state, "zip": site.zip, "country": site.country,
               "latitude": point[0], "longitude": point[1]}  # fmt: skip


def _on_earth(latitude: float | None, longitude: float | None) -> tuple[float | None, float | None]:
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None, None
    return latitude, longitude


def _places(record: TrialRecord) -> list[tuple[Any, ...]]:
    return [(s.facility, s.status, s.city, s.state, s.zip, s.country, s.latitude, s.longitude) for s in record.sites]


def _replace_locations(changed: Sequence[tuple[int, TrialRecord]]) -> None:
    Location.objects.filter(trial_id__in=[id_ for id_, _ in changed]).delete()
    copy_rows(Location, (row for id_, record in changed for row in _location_rows(id_, record)))


def _chip_rows(trial_id: int, record: TrialRecord, conditions: ConditionIndex) -> Iterator[dict[str, Any]]:
    for position, condition_id in enumerate(conditions.chips(record)):
        yield {"trial_id": trial_id, "condition_id": condition_id, "position": position}


def _replace_chips(trials: Sequence[tuple[int, TrialRecord]], conditions: ConditionIndex) -> None:
    wanted = {id_: conditions.chips(record) for id_, record in trials}
    present: dict[int, list[int]] = {id_: [] for id_ in wanted}
    rows = TrialCondition.objects.filter(trial_id__in=wanted).order_by("trial_id", "position")
    for trial_id, condition_id in rows.values_list("trial_id", "condition_id"):
        present[trial_id].append(condition_id)
    moved = [id_ for id_ in wanted if wanted[id_] != present[id_]]
    conditions.touch(c for id_ in moved for c in present[id_])
    TrialCondition.objects.filter(trial_id__in=moved).delete()
    copy_rows(TrialCondition, (
        {"trial_id": id_, "condition_id": condition_id, "position": position}
        for id_ in moved for position, condition_id in enumerate(wanted[id_])
    ))  # fmt: skip


def _store_aliases(numbered: Iterable[tuple[int, Incoming]]) -> None:
    rows = [TrialAlias(alias=alias, trial_id=id_) for id_, item in numbered for alias in item.record.aliases]
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
