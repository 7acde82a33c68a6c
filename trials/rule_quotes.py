"""The words of a changed eligibility criterion, for places that do not show old and new beside the sentence. Pure."""

from itertools import takewhile
from typing import Any

from trials.changes import Change
from trials.masking import masked
from trials.text import unescape

_LONGEST = 160
_OPENING, _CONTEXT = 6, 6
"""Words that a long rule begins with, by which it is known, and words before the first one that differs."""
_SAYS = {"inclusion": "It says who can join", "exclusion": "It says who cannot join"}
_SAID = {"inclusion": "It said who could join", "exclusion": "It said who could not join"}
_BEFORE = {"exclusion": "Who cannot join, before"}


def quoted_rule(change: Change) -> str:
    """What the rule said and says, where one alone changed. Empty for several, and for other changes."""
    if change.kind != "eligibility":
        return ""
    old, new = change.old or {}, change.new or {}
    added, removed, edited = new.get("added", ()), old.get("removed", ()), new.get("edited", ())
    if len(added) + len(removed) + len(edited) != 1:
        return ""
    if edited:
        was, now = _around(_words(old["edited"][0]), _words(edited[0]))
        return f"{_BEFORE.get(edited[0]['list'], 'Before')}: “{was}”. Now: “{now}”."
    rule, lead = (added[0], _SAYS) if added else (removed[0], _SAID)
    return f"{lead.get(rule['list'], 'It says' if added else 'It said')}: “{_cut(_words(rule))}”."


def _words(rule: dict[str, Any]) -> list[str]:
    return masked(unescape(rule["text"])).rstrip(".; \n").split()


def _around(old: list[str], new: list[str]) -> tuple[str, str]:
    """Where they are too long to be quoted whole: how they begin, and what differs with a few words before it."""
    if max(len(" ".join(old)), len(" ".join(new))) <= _LONGEST:
        return " ".join(old), " ".join(new)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    start = same - _CONTEXT
    if start <= _OPENING:
        return _cut(old), _cut(new)
    lead = f"{' '.join(old[:_OPENING])} … "
    return lead + _cut(old[start:]), lead + _cut(new[start:])


def _cut(words: list[str]) -> str:
    text = " ".join(words)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0].rstrip(',;:')}…"
