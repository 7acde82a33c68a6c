"""Keeps the rows that a search reads, in the same pass and transaction that stores the trials."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db import connection

from trials.batches import BATCH, batches
from trials.condition_index import ConditionIndex
from trials.copying import copy_rows
from trials.days import whole_day
from trials.incoming import Incoming
from trials.models import Region, SitePoint, Trial, TrialSearch
from trials.models.search import region_slug
from trials.records import TrialRecord, age_in_days
from trials.search import facets, spelling, terms
from trials.search.terms import Kind

Numbered = Sequence[tuple[int, TrialRecord]]
_EPOCH = date(1970, 1, 1)


_INDEXES = {"trialsearch_terms": "", "trialsearch_open_terms": f"WHERE rank >= {TrialSearch.OPEN}"}


def add(trials: Sequence[tuple[int, Incoming]], conditions: ConditionIndex) -> None:
    """Rows for trials that were just stored for the first time: (primary key, read study)."""
    if len(trials) >= BATCH and not TrialSearch.objects.exists():
        with connection.cursor() as cursor:  # a first import: `settle` makes the index at its end, ten times as fast
            cursor.execute(f"DROP INDEX IF EXISTS {', '.join(_INDEXES)}")
    _copy([(id_, item.record, set(item.terms)) for id_, item in trials], conditions, {})
    spelling.note(item.record for _, item in trials)


def settle() -> None:
    """At the end of a run: makes the indexes that a first import did without, also one that broke off."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL", [[*_INDEXES]])
        missing = [row[0] for row in cursor.fetchall()]
        for name in missing:
            cursor.execute(f"CREATE INDEX {name} ON trials_trialsearch USING gin (terms) {_INDEXES[name]}")
        if missing:
            cursor.execute("ANALYZE trials_trialsearch")


def renew(trials: Numbered, conditions: ConditionIndex) -> None:
    """Rows anew for trials whose record, summary or conditions changed."""
    ids = [id_ for id_, _ in trials]
    drop(ids)
    summarised = Trial.objects.filter(id__in=ids, plain_summary__isnull=False).select_related("plain_summary")
    summaries = {trial.id: trial.summary for trial in summarised if trial.summary}
    _copy([(id_, record, _terms(record, summaries.get(id_))) for id_, record in trials], conditions, summaries)


def drop(trial_ids: Iterable[int]) -> None:
    """Trials that the registry no longer lists are not found."""
    TrialSearch.objects.filter(trial_id__in=list(trial_ids)).delete()


def refresh(trial_ids: Iterable[int]) -> None:
    """Makes the rows of these trials again from what is stored: after an editor published, merged or hid."""
    for batch in batches(Trial.objects.listed().filter(id__in=list(trial_ids)).select_related("document").iterator()):
        _again(batch)


def rebuild() -> int:
    """Makes every row again, and returns how many there are."""
    listed = Trial.objects.listed().order_by("id").select_related("document")
    done = 0
    for batch in batches(listed.iterator(chunk_size=500)):
        _again(batch)
        done += len(batch)
    drop(TrialSearch.objects.exclude(trial__gone_at=None).values_list("trial_id", flat=True))
    return done


def _again(trials: list[Trial]) -> None:
    conditions = ConditionIndex()
    numbered = [(trial.id, trial.document.record) for trial in trials]
    conditions.learn(record for _, record in numbered)
    renew(numbered, conditions)


def _terms(record: TrialRecord, summary: Any) -> set[int]:
    """With the words of the editors' summary, where there is one."""
    title, text = (summary.title, summary.summary) if summary else ("", "")
    return terms.of_record(record, is_open=record.status in Trial.OPEN_STATUSES, title=title, summary=text)


def _copy(
    trials: Sequence[tuple[int, TrialRecord, set[int]]], conditions: ConditionIndex, summaries: dict[int, Any]
) -> None:
    if not trials:
        return
    records = [record for _, record, _ in trials]
    regions, points = _regions(records), _points(records)
    copy_rows(TrialSearch, (
        _row(id_, record, found, conditions, regions, points, has_summary=id_ in summaries)
        for id_, record, found in trials
    ))  # fmt: skip


