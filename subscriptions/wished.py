"""What a form names -> what there is of that name. Nothing that a visitor made up gets through: it would be mailed."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db import connection, models, transaction
from django.forms import ValidationError

from subscriptions import topics
from subscriptions.signup import Other
from trials import places
from trials.directory.keys import site_name, treatment_name
from trials.models import Location, Site, Treatment, Trial, TrialDocument
from trials.places import MILE_KM, BadPlace, Place
from trials.search.asking import Asked, understood
from trials.search.resolving import resolve

DEFAULT_KM, FARTHEST_KM = 100, 1000
MOST_OFFERED = 200
_NAMED = re.compile(r"(NCT\d{8})\.(\d{1,5})")
_DISTANCE = re.compile(r"\s*(\d{1,4})\s*(km|mi|miles)?\s*")


def place(text: str) -> Place | None:
    if not text.strip():
        return None
    try:
        found = places.find(text)
    except BadPlace as error:
        raise ValidationError(str(error)) from error
    if not found:
        raise ValidationError("We do not know this place. Try a city with its country, or a US ZIP code.")
    return found[0]


def town(found: Place) -> str:
    """Its name without a postal code: no more exact than the point that is stored."""
    if not found.country:
        return f"{found.latitude:.1f}, {found.longitude:.1f}"
    return found._replace(name=re.sub(r"\s*\d{5}$", "", found.name)).label


def kilometres(text: str) -> int:
    """0 where none is given."""
    if not text.strip():
        return 0
    match = _DISTANCE.fullmatch(text)
    km = round(float(match[1]) * (1 if match[2] in (None, "km") else MILE_KM)) if match else 0
    if not 0 < km <= FARTHEST_KM:
        raise ValidationError(f"Give the distance as a number up to {FARTHEST_KM} km, such as 50 km or 30 mi.")
    return km


def site(name: str) -> Other:
    """The name of its page, or `NCT07103668.2`: the third site of that trial's list, wherever else it takes part."""
    if not name:
        return Other()
    if page := _page(Site.objects.select_related("town", "merged_into__town"), name):
        return Other(site_key=page.key, name=_in_town(page.name, page.town.city))
    nct_id, position = _named(name, "We do not know this site.")
    row = Location.objects.filter(trial__nct_id=nct_id, position=position).first()
    key = topics.site_key(row.facility, row.city, row.country) if row else ""
    if row is None or not key:
        raise ValidationError("We do not know this site.")
    return Other(site_key=key, name=_in_town(site_name(row.facility), row.city))


def _in_town(name: str, city: str) -> str:
    return ", ".join(part for part in (name, city) if part)[: topics.NAME_LENGTH]


def _page(rows: models.QuerySet[Any], slug: str) -> Any:
    """The row of a page that readers see, the one that it was merged into where it was; None for any other name."""
    row = None if _NAMED.fullmatch(slug) else rows.filter(slug=slug).first()
    row = row.merged_into if row and row.merged_into_id else row
    return row if row and not row.is_hidden else None


def treatment(name: str) -> Other:
    """The name of its page, or `NCT07103668.0`: the first treatment in that trial's record."""
    if not name:
        return Other()
    if page := _page(Treatment.objects.select_related("merged_into"), name):
        return Other(treatment_key=page.key, name=page.name)
    nct_id, position = _named(name, "We do not know this treatment.")
    document = TrialDocument.objects.filter(trial__nct_id=nct_id).first()
    treatments = document.record.interventions if document else ()
    if position >= len(treatments) or not (key := topics.treatment_key(treatments[position].name)):
        raise ValidationError("We do not know this treatment.")
    return Other(treatment_key=key, name=treatment_name(treatments[position].name)[: topics.NAME_LENGTH])


def treatments_of(trial: Trial) -> list[tuple[str, str]]:
    """What can be followed of a trial: the form's value, and a name."""
    document = TrialDocument.objects.filter(trial=trial).first()
    names = [each.name for each in document.record.interventions[:MOST_OFFERED]] if document else []
    return [(f"{trial.nct_id}.{place}", name) for place, name in enumerate(names) if topics.treatment_key(name)]


def sites_of(trial: Trial) -> list[tuple[str, str]]:
    rows = list(trial.locations.exclude(facility="").order_by("country", "city", "facility")[:MOST_OFFERED])
    named = [row for row in rows if topics.site_key(row.facility, row.city, row.country)]
    return [(f"{trial.nct_id}.{row.position}", f"{row.facility}, {row.city}, {row.country}") for row in named]


def _named(name: str, unknown: str) -> tuple[str, int]:
    match = _NAMED.fullmatch(name)
    if match is None:
        raise ValidationError(unknown)
    return match[1], int(match[2])


def search(query: str) -> Other:
    """A list's own query, in its canonical form: what sorts or turns pages is left out, a place is rounded."""
    asked = understood(dict(parse_qsl(query.lstrip("?"), max_num_fields=40)))
    if asked.problems or (asked.near and asked.place is None) or not _is_resolved(asked):
        raise ValidationError("We do not understand this search.")
    name = topics.search_words(_canonical(asked)) if not asked.q else f"“{asked.q}”"
    if asked.place is not None:
        name = f"{name}, around {town(asked.place)}"
        asked = replace(asked, near=f"{asked.place.latitude:.1f},{asked.place.longitude:.1f}")
    canonical = _canonical(asked)
    if len(canonical) > 600:
        raise ValidationError("This search is too long to follow.")
    return Other(search=canonical or "status=open", name=name[: topics.NAME_LENGTH])


def _canonical(asked: Asked) -> str:
    kept = {name: value for name, value in asked.parameters().items() if name not in ("page", "sort")}
    return urlencode(kept)


def _is_resolved(asked: Asked) -> bool:
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        found = resolve(cursor, asked)
    is_place_known = bool(found.regions) or not (asked.country or asked.state)
    return (not asked.condition or found.condition is not None) and is_place_known
