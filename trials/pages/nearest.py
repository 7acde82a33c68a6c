"""The sites of a record that lie nearest to a place, those that may be open first. Pure but for the gazetteer."""

from collections.abc import Callable
from typing import NamedTuple

from trials import places, vocabulary
from trials.masking import masked
from trials.pages.finder import away
from trials.places import BadPlace, Place
from trials.records import Site, TrialRecord
from trials.search.terms import SITE_MAY_BE_OPEN
from trials.text import unescape

LONGEST = 100


class AskedPlace(NamedTuple):
    """`text` as typed; `place` what it was taken for, None where we know none or nobody asked."""

    text: str
    place: Place | None
    problem: str


class NearSite(NamedTuple):
    """`Sample Hospital`, `Boston, Massachusetts`, `38 km`, `recruiting`. No distance where no place is given."""

    facility: str
    town: str
    distance: str
    status: str


def asked_place(text: str) -> AskedPlace:
    text = " ".join(text.replace("\x00", " ").split())[:LONGEST]
    if not text:
        return AskedPlace("", None, "")
    try:
        found = places.find(text)
    except BadPlace as problem:
        return AskedPlace(text, None, str(problem))
    if found:
        return AskedPlace(text, found[0], "")
    unknown = f"We do not know the place “{text}”. Try a larger town nearby, add the country, or give a US ZIP code."
    return AskedPlace(text, None, unknown)


def nearest(record: TrialRecord, place: Place | None, most: int) -> list[NearSite]:
    """Without a place, the first sites that may be open, in the record's order. Sites without a point come last."""
    return [_shown(record.sites[index], km, place) for index, km in by_distance(record, place)[:most]]


def by_distance(record: TrialRecord, place: Place | None) -> list[tuple[int, float]]:
    """Each site's place in the record and its distance in km, those that may be open first."""
    far: Callable[[Site], float] = _distance_from(place) if place else lambda site: 0.0
    found = [(index, far(site)) for index, site in enumerate(record.sites)]
    return sorted(found, key=lambda each: (record.sites[each[0]].status not in SITE_MAY_BE_OPEN, each[1]))


def away_label(km: float, place: Place | None) -> str:
    return away(km, place.uses_miles) if place and km != float("inf") else ""


def _distance_from(place: Place) -> Callable[[Site], float]:
    """In km. Many sites share a city's point: each is measured once."""
    known: dict[tuple[float, float], float] = {}

    def far(site: Site) -> float:
        if site.latitude is None or site.longitude is None:
            return float("inf")
        point = (site.latitude, site.longitude)
        if point not in known:
            known[point] = places.haversine_km((place.latitude, place.longitude), point)
        return known[point]

    return far


def _shown(site: Site, km: float, place: Place | None) -> NearSite:
    return NearSite(
        masked(unescape(site.facility)) or "A site without a name",
        vocabulary.place_label("", site.city, site.state, "", site.country),
        away_label(km, place),
        vocabulary.status_label(site.status).lower() if site.status else "status not stated",
    )
