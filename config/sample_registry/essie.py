"""The part of Essie, the registry's query language, that a client of this site uses; anything else is an EssieError."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from config.sample_registry.pieces import DATES, NUMBERS, PIECES, values_at

Study = dict[str, Any]
Test = Callable[[Study], bool]

_TOKEN = re.compile(r'\s*(AREA\[\w+\]|RANGE\[[^\[\],]+,[^\[\],]+\]|"[^"]*"|[(),]|[^\s(),\[\]"]+)')
_OPERATORS = ("AND", "OR", "NOT", ",", "(", ")")
_WORDS_LOOK_IN = (
    "NCTId", "BriefTitle", "OfficialTitle", "Acronym", "Condition", "Keyword", "ConditionMeshTerm", "InterventionName",
    "LeadSponsorName", "BriefSummary",
)  # fmt: skip


class EssieError(ValueError):
    """The expression is wrong, or uses more of the language than this registry speaks."""


def parse(expression: str) -> Test:
    """A predicate over studies, of `AREA[LastUpdatePostDate]RANGE[2026-11-01,MAX] AND (asthma OR AREA[Phase]NA)`."""
    parser = _Parser(_tokens(expression))
    test = parser.either(None)
    if parser.next is not None:
        raise EssieError(f"Unexpected `{parser.next}`")
    return test


def _tokens(expression: str) -> list[str]:
    tokens, at = [], 0
    expression = expression.strip()
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise EssieError(f"Cannot parse `{expression[at : at + 20]}`")
        tokens.append(match.group(1))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    @property
    def next(self) -> str | None:
        return self.tokens[0] if self.tokens else None

    def either(self, area: str | None) -> Test:
        tests = [self.both(area)]
        while self.next == "OR":
            self.tokens.pop(0)
            tests.append(self.both(area))
        return lambda study: any(test(study) for test in tests)

    def both(self, area: str | None) -> Test:
        tests = [self.one(area)]
        while self.next not in (None, "OR", ")"):
            if self.next in ("AND", ","):
                self.tokens.pop(0)
            tests.append(self.one(area))
        return lambda study: all(test(study) for test in tests)

    def one(self, area: str | None) -> Test:
        head = self.tokens.pop(0) if self.tokens else None
        if head == "NOT":
            inner = self.one(area)
            return lambda study: not inner(study)
        if head == "(":
            inner = self.either(area)
            if not self.tokens or self.tokens.pop(0) != ")":
                raise EssieError("Missing `)`")
            return inner
        if head is None or head in _OPERATORS:
            raise EssieError(f"A term is missing before `{head or 'the end'}`")
        if head.startswith("AREA["):
            return self.one(_area(head[5:-1]))
        if head.startswith("RANGE["):
            return _range(area, head[6:-1])
        return _term(area, self.words(head))

    def words(self, first: str) -> str:
        """Words that follow each other are one term, as in `type 2 diabetes`."""
        words = [first.strip('"')]
        while not first.startswith('"') and self.next and not self.next.startswith(("AREA[", "RANGE[", '"')):
            if self.next in _OPERATORS:
                break
            words.append(self.tokens.pop(0))
        return " ".join(words).lower()


def _area(name: str) -> str:
    if name not in PIECES:
        raise EssieError(f"Unknown area `{name}`")
    return name


def _term(area: str | None, term: str) -> Test:
    if area is None:
        return lambda study: _holds_words(study, term)
    if area in DATES or area in NUMBERS:
        return lambda study: any(str(value).startswith(term) for value in values_at(study, PIECES[area]))
    if area.endswith(("Title", "Summary", "Description", "Criteria", "Name", "Term", "Condition", "Keyword")):
        return lambda study: any(term in str(value).lower() for value in values_at(study, PIECES[area]))
    return lambda study: any(str(value).lower() == term for value in values_at(study, PIECES[area]))


def _holds_words(study: Study, term: str) -> bool:
    text = " ".join(str(value) for area in _WORDS_LOOK_IN for value in values_at(study, PIECES[area])).lower()
    return all(word in text for word in term.split())


def _range(area: str | None, bounds: str) -> Test:
    low, high = (bound.strip() for bound in bounds.split(","))
    if area in NUMBERS:
        return _between(area, _number(low, float("-inf")), _number(high, float("inf")), float)
    if area in DATES:
        return _between(area, _day(low, "0000-00-00"), _day(high, "9999-99-99"), _first_day)
    raise EssieError("RANGE needs the AREA of a date or a number")


def _between(area: str, low: Any, high: Any, convert: Callable[[Any], Any]) -> Test:
    return lambda study: any(low <= convert(value) <= high for value in values_at(study, PIECES[area]))


def _number(bound: str, open_end: float) -> float:
    if bound in ("MIN", "MAX"):
        return open_end
    try:
        return float(bound)
    except ValueError:
        raise EssieError(f"Not a number: `{bound}`") from None


def _day(bound: str, open_end: str) -> str:
    if bound in ("MIN", "MAX"):
        return open_end
    try:
        return date.fromisoformat(_first_day(bound)).isoformat()
    except ValueError:
        raise EssieError(f"Not a date: `{bound}`") from None


def _first_day(value: Any) -> str:
    """A month or a year stands for its first day."""
    text = str(value)
    return text + "-01-01"[len(text) - 4 :] if len(text) in (4, 7) else text
