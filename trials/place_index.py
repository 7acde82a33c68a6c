"""Countries, states and points of sites -> the keys that search rows hold, kept in memory for the length of a run."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from trials.models import Region, SitePoint
from trials.models.search import region_slug
from trials.ready import Sought
from trials.search.terms import Kind, marked

MOST_KEPT = 200_000
"""Points; a registry's towns fit, and a file of nonsense does not fill the memory."""
_REGIONS = """
    SELECT country, state, id FROM unnest(%s::text[], %s::text[]) AS asked(country, state)
    JOIN trials_region USING (country, state)
"""
_POINTS = """
    SELECT latitude, longitude, id FROM unnest(%s::float8[], %s::float8[]) AS asked(latitude, longitude)
    JOIN trials_sitepoint USING (latitude, longitude)
"""


class PlaceIndex:
    """Finds, and where needed makes, the keys. `learn` first; the rest then asks no database."""

    def __init__(self) -> None:
        self._regions: dict[tuple[str, str], int] = {}
        self._points: dict[tuple[float, float], int] = {}

    def learn(self, sought: Sequence[Sought]) -> None:
        if len(self._points) > MOST_KEPT:
            self._points.clear()
        self._learn_regions({region for each in sought for region in each.regions} - self._regions.keys())
        points = {(latitude, longitude) for each in sought for latitude, longitude, _ in each.points}
        self._learn_points(points - self._points.keys())

    def regions(self, sought: Sought) -> list[int]:
        return sorted([self._regions[region] for region in sought.regions])

    def terms(self, sought: Sought) -> set[int]:
        """The marks of the regions and points in a search row."""
        found = {marked(Kind.REGION, self._regions[region]) for region in sought.regions}
        for latitude, longitude, may_be_open in sought.points:
            kind = Kind.OPEN_POINT if may_be_open else Kind.CLOSED_POINT
            found.add(marked(kind, self._points[latitude, longitude]))
        return found

    def _learn_regions(self, wanted: Iterable[tuple[str, str]]) -> None:
        if not (new := sorted(wanted)):
            return
        self._regions |= _keys(_REGIONS, new)
        if missing := [place for place in new if place not in self._regions]:
            rows = [Region(country=one, state=state, slug=region_slug(one, state)) for one, state in missing]
            Region.objects.bulk_create(rows, ignore_conflicts=True)
            self._regions |= _keys(_REGIONS, missing)

    def _learn_points(self, wanted: Iterable[tuple[float, float]]) -> None:
        if not (new := sorted(wanted)):
            return
        self._points |= _keys(_POINTS, new)
        if missing := [point for point in new if point not in self._points]:
            rows = [SitePoint(latitude=latitude, longitude=longitude) for latitude, longitude in missing]
            SitePoint.objects.bulk_create(rows, ignore_conflicts=True)
            self._points |= _keys(_POINTS, missing)


def _keys(look_up: str, asked: Sequence[tuple[Any, Any]]) -> dict[Any, int]:
    with connection.cursor() as cursor:
        cursor.execute(look_up, [[one for one, _ in asked], [other for _, other in asked]])
        return {(one, other): id_ for one, other, id_ in cursor.fetchall()}
