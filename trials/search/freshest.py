"""The best of many hits in two steps: first among the freshest trials, and among all only where those are too few.

Trials are ranked by a number that each row carries, so the best thousand of a common word lie among the freshest. To
look at all trials with it, and sort them, takes a tenth of a second; to look where the ranks are high, a fraction.
"""

import time

FRESH = 40_000
"""Trials of the first step. Fewer, and half-common words need both steps; more, and the first costs too much."""
KEEP = 600.0
"""Seconds for which a process trusts the ranks at which the freshest begin: they decide what is read first, no more."""

# Each from an index alone. NULL where there are fewer trials than that.
LOOK = f"""
    SELECT 'cut', name, coalesce(at, 0), '', '' FROM (VALUES
        ('rank', (SELECT rank FROM trials_trialsearch ORDER BY rank DESC, trial_id DESC OFFSET {FRESH} LIMIT 1)),
        ('posted', (SELECT posted FROM trials_trialsearch ORDER BY posted DESC, trial_id DESC OFFSET {FRESH} LIMIT 1))
    ) AS cuts(name, at)
"""  # noqa: S608

_STEPS = """
    fresh_{name} AS MATERIALIZED (
        SELECT * FROM (SELECT {columns} FROM trials_trialsearch WHERE {order} > {cut} AND {where} OFFSET 0) AS rows
        ORDER BY {order} DESC, trial_id DESC LIMIT {limit}
    ), {name} AS MATERIALIZED (
        SELECT * FROM fresh_{name} WHERE (SELECT count(*) FROM fresh_{name}) >= {enough}
        UNION ALL (
            SELECT * FROM (SELECT {columns} FROM trials_trialsearch
                           WHERE (SELECT count(*) FROM fresh_{name}) < {enough} AND {where} OFFSET 0) AS rows
            ORDER BY {order} DESC, trial_id DESC LIMIT {limit}
        )
    )
"""

_cuts: tuple[float, dict[str, int]] = (float("-inf"), {})


def is_due() -> bool:
    return time.monotonic() - _cuts[0] > KEEP


def note(found: dict[str, int]) -> None:
    """What LOOK found."""
    global _cuts
    _cuts = (time.monotonic(), found)


def steps(name: str, columns: str, where: str, order: str, *, limit: int, enough: int) -> str:
    """Tables of a WITH, `name` the last of them: the first `limit` rows by `order`, which is a column of the table.
    Where the first step finds `enough`, there is no second."""
    cut = _cuts[1].get(order, 0)
    return _STEPS.format(name=name, columns=columns, where=where, order=order, cut=cut, limit=limit, enough=enough)
