"""A question -> a page of trials, how many there are, and counts beside the filters.

One index answers words and filters alike. Of too many hits only the best MOST are read, and counts say "or more".
How trials are ranked, and why so, is in docs/adr/0030-ranking.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connections, router, transaction

from trials.models import TrialSearch
from trials.search import facets, freshest, nearest
from trials.search.asking import MOST, PER_PAGE, Asked
from trials.search.nearest import COLUMNS
from trials.search.planning import plan
from trials.search.query import OPEN, Query
from trials.search.resolving import Resolved, resolve
from trials.search.spelling import corrected

MOST_NAMED = 200
"""Of a common word, so many trials that are called by it come first, if the freshest have as many: ten pages."""


@dataclass(frozen=True)
class Hit:
    trial_id: int
    km: float | None = None


@dataclass(frozen=True)
class Found:
    """`total`, `counts` and `places` are lower bounds where `is_capped`; `any_status` counts to MOST + 1.

    The other values of a filter in use are counted without it; those counts are lower bounds for the filters in
    `capped`. `instead_of` is the question as asked, where nothing fits it and `asked` is what was meant, or a part.
    """

    asked: Asked
    resolved: Resolved = field(default_factory=Resolved)
    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    is_capped: bool = False
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    places: list[tuple[str, int]] = field(default_factory=list)
    any_status: int = 0
    capped: frozenset[str] = frozenset()
    wider: list[tuple[str, int]] = field(default_factory=list)
    instead_of: str = ""

    @property
    def pages(self) -> int:
        return -(-self.total // PER_PAGE)


def find(asked: Asked, *, per_page: int = PER_PAGE) -> Found:
    """Of a question that was not understood, nothing."""
    if asked.problems or (asked.near and asked.place is None):
        return Found(asked)
    alias = router.db_for_read(TrialSearch) or "default"
    with transaction.atomic(using=alias, savepoint=False), connections[alias].cursor() as cursor:
        found, query = _find(cursor, asked, per_page)
        if found.total:
            return found
        return _instead(cursor, asked, found.resolved) or replace(found, wider=_wider(cursor, query))


def nct_ids(asked: Asked, *, skip: int, count: int) -> list[str]:
    """The trials at some places of the list, without the counts beside it."""
    alias = router.db_for_read(TrialSearch) or "default"
    with transaction.atomic(using=alias, savepoint=False), connections[alias].cursor() as cursor:
        resolved = resolve(cursor, asked)
        tables, order, values = _tables(asked, plan(asked, resolved), resolved)
        sql = f"WITH {', '.join(tables)}, listed AS ({_LISTED.format(order=order)}) {_NCT_IDS}"
        cursor.execute(sql, {**values, "per_page": count, "skip": skip})
        return [row[0] for row in cursor.fetchall()]


def _find(cursor: Any, asked: Asked, per_page: int = PER_PAGE) -> tuple[Found, Query]:
    resolved = resolve(cursor, asked)
    query = plan(asked, resolved)
    return _read(asked, resolved, _rows(cursor, asked, query, resolved, per_page)), query


def _instead(cursor: Any, asked: Asked, resolved: Resolved) -> Found | None:
    """What the question may have been meant for: with its slips put right, or only the condition that it names."""
    better = corrected(cursor, asked.q)
    for q in (better, resolved.named.said if resolved.named and resolved.named.rest else ""):
        if q:
            found, _ = _find(cursor, replace(asked, q=q, page=1))
            if found.total:
                return replace(found, instead_of=asked.q)
    return None


# Days without the mark of open ones; the percent sign is doubled for the parameters.
_ORDER = {"relevance": "rank", "near": "rank", "updated": f"rank %% {OPEN}", "new": "posted"}
_LISTED = """
    SELECT trial_id, km, row_number() OVER (ORDER BY {order}rank DESC, trial_id DESC) AS place FROM page
    ORDER BY place LIMIT %(per_page)s OFFSET %(skip)s