def _row(id_: int, record: TrialRecord, found: set[int], conditions: ConditionIndex,
         regions: dict[tuple[str, str], int], points: dict[tuple[float, float], int],
         *, has_summary: bool) -> dict[str, Any]:  # fmt: skip
    is_open = record.status in Trial.OPEN_STATUSES
    found.update([terms.marked(Kind.CONDITION, condition) for condition in conditions.broad(record)])
    inside = sorted([regions[place] for place in _places(record)])
    found.update([terms.marked(Kind.REGION, region) for region in inside])
    found.update(_points_of(record, points))
    maximum = age_in_days(record.maximum_age)
    return {
        "trial_id": id_,
        "rank": is_open * TrialSearch.OPEN + _days(record.last_update_posted),
        "posted": _days(record.first_posted),
        "facets": facets.packed(record, is_open=is_open, has_summary=has_summary),
        "minimum_age": age_in_days(record.minimum_age) or 0,
        "maximum_age": TrialSearch.NO_LIMIT if maximum is None else min(maximum, TrialSearch.NO_LIMIT),
        "regions": inside,
        "terms": list(found),
    }


def _days(text: str) -> int:
    day = whole_day(text)
    return max(0, (day - _EPOCH).days) if day else 0


def _places(record: TrialRecord) -> set[tuple[str, str]]:
    """Countries as (country, "") and states as (country, state)."""
    places = {(site.country[:60], "") for site in record.sites if site.country}
    places.update([(site.country[:60], site.state[:120]) for site in record.sites if site.country and site.state])
    return places


def _points_of(record: TrialRecord, points: dict[tuple[float, float], int]) -> Iterator[int]:
    for site in record.sites:
        if (point := _point(site.latitude, site.longitude)) is not None:
            kind = Kind.OPEN_POINT if site.status in terms.SITE_MAY_BE_OPEN else Kind.CLOSED_POINT
            yield terms.marked(kind, points[point])


def _point(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return round(latitude, 4), round(longitude, 4)


def _regions(records: Iterable[TrialRecord]) -> dict[tuple[str, str], int]:
    """Keys of the countries and states of these records, made where they are new."""
    wanted = list({place for record in records for place in _places(record)})
    if not wanted:
        return {}
    values = [[place[0] for place in wanted], [place[1] for place in wanted]]
    look_up = """
        SELECT country, state, id FROM unnest(%s::text[], %s::text[]) AS asked(country, state)
        JOIN trials_region USING (country, state)
    """
    found = _keys(look_up, values)
    if missing := [place for place in wanted if place not in found]:
        rows = [Region(country=country, state=state, slug=region_slug(country, state)) for country, state in missing]
        Region.objects.bulk_create(rows, ignore_conflicts=True)
        found = _keys(look_up, values)
    return found


def _points(records: Iterable[TrialRecord]) -> dict[tuple[float, float], int]:
    found = {_point(site.latitude, site.longitude) for record in records for site in record.sites}
    wanted = [point for point in found if point is not None]
    if not wanted:
        return {}
    values = [[point[0] for point in wanted], [point[1] for point in wanted]]
    look_up = """
        SELECT latitude, longitude, id FROM unnest(%s::float8[], %s::float8[]) AS asked(latitude, longitude)
        JOIN trials_sitepoint USING (latitude, longitude)
    """
    known = _keys(look_up, values)
    if missing := [point for point in wanted if point not in known]:
        rows = [SitePoint(latitude=latitude, longitude=longitude) for latitude, longitude in missing]
        SitePoint.objects.bulk_create(rows, ignore_conflicts=True)
        known = _keys(look_up, values)
    return known


def _keys(look_up: str, values: list[list[Any]]) -> dict[Any, int]:
    with connection.cursor() as cursor:
        cursor.execute(look_up, values)
        return {(one, other): id_ for one, other, id_ in cursor.fetchall()}
