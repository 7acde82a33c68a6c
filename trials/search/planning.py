"""What was asked and what it resolved to -> a Query in terms. Pure."""

from collections.abc import Callable
from itertools import product

from trials.search import words
from trials.search.asking import YES, Asked
from trials.search.query import MOST_ALTERNATIVES, Part, Query
from trials.search.resolving import Meant, Resolved
from trials.search.terms import Kind, filtered, marked, name_word, word

NOTHING = Part(every=(marked(Kind.CONDITION, 0),))
"""A term that no trial has: what does not exist finds nothing, rather than everything."""


def plan(asked: Asked, resolved: Resolved) -> Query:
    named = resolved.named
    rest = words.asked(named.rest if named else asked.q)
    parts = {
        "q": _question(rest, resolved),
        "condition": _one_of(resolved.condition.ids if resolved.condition else (), Kind.CONDITION, asked.condition),
        "status": Part() if asked.status in ("any", "open") else _flag(f"s={asked.status}"),
        "phase": _flag(f"p={asked.phase}") if asked.phase else Part(),
        "type": _flag(f"t={asked.type}") if asked.type else Part(),
        "country": _one_of(resolved.whole_country if asked.state else resolved.regions, Kind.REGION, asked.country),
        "state": _one_of(resolved.regions, Kind.REGION, asked.state),
        "near": near(asked, resolved.points),
        "sex": _flag(f"x={asked.sex}") if asked.sex else Part(),
        **{name: _flag(name) for name in YES if getattr(asked, name)},
    }
    return Query(
        {name: part for name, part in parts.items() if part},
        _worded(rest, name_word),
        asked.age,
        asked.status == "open",
    )


def _question(rest: list[tuple[str, ...]], resolved: Resolved) -> Part:
    """A trusted name is a filter beside the other words. A learned one finds trials beside those with its words."""
    if (named := resolved.named) is not None:
        text = _worded(rest, word)
        return Part(text.every, (_marks(named.ids, Kind.CONDITION),), text.either)
    if resolved.learned is not None:
        return _widened(rest, resolved.learned)
    return _worded(rest, word)


def _widened(asked: list[tuple[str, ...]], learned: Meant) -> Part:
    """All that the words find, and what the other words find among the trials of the learned condition."""
    beside = words.asked(learned.rest) if learned.rest else []
    others = _worded([each for each in asked if each in beside], word)
    said = _worded([each for each in asked if each not in beside], word)
    mixes = [(*said.every, *(term for chosen in mix for term in chosen)) for mix in product(*said.either)]
    group = (*mixes, *((mark,) for mark in _marks(learned.ids, Kind.CONDITION)))
    if not all(mixes) or len(group) * 2 ** len(others.either) > MOST_ALTERNATIVES:
        return _worded(asked, word)
    return Part(others.every, either=(*others.either, group))


def _flag(text: str) -> Part:
    return Part(every=(filtered(text),))


def _marks(ids: tuple[int, ...], *kinds: Kind) -> tuple[int, ...]:
    return tuple(marked(kind, id_) for kind in kinds for id_ in ids)


def _one_of(ids: tuple[int, ...], kind: Kind, asked: str) -> Part:
    if not asked:
        return Part()
    return Part(any_of=(_marks(ids, kind),)) if ids else NOTHING


def near(asked: Asked, points: tuple[int, ...]) -> Part:
    """Open trials near a place have a site there that may be open."""
    if asked.place is None:
        return Part()
    kinds = (Kind.OPEN_POINT,) if asked.status == "open" else (Kind.OPEN_POINT, Kind.CLOSED_POINT)
    return Part(any_of=(_marks(points, *kinds),)) if points else NOTHING


def _worded(rest: list[tuple[str, ...]], number: Callable[[str], int]) -> Part:
    """A compound as it was written or in parts, as long as there are not too many to choose from."""
    compounds = [each for each in rest if len(each) > 1]
    if 2 ** len(compounds) > MOST_ALTERNATIVES:
        return Part(every=tuple(number(part) for each in rest for part in each[1:] or each))
    return Part(
        every=tuple(number(each[0]) for each in rest if len(each) == 1),
        either=tuple(((number(each[0]),), tuple(number(part) for part in each[1:])) for each in compounds),
    )
