"""The terms of a trial in the search index: words and marks as numbers, so that a row stays small. Pure.

A word is its 31-bit checksum: of half a million words some sixty share theirs with another, and a search asks for
several. Marks (conditions, places, filters) are negative numbers and exact.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from zlib import crc32

from django.utils.text import slugify

from trials.records import TrialRecord
from trials.search.words import indexed

SITE_MAY_BE_OPEN = frozenset({"RECRUITING", "AVAILABLE", ""})
SUMMARY_CHARACTERS = 600
"""What follows the first sentences of a summary says how, and no longer what."""


class Kind(IntEnum):
    """What a mark is about. Stored: a new kind goes to the end."""

    FILTER = 0  # open, s=recruiting, p=phase2, t=interventional, x=female, healthy, results, summary
    CONDITION = 1  # a chip of the trial, or a condition above it
    REGION = 2
    OPEN_POINT = 3  # a site there is open or has no status of its own
    CLOSED_POINT = 4


def marked(kind: Kind, number: int) -> int:
    """Exact for numbers under 2**27, which no table of ours comes near."""
    return -1 - (kind << 27 | number)


@lru_cache(maxsize=200_000)
def word(text: str) -> int:
    """A word anywhere in a trial's text."""
    return crc32(text.encode()) & 0x7FFFFFFF


@lru_cache(maxsize=200_000)
def name_word(text: str) -> int:
    """The same word in a title, a condition or a treatment."""
    return crc32(b"n=" + text.encode()) & 0x7FFFFFFF


@lru_cache(maxsize=500)
def filtered(text: str) -> int:
    return marked(Kind.FILTER, crc32(text.encode()) & 0x7FFFFFF)


@lru_cache(maxsize=500)
def mark(enum: str) -> str:
    """`NOT_YET_RECRUITING` -> `not-yet-recruiting`, as it reads in an address."""
    return slugify(enum.replace("_", "-"))[:40]


def of_record(record: TrialRecord, *, is_open: bool, title: str = "", summary: str = "") -> set[int]:
    """The words and filter marks that the record gives by itself; `title` and `summary` are the editors'."""
    named = set(indexed(" . ".join([
        record.brief_title, record.official_title, record.acronym, title, *record.conditions,
        *[mesh.term for mesh in record.condition_meshes], *[treatment.name for treatment in record.interventions],
    ])))  # fmt: skip
    sponsor = record.lead_sponsor.name if record.lead_sponsor else ""
    text = record.brief_summary[:SUMMARY_CHARACTERS]
    others = set(indexed(" . ".join([*record.keywords, sponsor, record.nct_id, summary, text])))
    terms = {name_word(each) for each in named}
    terms.update(map(word, named | others))
    terms.update(map(filtered, marks(record, is_open=is_open, has_summary=bool(summary))))
    return terms


def marks(record: TrialRecord, *, is_open: bool, has_summary: bool) -> Iterable[str]:
    if is_open:
        yield "open"
    yield f"s={mark(record.status)}"
    yield f"t={mark(record.study_type)}"
    yield from [f"p={mark(phase)}" for phase in record.phases]
    yield from [f"x={sex}" for sex in welcomes(record.sex)]
    if record.healthy_volunteers:
        yield "healthy"
    if record.has_results:
        yield "results"
    if has_summary:
        yield "summary"


def welcomes(sex: str) -> tuple[str, ...]:
    """Whom a trial takes; one that does not say takes everybody."""
    return {"FEMALE": ("female",), "MALE": ("male",)}.get(sex, ("female", "male"))
