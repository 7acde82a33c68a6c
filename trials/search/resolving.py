"""Names, addresses and a place -> the numbers that the search index has for them, in one statement."""

from dataclasses import dataclass, field
from typing import Any

from trials import places
from trials.conditions import condition_key
from trials.search import freshest
from trials.search.asking import Asked
from trials.search.words import COMPOUND, LITTLE

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
# Search rows keep the number of a condition that was merged since: whoever asks for the one asks for both; and those
# below it by an editor's word, which search rows do not know. What is below it in MeSH, they do.
_ALL_NUMBERS = """
    below AS (
        SELECT id AS top, id FROM meant
        UNION
        SELECT top, condition_id FROM below JOIN trials_conditionparent link ON parent_id = below.id
        WHERE link.source = 'editor'
    ), other AS (
        SELECT top, id FROM below
        UNION
        SELECT top, c.id FROM below JOIN trials_condition c ON c.merged_into_id = below.id
    )
"""
_NAMES = f"""
    (WITH RECURSIVE called AS (
        SELECT key, id AS condition_id, CASE WHEN mesh_id = '' THEN 'word' ELSE 'name' END AS kind
        FROM trials_condition WHERE key = ANY(%(keys)s)
        UNION ALL
        SELECT key, condition_id, CASE source WHEN 'learned' THEN 'learned' ELSE 'name' END
        FROM trials_conditionname WHERE key = ANY(%(keys)s) AND refused_at IS NULL
    ), meant AS (
        SELECT called.key, kind, coalesce(c.merged_into_id, c.id) AS id
        FROM called JOIN trials_condition c ON c.id = condition_id
    ), {_ALL_NUMBERS}
    SELECT kind, meant.key, other.id, c.name, c.slug FROM meant
    JOIN trials_condition c USING (id) JOIN other ON other.top = c.id WHERE NOT c.is_hidden)
"""  # noqa: S608
_CONDITION = f"""
    (WITH RECURSIVE meant AS (
        SELECT coalesce(merged_into_id, id) AS id FROM trials_condition WHERE slug = %(condition)s
    ), {_ALL_NUMBERS}
    SELECT 'condition', '', other.id, c.name, c.slug FROM meant JOIN trials_condition c USING (id)
    JOIN other ON other.top = c.id WHERE NOT c.is_hidden)
"""  # noqa: S608
_REGION = "SELECT 'region', slug, id, country, state FROM trials_region WHERE slug = ANY(%(regions)s)"
_STATE_ANYWHERE = """
    SELECT 'region', slug, id, country, state FROM trials_region WHERE split_part(slug, '/', 2) = %(state)s
"""
_POINTS = f"""
    SELECT 'point', km::text, id, '', '' FROM (SELECT id, {KM} AS km FROM trials_sitepoint WHERE {INSIDE}) AS points
    WHERE km <= %(within)s
"""  # noqa: S608


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
    """None and () where something was asked for that we do not have, or where nothing was.

    `named` is trusted and filters; `learned` is a guess from the records, and only ever adds trials. `points` come
    nearest first; `whole_country` is that of the state that was asked for. A state without a country is that of any.
    """

    named: Meant | None = None
    learned: Meant | None = None
    condition: Meant | None = None
    regions: tuple[int, ...] = ()
    whole_country: tuple[int, ...] = ()
    country: str = ""
    state: str = ""
    points: tuple[int, ...] = ()
    around: dict[str, Any] = field(default_factory=dict)


def resolve(cursor: Any, asked: Asked) -> Resolved:
    """Also sets what the following statements of the transaction need."""
    spans, around = _spans(asked.q), _around(asked)
    region = f"{asked.country}/{asked.state}" if asked.country and asked.state else asked.country
    regions = [*dict.fromkeys([region, asked.country])] if region else []
    is_anywhere = bool(asked.state) and not asked.country
    wanted = (
        (bool(spans), _NAMES),
        (bool(asked.condition), _CONDITION),
        (bool(region), _REGION),
        (is_anywhere, _STATE_ANYWHERE),
        (bool(around), _POINTS),
        (freshest.is_due(), freshest.LOOK),
    )
    sql = " UNION ALL ".join([_SETTINGS, *(part for is_wanted, part in wanted if is_wanted)])
    names = {"keys": list(spans), "condition": asked.condition, "regions": regions, "state": asked.state}
    cursor.execute(sql, {**names, **around})
    rows: dict[str, list[tuple[str, int, str, str]]] = {}
    for kind, *row in cursor.fetchall():
        rows.setdefault(kind, []).append(tuple(row))
    if "cut" in rows:
        freshest.note({name: at for name, at, _, _ in rows["cut"]})
    named = _called("name", asked.q, spans, rows)
    inside = [row for row in rows.get("region", []) if is_anywhere or row[0] == region]
    return Resolved(
        named=named,
        learned=None if named else _called("learned", asked.q, spans, rows),
        condition=_meant(rows.get("condition", [])),
        regions=tuple(row[1] for row in inside),
        whole_country=tuple(row[1] for row in rows.get("region", []) if not row[3]) if asked.state else (),
        country=inside[0][2] if inside and not is_anywhere else "",
        state=inside[0][3] if inside else "",
        points=tuple(id_ for _, id_, _, _ in sorted(rows.get("point", []), key=lambda row: float(row[0]))),
        around=around,
    )


def _spans(q: str) -> dict[str, tuple[int, int]]:
    """Key -> where in the question it stands; longer names first. A name may be said with a `my` or `the` in it."""
    words = list(COMPOUND.finditer(q))[:MOST_WORDS]
    spans = [(i, j) for i in range(len(words)) for j in range(i + 1, min(i + LONGEST_NAME, len(words)) + 1)]
    found: dict[str, tuple[int, int]] = {}
    for i, j in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        start, end = words[i].start(), words[j - 1].end()
        found.setdefault(condition_key(q[start:end]), (start, end))
        telling = [word.group() for word in words[i:j] if word.group().casefold() not in LITTLE]
        if 1 < len(telling) < j - i:
            found.setdefault(condition_key(" ".join(telling)), (start, end))
    return found


def _called(
    kind: str, q: str, spans: dict[str, tuple[int, int]], rows: dict[str, list[tuple[str, int, str, str]]]
) -> Meant | None:
    """The longest part of the question that is a name of this kind, with the registrants' own term so written."""
    called = rows.get(kind, [])
    keys = {row[0] for row in called}
    for key, (start, end) in spans.items():
        if key in keys:
            words = rows.get("word", []) if kind == "name" else []
            fitting = [row for row in (*called, *words) if row[0] == key]
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
