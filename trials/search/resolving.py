"""Names, addresses and a place -> the numbers that the search index has for them, in one statement."""

from dataclasses import dataclass, field
from typing import Any

from trials import places
from trials.conditions import condition_key
from trials.search.asking import Asked
from trials.search.words import COMPOUND

MOST_WORDS, LONGEST_NAME = 12, 7
"""So many words of a question may name a condition, and so many words a name may have."""

KM = (
    "2 * 6371.0 * asin(least(1, sqrt(sin(radians(latitude - %(lat)s) / 2) ^ 2 "
    "+ cos(radians(%(lat)s)) * cos(radians(latitude)) * sin(radians(longitude - %(lon)s) / 2) ^ 2)))"
)
# A box that spans the date line is two.
INSIDE = """
    latitude BETWEEN %(south)s AND %(north)s AND CASE WHEN %(west)s::float8 <= %(east)s::float8
    THEN longitude BETWEEN %(west)s AND %(east)s ELSE longitude >= %(west)s OR longitude <= %(east)s END
"""
# The planner takes a scan of all rows for cheap, as it does not know what comparing lists of terms costs; and a search
# is over before compiled code or a second process would pay. Holds to the end of the transaction.
_SETTINGS = """
    SELECT 'setting', '', 0, set_config(name, value, true), '' FROM (VALUES ('enable_seqscan', 'off'), ('jit', 'off'),
    ('max_parallel_workers_per_gather', '0')) AS wanted(name, value)
"""
# Search rows keep the number of a condition that was merged since: whoever asks for the one asks for both.
_NAMES = """
    (WITH called AS (
        SELECT key, id AS condition_id, mesh_id <> '' AS is_trusted FROM trials_condition WHERE key = ANY(%(keys)s)
        UNION ALL
        SELECT key, condition_id, true FROM trials_conditionname WHERE key = ANY(%(keys)s)
    ), meant AS (
        SELECT called.key, is_trusted, coalesce(c.merged_into_id, c.id) AS id
        FROM called JOIN trials_condition c ON c.id = condition_id
    )
    SELECT CASE WHEN is_trusted THEN 'name' ELSE 'word' END, meant.key, other.id, c.name, c.slug FROM meant
    JOIN trials_condition c USING (id) JOIN trials_condition other ON other.id = c.id OR other.merged_into_id = c.id
    WHERE NOT c.is_hidden)
"""
_CONDITION = """
    (WITH asked AS (SELECT coalesce(merged_into_id, id) AS id FROM trials_condition WHERE slug = %(condition)s)
    SELECT 'condition', '', other.id, c.name, c.slug FROM asked JOIN trials_condition c USING (id)
    JOIN trials_condition other ON other.id = c.id OR other.merged_into_id = c.id WHERE NOT c.is_hidden)
"""
_REGION = "SELECT 'region', '', id, country, state FROM trials_region WHERE slug = %(region)s"
_POINTS = f"SELECT 'point', '', id, '', '' FROM trials_sitepoint WHERE {INSIDE} AND {KM} <= %(within)s"  # noqa: S608


@dataclass(frozen=True)
class Meant:
    """One condition under all its numbers. `said` is the part of the question that names it, `rest` the others."""

    ids: tuple[int, ...]
    name: str
    slug: str
    said: str = ""
    rest: str = ""


@dataclass(frozen=True)
class Resolved:
    """None and () where something was asked for that we do not have, or where nothing was."""

    named: Meant | None = None
    condition: Meant | None = None
    regions: tuple[int, ...] = ()
    country: str = ""
    state: str = ""
    points: tuple[int, ...] = ()
    around: dict[str, Any] = field(default_factory=dict)


def resolve(cursor: Any, asked: Asked) -> Resolved:
    """Also sets what the following statements of the transaction need."""
    spans, around = _spans(asked.q), _around(asked)
    region = f"{asked.country}/{asked.state}" if asked.state else asked.country
    wanted = (
        (bool(spans), _NAMES),
        (bool(asked.condition), _CONDITION),
        (bool(region), _REGION),
        (bool(around), _POINTS),
    )
    sql = " UNION ALL ".join([_SETTINGS, *(part for is_wanted, part in wanted if is_wanted)])
    cursor.execute(sql, {"keys": list(spans), "condition": asked.condition, "region": region, **around})
    rows: dict[str, list[tuple[str, int, str, str]]] = {}
    for kind, *row in cursor.fetchall():
        rows.setdefault(kind, []).append(tuple(row))
    regions = rows.get("region", [])
    return Resolved(
        named=_named(asked.q, spans, rows),
        condition=_meant(rows.get("condition", [])),
        regions=tuple(id_ for _, id_, _, _ in regions),
        country=regions[0][2] if regions else "",
        state=regions[0][3] if regions else "",
        points=tuple(id_ for _, id_, _, _ in rows.get("point", [])),
        around=around,
    )


def _spans(q: str) -> dict[str, tuple[int, int]]:
    """Key -> where in the question it stands; longer names first."""
    words = list(COMPOUND.finditer(q))[:MOST_WORDS]
    spans = [(i, j) for i in range(len(words)) for j in range(i + 1, min(i + LONGEST_NAME, len(words)) + 1)]
    found: dict[str, tuple[int, int]] = {}
    for i, j in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        start, end = words[i].start(), words[j - 1].end()
        found.setdefault(condition_key(q[start:end]), (start, end))
    return found


def _named(q: str, spans: dict[str, tuple[int, int]], rows: dict[str, list[tuple[str, int, str, str]]]) -> Meant | None:
    """The longest part of the question that is a name in MeSH or one that editors gave."""
    trusted = rows.get("name", [])
    keys = {row[0] for row in trusted}
    for key, (start, end) in spans.items():
        if key in keys:
            fitting = [row for row in (*trusted, *rows.get("word", [])) if row[0] == key]
            return _meant(fitting, said=q[start:end], rest=f"{q[:start]} {q[end:]}".strip())
    return None


def _meant(rows: list[tuple[str, int, str, str]], said: str = "", rest: str = "") -> Meant | None:
    if not rows:
        return None
    return Meant(tuple(dict.fromkeys(row[1] for row in rows)), rows[0][2], rows[0][3], said, rest)


def _around(asked: Asked) -> dict[str, Any]:
    if asked.place is None:
        return {}
    south, north, west, east = places.box(asked.place.latitude, asked.place.longitude, asked.km)
    return {"south": south, "north": north, "west": west, "east": east, "lat": asked.place.latitude,
            "lon": asked.place.longitude, "within": asked.km}  # fmt: skip