"""
_NCT_IDS = "SELECT nct_id FROM listed JOIN trials_trial ON id = trial_id ORDER BY place"
_ANSWER = """
    (SELECT 'trial', trial_id, 0, km, '' FROM page ORDER BY {order}rank DESC, trial_id DESC
    LIMIT %(per_page)s OFFSET %(skip)s)
    UNION ALL SELECT 'facets', facets, count(*)::int, NULL, '' FROM hits GROUP BY facets
    UNION ALL SELECT 'place', 0, many, NULL, {place} FROM (
        SELECT region, count(*)::int AS many FROM {inside}, unnest(regions) AS region GROUP BY region
    ) AS counted JOIN trials_region ON id = region WHERE {places}
"""


def _rows(cursor: Any, asked: Asked, query: Query, resolved: Resolved, per_page: int) -> list[Any]:
    """(what, number, how many, km, name): the page in order, facets, places, facets without each of the filters in
    use. One statement, as they all read the same hits."""
    tables, order, values = _tables(asked, query, resolved)
    if resolved.country:
        places, place = "country = %(country)s AND state <> ''", "state"
    else:
        places, place = "state = ''", "country"
    inside = "hits"
    if asked.state:
        where, more = query.where("state")
        inside = f"(SELECT regions FROM trials_trialsearch WHERE {where} LIMIT {MOST + 1}) AS inside"  # noqa: S608
        values |= more
    sql = f"WITH {', '.join(tables)} {_ANSWER.format(order=order, places=places, place=place, inside=inside)}"
    for name in _in_use(asked):
        where, more = query.where(name)
        # Of too many hits there are too many without the filter, too: how many of each says nothing then.
        rows = f"""SELECT facets FROM trials_trialsearch WHERE (SELECT count(*) FROM hits) <= {MOST} AND {where}
                   LIMIT {MOST + 1}"""  # noqa: S608
        sql += f" UNION ALL SELECT '{name}', facets, count(*)::int, NULL, '' FROM ({rows}) AS rows GROUP BY facets"  # noqa: S608
        values |= more
    cursor.execute(
        sql, {**values, "country": resolved.country, "per_page": per_page, "skip": min(asked.page - 1, MOST) * per_page}
    )
    return list(cursor.fetchall())


def _in_use(asked: Asked) -> list[str]:
    """The filters whose other values are shown with a count."""
    chosen = [name for name in ("phase", "type", "sex") if getattr(asked, name)]
    return chosen if asked.status == "any" else [*chosen, "status"]


def _tables(asked: Asked, query: Query, resolved: Resolved) -> tuple[list[str], str, dict[str, Any]]:
    """The parts of the statement that give `hits` and `page`, and by what the page is ordered first."""
    order = f"{_ORDER[asked.sort]} DESC, "
    if asked.sort == "near":
        tables, values = nearest.tables(asked, query, resolved)
        return tables, f"is_shut, round(km::numeric, 1), {order}", values
    best, values = _best(asked, query)
    if asked.place is not None:
        # Without the first step the planner may walk all rows by rank and compare hundreds of points with each.
        fitting, _, ordered = best.partition(" ORDER BY ")
        tables = [
            f"fitting AS MATERIALIZED ({fitting})",
            f"hits AS MATERIALIZED (SELECT * FROM fitting ORDER BY {ordered} LIMIT {MOST + 1})",  # noqa: S608
            f"away AS ({nearest.DISTANCES})",
            "page AS (SELECT * FROM hits JOIN away USING (trial_id))",
        ]
        return tables, order, values | nearest.values(asked, resolved)
    tables = [_first("hits", asked, query, best, MOST + 1)]
    if not query.in_names or asked.sort != "relevance":
        return [*tables, "page AS (SELECT *, NULL::float8 AS km FROM hits)"], order, values
    named, more = _best(asked, query, only_names=True)
    tables += [
        _first("named", asked, query, named, MOST, enough=MOST_NAMED),
        """page AS (
        SELECT *, NULL::float8 AS km, 1 AS tier FROM named UNION ALL
        SELECT *, NULL, 2 FROM hits WHERE trial_id NOT IN (SELECT trial_id FROM named))""",
    ]
    return tables, f"tier, {order}", values | more


def _first(name: str, asked: Asked, query: Query, best: str, limit: int, *, enough: int = 0) -> str:
    """Without terms the index by rank gives the best at once; with them, the freshest are looked at first."""
    by = _ORDER[asked.sort]
    if not query.parts or by not in ("rank", "posted"):
        return f"{name} AS MATERIALIZED ({best} LIMIT {limit})"
    where = best.partition(" WHERE ")[2].partition(" ORDER BY ")[0]
    return freshest.steps(name, COLUMNS, where, by, limit=limit, enough=enough or limit)


def _best(asked: Asked, query: Query, *, only_names: bool = False) -> tuple[str, dict[str, Any]]:
    """The rows that fit, best first, without a limit."""
    where, values = query.where(only_names=only_names)
    rows = f"SELECT {COLUMNS} FROM trials_trialsearch WHERE {where}"  # noqa: S608
    if asked.sort == "updated" and asked.status == "any" and asked.place is None:
        # Open ones stand apart in the index by rank: the latest of both sides, each walked from its own end.
        latest = f"ORDER BY rank DESC, trial_id DESC LIMIT {MOST + 1}"
        both = f"({rows} AND rank >= {OPEN} {latest}) UNION ALL ({rows} AND rank < {OPEN} {latest})"
        rows = f"SELECT * FROM ({both}) AS both_sides"  # noqa: S608
    return f"{rows} ORDER BY {_ORDER[asked.sort]} DESC, trial_id DESC", values


def _limited_count(query: Query, *without: str) -> tuple[str, dict[str, Any]]:
    where, values = query.where(*without)
    rows = f"SELECT 1 FROM trials_trialsearch WHERE {where} LIMIT {MOST + 1}"  # noqa: S608
    return f"SELECT count(*)::int FROM ({rows}) AS rows", values  # noqa: S608


def _read(asked: Asked, resolved: Resolved, rows: Sequence[Any]) -> Found:
    numbers: dict[str, list[tuple[int, int]]] = {"facets": []}
    for what, number, many, _, _ in rows:
        if what not in ("trial", "place"):
            numbers.setdefault(what, []).append((number, many))
    sums = {what: sum(many for _, many in pairs) for what, pairs in numbers.items()}
    counts = facets.counted(numbers.pop("facets"))
    for name, pairs in numbers.items():
        for (filter_, value), many in facets.counted(pairs).items():
            if filter_ == name and value != getattr(asked, name):
                counts[name, value] = max(many, counts[name, value])
    total = sums.pop("facets")
    return Found(
        asked,
        resolved,
        hits=[Hit(trial_id, km) for what, trial_id, _, km, _ in rows if what == "trial"],
        total=min(total, MOST),
        is_capped=total > MOST,
        counts=counts,
        places=sorted(
            [(name, many) for what, _, many, _, name in rows if what == "place"], key=lambda p: (-p[1], p[0])
        ),
        any_status=MOST + 1 if total > MOST else sums.get("status", 0),
        capped=frozenset(_in_use(asked) if total > MOST else (name for name, many in sums.items() if many > MOST)),
    )


def _wider(cursor: Any, query: Query) -> list[tuple[str, int]]:
    """(filter, how many without it), for the page that found nothing; the words are not one that can go."""
    names = [name for name in query.parts if name != "q"]
    names += ["age"] if query.age is not None else []
    names += ["status"] if query.only_open else []
    if not names:
        return []
    counts: list[str] = []
    values: dict[str, Any] = {}
    for name in names:
        count, more = _limited_count(query, *(("country", "state") if name == "country" else (name,)))
        counts.append(f"SELECT '{name}', ({count})")
        values |= more
    cursor.execute(" UNION ALL ".join(counts), values)
    return [(name, many) for name, many in cursor.fetchall() if many]
