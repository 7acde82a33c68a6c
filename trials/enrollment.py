"""How many people trials take: the middle half of each kind, measured over the whole registry once a day.

The figures lie in a small table and, for pages, in the cache and this process: no page asks the database for them.
"""

import time
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db import connection, transaction

from trials import generation
from trials.models import EnrollmentFigure
from trials.records import UNKNOWN_ENROLLMENT

DUE_AFTER = timedelta(hours=20)
LEAST_TRIALS = 100
"""Of fewer trials a middle half says too little."""
LONGEST = 600.0
"""Seconds for which a process trusts what it last read."""
_KEY = "enrollment-figures"


class Figure(NamedTuple):
    """Half of `trials` have between `lower` and `upper` people."""

    trials: int
    lower: int
    middle: int
    upper: int


Figures = dict[tuple[str, str, bool], Figure]
"""By study type, phases joined by commas, and whether the number is of people who took part, not planned."""

_kept: tuple[float, Figures] = (float("-inf"), {})


def figures() -> Figures:
    """Empty until measured, and where the cache server does not answer."""
    global _kept
    now = time.monotonic()
    if now - _kept[0] > LONGEST:
        _kept = (now, _from_cache())
    return _kept[1]


def forget() -> None:
    """The next page reads anew."""
    global _kept
    _kept = (float("-inf"), {})


def measure_if_due(*, now: datetime) -> bool:
    """Measures where the last time is long ago, and puts the figures where pages find them, should they be lost."""
    newest = EnrollmentFigure.objects.order_by("-measured_at").values_list("measured_at", flat=True).first()
    is_due = newest is None or now - newest >= DUE_AFTER
    if is_due:
        measure(now=now)
    rows = EnrollmentFigure.objects.values_list(
        "study_type", "phases", "is_actual", "trials", "lower", "middle", "upper"
    )
    cache.set(_KEY, [list(row) for row in rows], timeout=None)
    forget()
    if is_due:
        generation.move()
    return is_due


_MEASURE = """
    INSERT INTO trials_enrollmentfigure (study_type, phases, is_actual, trials, lower, middle, upper, measured_at)
    SELECT study_type, phases, is_actual, trials, marks[1], marks[2], marks[3], %(now)s FROM (
        SELECT study_type, array_to_string(phases, ',') AS phases, enrollment_type = 'ACTUAL' AS is_actual,
               count(*) AS trials,
               percentile_disc(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY enrollment) AS marks
        FROM trials_trial
        WHERE gone_at IS NULL AND enrollment > 0 AND enrollment < %(unknown)s AND status <> 'WITHDRAWN'
              AND study_type <> '' AND enrollment_type IN ('ACTUAL', 'ESTIMATED')
        GROUP BY 1, 2, 3 HAVING count(*) >= %(least)s
    ) measured
    ON CONFLICT (study_type, phases, is_actual) DO UPDATE SET trials = excluded.trials, lower = excluded.lower,
        middle = excluded.middle, upper = excluded.upper, measured_at = excluded.measured_at
"""


@transaction.atomic
def measure(*, now: datetime) -> None:
    """One pass over all trials; kinds that became too rare lose their figure."""
    values: dict[str, Any] = {"now": now, "unknown": UNKNOWN_ENROLLMENT, "least": LEAST_TRIALS}
    with connection.cursor() as cursor:
        cursor.execute(_MEASURE, values)
    EnrollmentFigure.objects.filter(measured_at__lt=now).delete()


def _from_cache() -> Figures:
    try:
        rows = cache.get(_KEY) or []
    except Exception:
        return {}
    return {(study_type, phases, is_actual): Figure(*counts) for study_type, phases, is_actual, *counts in rows}
