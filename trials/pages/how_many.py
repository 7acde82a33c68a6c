"""A trial’s number of people beside those of trials like it: in words, and drawn."""

import math
from typing import NamedTuple

from trials import vocabulary
from trials.enrollment import Figure, Figures
from trials.records import UNKNOWN_ENROLLMENT, TrialRecord

_LEFT, _WIDTH, _DECADES = 8, 584, 5
"""The drawing goes from 1 to 100,000 people, each tenfold step as wide as the next."""


class HowMany(NamedTuple):
    """`x`, `box_x` and `box_width` place the trial and the middle half on a line 600 wide."""

    sentences: list[str]
    x: int
    box_x: int
    box_width: int


def in_context(record: TrialRecord, figures: Figures) -> HowMany | None:
    """None where the record gives no number, or too few trials like it are known."""
    count = record.enrollment
    if not count or count >= UNKNOWN_ENROLLMENT or record.status == "WITHDRAWN":
        return None
    is_actual = record.enrollment_type == "ACTUAL"
    figure = figures.get((record.study_type, ",".join(record.phases), is_actual))
    if figure is None or record.enrollment_type not in ("ACTUAL", "ESTIMATED"):
        return None
    box_x = _place(figure.lower)
    return HowMany(
        _sentences(count, figure, record, is_actual=is_actual),
        _place(count), box_x, max(6, _place(figure.upper) - box_x),
    )  # fmt: skip


def _sentences(count: int, figure: Figure, record: TrialRecord, *, is_actual: bool) -> list[str]:
    people = "1 person" if count == 1 else f"{count:,} people"
    took_part = "took part" if vocabulary.status_words(record.status).has_ended else "joined"
    first = f"{people} {took_part}." if is_actual else f"The plan is for {people}."
    have = "had" if is_actual else "plan for"
    number = "a final number" if is_actual else "a planned number"
    return [
        first,
        f"Of {figure.trials:,} {_kind(record)} with {number}, half {have} {_between(figure)}.",
        _beside(count, figure),
        "How many people a trial needs depends on its question.",
    ]


def _between(figure: Figure) -> str:
    if figure.lower == figure.upper:
        return f"about {figure.lower:,} people"
    return f"between {figure.lower:,} and {figure.upper:,} people"


def _beside(count: int, figure: Figure) -> str:
    if count < figure.lower:
        return "This trial is smaller than three in four of them."
    if count > figure.upper:
        return "This trial is larger than three in four of them."
    return "This trial is in that middle half."


def _kind(record: TrialRecord) -> str:
    if record.study_type == "OBSERVATIONAL":
        return "observational studies"
    if record.study_type == "EXPANDED_ACCESS":
        return "expanded access programs"
    label = vocabulary.phase_label(record.phases)
    if not label or record.phases == ("NA",):
        return "trials without a phase"
    return f"{label[0].lower()}{label[1:]} trials"


def _place(count: int) -> int:
    return _LEFT + round(_WIDTH * min(1.0, math.log10(max(1, count)) / _DECADES))
