"""Who can join, as a list of statements that a visitor can go through alone: true for me, not true, not sure. Pure.

Nothing here knows an answer, and nothing adds answers up: the study team decides who fits.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

from trials import eligibility, participants, vocabulary
from trials.age_words import age_range_label
from trials.eligibility import Criterion, walk
from trials.records import TrialRecord

_NOTHING = ("none", "n/a", "na", "")


class Rule(NamedTuple):
    """`key` stays the same for as long as the wording does, so that a browser can tell a changed rule from an old one;
    it is "" for a heading."""

    key: str
    text: str
    children: tuple[Criterion, ...] = ()

    @property
    def is_heading(self) -> bool:
        return not self.key


class Group(NamedTuple):
    title: str
    rules: list[Rule]


class FitList(NamedTuple):
    """`notes` are what rules nobody out: any age, all sexes."""

    groups: list[Group]
    notes: list[str]


def fit_list(record: TrialRecord) -> FitList:
    limits, notes = _limits(record)
    groups = [("Age and sex", [Criterion(text) for text in limits]), *_criteria(record.eligibility)]
    seen: dict[str, int] = {}
    made = [Group(title, list(_rules(items, seen))) for title, items in groups]
    return FitList([group for group in made if group.rules], notes)


def _limits(record: TrialRecord) -> tuple[list[str], list[str]]:
    limits, notes = [], []
    ages = age_range_label(record.minimum_age, record.maximum_age)
    if record.minimum_age or record.maximum_age:
        limits.append(f"Age: {ages[0].lower()}{ages[1:]}")
    elif record.sex:
        notes.append("Any age.")
    if record.sex == "ALL":
        notes.append("All sexes.")
    elif record.sex:
        limits.append(f"Sex: {participants.sex_label(record).lower()}")
    if record.healthy_volunteers is not None:
        notes.append(f"{vocabulary.healthy_volunteers_label(record.healthy_volunteers)}.")
    return limits, notes


def _criteria(text: str) -> Iterator[tuple[str, list[Criterion]]]:
    """By side where the text has both lists; else its sections in their own order."""
    found = eligibility.parse(text)
    if found.is_split:
        yield "You may be able to join if", list(found.inclusion)
        yield "You cannot join if", list(found.exclusion)
        yield "Also in the record", list(found.other)
        return
    for section in found.sections:
        yield section.title.strip(" :") or "From the record", list(section.items)


def _rules(items: Iterable[Criterion], seen: dict[str, int]) -> Iterator[Rule]:
    """Points as rules, with the points under them; a heading stands before its own."""
    for item in items:
        text = f"{item.number} {item.text}" if item.number else item.text
        if item.is_heading:
            yield Rule("", text)
            yield from _rules(item.children, seen)
        elif item.text.strip(" .").lower() not in _NOTHING:
            yield Rule(_key(item, seen), text, item.children)


def _key(item: Criterion, seen: dict[str, int]) -> str:
    words = " ".join(part.text for part in walk((item,)))
    key = blake2b(words.encode(), digest_size=5).hexdigest()
    seen[key] = seen.get(key, 0) + 1
    return key if seen[key] == 1 else f"{key}-{seen[key]}"
