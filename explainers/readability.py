"""How hard a text is to read: its school grade, its longest sentences and words. English; pure; imports no Django.

The grade is Flesch-Kincaid's (Kincaid et al. 1975): 0.39 words per sentence + 11.8 syllables per word - 15.59.
Syllables come from the rule in `counting`, so a grade may differ by a few tenths from other tools.
"""

from dataclasses import dataclass

from explainers.counting import sentences, syllables, words

LONG_SENTENCE = 20
"""Words. Our own sentences stay below."""
LONG_WORD = 4
"""Syllables."""


def grade(text: str) -> float:
    """US school grade, 0.0 at least; 8.0 is a reader of 13 or 14. A text without words has grade 0."""
    counted = words(text)
    if not counted:
        return 0.0
    per_sentence = len(counted) / max(len(sentences(text)), 1)
    per_word = sum(map(syllables, counted)) / len(counted)
    return max(round(0.39 * per_sentence + 11.8 * per_word - 15.59, 1), 0.0)


def band(value: float) -> str:
    """A grade in words, for editors."""
    if value <= 6:
        return "Easy"
    if value <= 8:
        return "Plain"
    if value <= 10:
        return "Fairly hard"
    return "Hard" if value <= 13 else "Very hard"


@dataclass(frozen=True)
class LongSentence:
    text: str
    words: int


@dataclass(frozen=True)
class Report:
    grade: float
    band: str
    words: int
    sentences: int
    longest: tuple[LongSentence, ...]
    long_words: tuple[str, ...]


def report(text: str) -> Report:
    """Grade and counts; the three longest sentences; the words of four or more syllables in order of first use."""
    split = sentences(text)
    counted = words(text)
    by_length = sorted((LongSentence(s, len(words(s))) for s in split), key=lambda s: -s.words)
    value = grade(text)
    return Report(
        grade=value,
        band=band(value),
        words=len(counted),
        sentences=len(split),
        longest=tuple(by_length[:3]),
        long_words=_long_words(counted),
    )


def _long_words(counted: list[str]) -> tuple[str, ...]:
    first = {word.casefold(): word for word in reversed(counted) if syllables(word) >= LONG_WORD}
    return tuple(reversed(first.values()))
