"""Nearest first: the hits around a place, and how far each is, as parts of the one statement of a search.

Where more fit than are read, the freshest thousand of a large circle would not be the nearest. So small circles are
read first: those of the nearest points, then of four times as many, until there are enough.
"""

from dataclasses import replace
from typing import Any

from trials.search.asking import MOST, Asked
from trials.search.planning import near
from trials.search.query import Query
from trials.search.resolving import INSIDE, KM, Resolved
from trials.search.terms import SITE_MAY_BE_OPEN

COLUMNS = "trial_id, rank, posted, facets, regions"
DISTANCES = f"""
    SELECT trial_id, NOT bool_or(may_be_open) AS is_shut, coalesce(min(km) FILTER (WHERE may_be_open), min(km)) AS km
    FROM (SELECT trial_id, {KM} AS km, status = ANY(%(open_sites)s) AS may_be_open
          FROM hits JOIN trials_location USING (trial_id) WHERE {INSIDE}) AS sites
    WHERE may_be_open OR %(any_site)s GROUP BY trial_id
"""  # noqa: S608
_FITTING = "fitting AS MATERIALIZED (SELECT {columns} FROM trials_trialsearch WHERE {where} LIMIT {limit})"
# Without the OFFSET the planner may walk all rows by rank and compare hundreds of points with each.
_CIRCLE = """circle{number} AS MATERIALIZED (
    SELECT * FROM (SELECT {columns} FROM trials_trialsearch WHERE {too_few} AND {where} OFFSET 0) AS inside
    ORDER BY rank DESC, trial_id DESC LIMIT {limit})
"""
_HITS = """hits AS MATERIALIZED (
    SELECT {columns} FROM (SELECT DISTINCT ON (trial_id) * FROM ({pool}) AS pool ORDER BY trial_id, circle) AS once
    ORDER BY circle, rank DESC, trial_id DESC LIMIT {limit})
"""


def values(asked: Asked, resolved: Resolved) -> dict[str, Any]:
    """What DISTANCES needs."""
    return {**resolved.around, "any_site": asked.status != "open", "open_sites": sorted(SITE_MAY_BE_OPEN)}


def tables(asked: Asked, query: Query, resolved: Resolved) -> tuple[list[str], dict[str, Any]]:
    """`hits` and `page`. A circle is read only where all fit in no list and the circle inside it held too few."""
    where, found = query.where()
    limits: dict[str, Any] = {"columns": COLUMNS, "limit": MOST + 1}
    made = [_FITTING.format(where=where, **limits)]
    pool = [f"SELECT *, 0 AS circle FROM fitting WHERE (SELECT count(*) FROM fitting) <= {MOST}"]  # noqa: S608
    too_few = [f"(SELECT count(*) FROM fitting) > {MOST}"]  # noqa: S608
    for number, size in enumerate(sizes(len(resolved.points)), 1):
        inside = replace(query, parts={**query.parts, "near": near(asked, resolved.points[:size])})
        where, more = inside.where(label=f"circle{number}")
        made.append(_CIRCLE.format(number=number, where=where, too_few=" AND ".join(too_few), **limits))
        pool.append(f"SELECT *, {number} FROM circle{number}")  # noqa: S608
        too_few.append(f"(SELECT count(*) FROM circle{number}) <= {MOST}")  # noqa: S608
        found |= more
    made.append(_HITS.format(pool=" UNION ALL ".join(pool), **limits))
    made += [f"away AS ({DISTANCES})", "page AS (SELECT * FROM hits JOIN away USING (trial_id))"]
    return made, found | values(asked, resolved)


def sizes(points: int) -> list[int]:
    """How many points each circle holds: 2000 -> 1, 2, 8, 32, 125, 500, 2000."""
    found = [points]
    while found[0] > 1:
        found.insert(0, -(-found[0] // 4))
    return found
