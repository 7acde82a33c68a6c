"""Words that trials' names use, and what a word that none of them uses may have been meant for."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.db import connection

from trials.search.words import NAME_WORD

_NOTE = """
    INSERT INTO trials_searchword (word, uses) SELECT * FROM unnest(%s::text[], %s::int[])
    ON CONFLICT (word) DO UPDATE SET uses = trials_searchword.uses + excluded.uses
"""
_ALIKE = """
    SELECT asked, word, uses FROM unnest(%s::text[]) AS asked
    LEFT JOIN LATERAL (
        SELECT word, uses FROM trials_searchword WHERE word %% asked
        ORDER BY word = asked DESC, similarity(word, asked) DESC, uses DESC LIMIT 12
    ) AS alike ON true
"""


def note(names: Iterable[Iterable[str]]) -> None:
    """Counts the words in the names of new trials."""
    note_words(Counter(chain.from_iterable(names)))


def note_words(counts: Counter[str]) -> None:
    if counts:
        words = sorted(counts)
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [words, [counts[word] for word in words]])


def corrected(cursor: Any, q: str) -> str:
    """The question with the words replaced that no name uses; "" where there is nothing better."""
    words = list(dict.fromkeys(NAME_WORD.findall(q.casefold())))[:8]
    if not words:
        return ""
    cursor.execute(_ALIKE, [words])
    found: dict[str, list[tuple[str, int]]] = {}
    for asked, word, uses in cursor.fetchall():
        found.setdefault(asked, []).append((word, uses))
    better = {asked: nearest(asked, [pair for pair in alike if pair[0]]) for asked, alike in found.items()}
    changed = {asked: word for asked, word in better.items() if word and word != asked}
    if not changed:
        return ""
    return NAME_WORD.sub(lambda match: changed.get(match.group().casefold(), match.group()), q)


def nearest(asked: str, known: list[tuple[str, int]]) -> str:
    """The known word that is fewest slips away, the commoner one of equals; "" where all are too far."""
    most = 1 if len(asked) < 6 else 2
    near = [(slips(asked, word), -uses, word) for word, uses in known if abs(len(word) - len(asked)) <= most]
    best = min(near, default=(most + 1, 0, ""))
    return best[2] if best[0] <= most else ""


def slips(one: str, other: str) -> int:
    """How many letters were left out, put in, changed or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row = row, [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = last
    return row[-1]
