"""A trial's sites as dots on the outline of the world (static/img/world.svg), with its twin in words. Pure."""

from collections import Counter
from typing import NamedTuple

from trials.records import TrialRecord
from trials.vocabulary import country_label, listed

WIDTH, HEIGHT, NORTH = 360, 144, 84
LEAST_COUNTRIES = 2
NAMED = 6
MOST_DOTS = 400
"""More would only cover each other: the fullest places are drawn."""


class Dot(NamedTuple):
    x: float
    y: float
    r: float


class SiteMap(NamedTuple):
    dots: list[Dot]
    words: str


def site_map(record: TrialRecord) -> SiteMap | None:
    """None where a map would say less than the list: one country, or no points. The points are those of cities."""
    countries = Counter(site.country for site in record.sites if site.country)
    points = Counter(
        (round(site.longitude), round(site.latitude))
        for site in record.sites
        if site.latitude is not None and site.longitude is not None and -60 < site.latitude < NORTH
    )
    if len(countries) < LEAST_COUNTRIES or not points:
        return None
    shown = sorted(points.most_common(MOST_DOTS))
    dots = [Dot(x + 180, NORTH - y, round(min(4.5, 2 + 0.25 * count), 1)) for (x, y), count in shown]
    return SiteMap(dots, _words(countries))


def _words(countries: Counter[str]) -> str:
    """`12 sites in 8 countries: 5 in Spain, ... and 3 in others`."""
    total = sum(countries.values())
    named = [f"{count} in {country_label(country)}" for country, count in countries.most_common(NAMED)]
    rest = total - sum(count for _, count in countries.most_common(NAMED))
    if rest:
        named.append(f"{rest} in other countries")
    return f"{total} sites in {len(countries)} countries: {listed(named)}."
