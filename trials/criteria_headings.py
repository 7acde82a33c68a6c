"""Which lines of a criteria text are headings, and which list they open. Pure."""

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

from trials.markdown import Line, shown

Side = Literal["inclusion", "exclusion", "other"]

_BARE = re.compile(
    r"[\W\d]*(?:(?:key|main|major|list of)\s+)?(?:(?:non-?)?inclusion|exclusion)s?(?:\s+criteri(?:a|on|as))?"
    r"(?:\s+include|\s+(?:were|are) as follows)?\W*",
    re.IGNORECASE,
)
_SIDE_WORD = re.compile(r"\b(?P<non>non[- ]?)?(?P<side>inclu|exclu)(?:sions?|sive)\b", re.IGNORECASE)
_CRITERIA_WORD = re.compile(r"\b(?:criteri[ao]n?s?|requirements?|conditions?)\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:apply|applies|may|must|will|should|fulfil\w*|meet\w*|who|patient meets|any|not)\b", re.I)
_BULLET_HEADING = re.compile(
    r"(?:(?:key|main|major|other|patient|subject)\s+)?(?:(?:non-?)?inclusion|exclusion)\s+criteri(?:a|on)\s*:?", re.I
)
_OUT = re.compile(r"\b(?:excluded|exclusion|ineligible|not (?:be )?(?:eligible|included|enrolled))\b", re.IGNORECASE)
_ELIGIBILITY = re.compile(r"\W*(?:key |main |general )?eligibility(?: criteria)?\b[^.]{0,60}:\W*", re.IGNORECASE)
_SHORT_HEADING = 60
_LONG_WORD = re.compile(r"[A-Za-z]{7,11}")


def is_bare(title: str) -> bool:
    """`Inclusion Criteria:` says no more than its side; `Inclusion Criteria (Families):` does."""
    return bool(_BARE.fullmatch(_respelled(title)))


def section_side(line: Line, current: Side) -> Side | None:
    """The side that this line opens as a section heading, or None."""
    if line.mark and (line.indent > 1 or len(line.text) > _SHORT_HEADING):
        return None
    text = _respelled(shown(line.text))
    if len(text) > 160:
        return None
    if line.mark:
        return _named_side(text) if _BULLET_HEADING.fullmatch(text) else None
    if _is_side_heading(text):
        return _named_side(text)
    if text.endswith(":") and _OUT.search(text) and "following" in text:
        return "exclusion" if current != "exclusion" else None
    if text.endswith(".") and "following" in text and re.search(r"\bexcluded\b", text) and len(text) < 80:
        return "exclusion" if current != "exclusion" else None
    return "inclusion" if _ELIGIBILITY.fullmatch(text) and current != "exclusion" else None


def _respelled(text: str) -> str:
    """A short heading with a slip in its words, `Inclsuion Crtieria:`, as it was meant."""
    if len(text) > _SHORT_HEADING or len(text.split()) > 5:
        return text
    return _LONG_WORD.sub(lambda match: _meant(match.group()), text)


@lru_cache(maxsize=20_000)
def _meant(word: str) -> str:
    close = get_close_matches(word.casefold(), ("inclusion", "exclusion", "criteria"), 1, 0.85)
    return close[0] if close else word


def _is_side_heading(text: str) -> bool:
    """`Key Inclusion Criteria (Part B):` is one; `Other exclusion criteria may apply.` is not."""
    match = _SIDE_WORD.search(text)
    if not match or len(text.split()) > 14 or len(text[: match.start()].split()) > 4:
        return False
    rest = text[match.end() :].strip()
    if not _CRITERIA_WORD.search(text) and rest.strip(" :.-") and not rest.startswith((":", "(")):
        return False
    return text.endswith(":") or not _VERB.search(text)


def _named_side(text: str) -> Side:
    sides = {_out_or_in(match) for match in _SIDE_WORD.finditer(text)}
    return "other" if len(sides) > 1 else sides.pop()


def _out_or_in(match: re.Match[str]) -> Side:
    return "exclusion" if match["non"] or match["side"].casefold() == "exclu" else "inclusion"


def is_heading(line: Line, after: Line | None) -> bool:
    """A line of its own above a list: `Adequate organ function:`, or short and without an end, like `Cohort 1`."""
    if line.mark or line.indent > 1 or line.follows_on:
        return False
    text = line.text.rstrip()
    if is_shouted(text) and len(text) <= _SHORT_HEADING:
        return text.endswith(":") or bool(after and after.mark)
    if not after or not (after.mark or (text.endswith(":") and not after.follows_on)):
        return False
    if text.endswith(":"):
        return bool(after.mark) or len(text) <= _SHORT_HEADING
    return len(text) <= _SHORT_HEADING and text[-1:] not in ".,;"


def is_shouted(text: str) -> bool:
    return len(text) > 5 and text.isupper()
