"""What of a study can be made ready for storing without asking the database: rows of COPY but for their keys.

Making them is most of the work of an import, and any process can do it; the one that writes adds the keys. Pure.
"""

from datetime import date
from typing import Any

import msgspec

from trials import copy_text, records
from trials.days import whole_day
from trials.records import MeshTerm, TrialRecord
from trials.search import facets, terms, words
from trials.search.query import OPEN

NO_LIMIT = 2**31 - 1
NOWHERE = f"{copy_text.NULL}\t{copy_text.NULL}"
MOST_SITES = 2**15 - 1
_EPOCH = date(1970, 1, 1)


class Sought(msgspec.Struct, frozen=True, array_like=True):
    """A trial's search row, without the conditions and places that have keys of their own."""

    row: str
    """rank, posted, facets, minimum age, maximum age"""
    terms: str
    """word and filter marks, with commas"""
    regions: list[tuple[str, str]]
    """Countries as (country, "") and states as (country, state)."""
    points: list[tuple[float, float, bool]]
    """Latitude, longitude, and whether a site there may be open."""


class Ready(msgspec.Struct, frozen=True, array_like=True):
    facts: str
    """The columns of `FACTS`."""
    sites: list[str]
    """A row each of `SITES`."""
    sought: Sought
    conditions: tuple[str, ...]
    condition_meshes: tuple[MeshTerm, ...]
    condition_ancestors: tuple[MeshTerm, ...]
    names: list[str]
    """Words of the trial's names, for spelling."""


FACTS = (
    "nct_id", "brief_title", "official_title", "acronym", "status", "last_known_status", "study_type", "phases",
    "sponsor", "sponsor_class", "status_verified", "start_date", "start_date_type", "primary_completion_date",
    "primary_completion_date_type", "completion_date", "completion_date_type", "first_posted", "last_update_posted",
    "enrollment", "enrollment_type", "sex", "minimum_age_days", "maximum_age_days", "healthy_volunteers",
    "has_results", "countries", "site_count", "content_hash", "hash_version",
)  # fmt: skip
SITES = ("position", "facility", "status", "city", "state", "zip", "country", "latitude", "longitude")
SOUGHT = ("rank", "posted", "facets", "minimum_age", "maximum_age")


def ready(record: TrialRecord, content_hash: bytes) -> Ready:
    return Ready(
        facts=copy_text.row(facts(record, content_hash).values()),
        sites=site_rows(record),
        sought=sought(record),
        conditions=record.conditions,
        condition_meshes=record.condition_meshes,
        condition_ancestors=record.condition_ancestors,
        names=sorted(words.name_words(record)),
    )


def facts(record: TrialRecord, content_hash: bytes) -> dict[str, Any]:
    """The columns of Trial that are read off the record, in the order of `FACTS`."""
    sponsor = record.lead_sponsor
    return {
        "nct_id": record.nct_id,
        "brief_title": record.brief_title,
        "official_title": record.official_title,
        "acronym": record.acronym[:40],
        "status": record.status[:40],
        "last_known_status": record.last_known_status[:40],
        "study_type": record.study_type[:40],
        "phases": [phase[:20] for phase in record.phases],
        "sponsor": sponsor.name if sponsor else "",
        "sponsor_class": sponsor.sponsor_class[:20] if sponsor else "",
        "status_verified": record.status_verified,
        **_dates(record),
        "enrollment": _small(record.enrollment),
        "enrollment_type": record.enrollment_type[:12],
        "sex": record.sex[:10],
        "minimum_age_days": records.age_in_days(record.minimum_age),
        "maximum_age_days": records.age_in_days(record.maximum_age),
        "healthy_volunteers": record.healthy_volunteers,
        "has_results": record.has_results,
        "countries": sorted({site.country[:60] for site in record.sites if site.country}),
        "site_count": len(record.sites),
        "content_hash": content_hash,
        "hash_version": records.HASH_VERSION,
    }


def _dates(record: TrialRecord) -> dict[str, Any]:
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


def site_rows(record: TrialRecord) -> list[str]:
    rows = []
    for position, site in enumerate(record.sites[:MOST_SITES]):
        named = copy_text.texts(site.facility, site.status[:40], site.city, site.state, site.zip, site.country)
        point = on_earth(site.latitude, site.longitude)
        where = f"{point[0]}\t{point[1]}" if point else NOWHERE
        rows.append(f"{position}\t{named}\t{where}")
    return rows


def on_earth(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return latitude, longitude


def sought(record: TrialRecord, *, title: str = "", summary: str = "") -> Sought:
    """`title` and `summary` are the editors', where there is a published summary."""
    is_open = record.status in records.OPEN_STATUSES
    found = terms.of_record(record, is_open=is_open, title=title, summary=summary)
    maximum = records.age_in_days(record.maximum_age)
    row = (
        is_open * OPEN + days(record.last_update_posted),
        days(record.first_posted),
        facets.packed(record, is_open=is_open, has_summary=bool(summary)),
        records.age_in_days(record.minimum_age) or 0,
        NO_LIMIT if maximum is None else min(maximum, NO_LIMIT),
    )
    return Sought(copy_text.row(row), ",".join(map(str, found)), sorted(_regions(record)), sorted(_points(record)))


def days(text: str) -> int:
    """Since 1970; 0 where there is no whole day."""
    day = whole_day(text)
    return max(0, (day - _EPOCH).days) if day else 0


def _regions(record: TrialRecord) -> set[tuple[str, str]]:
    regions = {(site.country[:60], "") for site in record.sites if site.country}
    regions.update([(site.country[:60], site.state[:120]) for site in record.sites if site.country and site.state])
    return regions


def _points(record: TrialRecord) -> set[tuple[float, float, bool]]:
    points = set()
    for site in record.sites:
        if (point := on_earth(site.latitude, site.longitude)) is not None:
            may_be_open = site.status in terms.SITE_MAY_BE_OPEN
            points.add((round(point[0], 4), round(point[1], 4), may_be_open))
    return points
