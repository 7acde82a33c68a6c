"""Text -> the words that a search compares: accents, plurals and British spelling folded. Pure.

PostgreSQL's own parser is not asked: it takes `PD-1` for `pd` and the number -1, and `CAR-T` for three words.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from trials.conditions import respelled, singular
from trials.record_types import TrialRecord

COMPOUND = re.compile(r"[^\W_]+(?:[-‐‑–'’/][^\W_]+)*")
_JOINT = re.compile(r"[-‐‑–/]")
_POSSESSIVE = re.compile(r"['’]s?$|['’]")
LONGEST = 40
NAME_WORD = re.compile(r"[^\W\d_]{4,40}")
"""A word of a name that is long enough to tell a slip in it."""

STOP_WORDS = frozenset(
    "a about after also am an and any are as at be been before being between both but by can could did do does doing "
    "during each few for from further had has have having he her here him his how i if in into is it its me more "
    "most my no nor not of off on once only or other our out over own same she should so some such than that the "
    "their them then there these they this those through to too under until up us was we were what when where which "
    "while who whom why will with without would you your".split()
)
HERE_EVERYWHERE = frozenset("trial study clinical research find near want need help looking".split())
"""Words that say nothing in a question to a site about clinical trials."""
LITTLE = frozenset("a an the my your his her our their i he she we they".split())
"""Words that come and go in the name of a condition: `blood in my urine`."""
_FOR_WHOM = re.compile(
    r"\b(?:my|our)\s+(?:son|daughter|child|kid|baby|dad|father|mum|mom|mother|husband|wife|partner|brother|sister|friend"
    r"|grandson|granddaughter|grandfather|grandmother|grandpa|grandma|uncle|aunt)(?:['’]s)?\b",
    re.IGNORECASE,
)
"""`my father` says who asks, and nothing about the trial."""


def indexed(text: str) -> Iterator[str]:
    """The words of a text; `CAR-T` gives `car`, `t` and `cart`."""
    return chain.from_iterable(map(_expanded, COMPOUND.findall(text)))


@lru_cache(maxsize=200_000)
def _expanded(compound: str) -> tuple[str, ...]:
    parts = _parts(compound)
    return (*parts, "".join(parts)[:LONGEST]) if len(parts) > 1 else tuple(parts)


def asked(text: str) -> list[tuple[str, ...]]:
    """The words of a question, each with the parts of a compound behind it, in order and once.

    Words that say nothing are left out, unless nothing else was asked.
    """
    found = {}
    for match in COMPOUND.finditer(_FOR_WHOM.sub(" ", text)):
        parts = _parts(match.group())
        if parts:
            word = "".join(parts)[:LONGEST]
            found[word] = (word, *(parts if len(parts) > 1 else ()))
    telling = [words for word, words in found.items() if word not in HERE_EVERYWHERE]
    return telling or list(found.values())


def _parts(compound: str) -> list[str]:
    return [word for part in _JOINT.split(compound) if (word := fold(_POSSESSIVE.sub("", part)))]


def fold(word: str) -> str:
    """`Tumours` -> `tumor`; "" for a word that is too common to look for."""
    plain = word.casefold()
    if plain in STOP_WORDS:
        return ""
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in decomposed if c.isalnum())
    return singular(respelled(plain))[:LONGEST]


def words_of(names: str) -> set[str]:
    """The words of names, for spelling: as they are written, not folded."""
    return {word for word in NAME_WORD.findall(names.casefold()) if word not in STOP_WORDS}


def name_words(record: TrialRecord) -> set[str]:
    """The words in the names of a trial."""
    treatments = [treatment.name for treatment in record.interventions]
    meshes = [mesh.term for mesh in record.condition_meshes]
    return words_of(" ".join([record.brief_title, *record.conditions, *meshes, *treatments]))
