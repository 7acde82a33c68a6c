"""The rules that a summary is held to, beside its grade: promises, hedges, status, tense, numbers. Pure, no Django.

Each rule returns what it found, as written in the text; nothing found is an empty tuple. They warn, never decide.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from explainers.counting import sentences
from trials.records import TrialRecord

_PROMISE = re.compile(
    r"\b(?:breakthroughs?|cures?|cured|miracles?|miraculous|promising|revolution(?:ary|ize[sd]?)|magic|amazing"
    r"|game[- ]chang(?:er|ing)|life[- ]?saving|guarantee[sd]?|wonder drugs?|groundbreaking|remarkable|hope for"
    r"|(?:new|real) hope|risk[- ]free|with(?:out| no) side effects|no side effects|completely safe"
    r"|(?:is|are) proven|will (?:cure|heal|save|work))\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(r"\b(?:could|may|might|if|would|can|possibly|perhaps|not (?:yet )?(?:known|clear)|unclear)\b", re.I)
_SAYS_STATUS = {
    "TERMINATED": re.compile(
        r"\b(?:terminat\w+|(?:was|were|been|has|have|had) (?:been )?(?:stopped|halted|ended|closed)"
        r"|stopped early|stopped before|ended early|closed early|cut short|stops? early"
        r"|(?:trial|study) (?:\w+ )?stopped)\b", re.I),
    "SUSPENDED": re.compile(r"\b(?:suspend\w+|paus\w+|on hold|halted)\b", re.I),
    "WITHDRAWN": re.compile(
        r"\b(?:withdrawn|called off|cancel\w+|never (?:started|opened|began|took place)|did not (?:start|open|begin)"
        r"|before anyone (?:joined|took part)|no one (?:joined|took part)|nobody (?:joined|took part))\b", re.I),
}  # fmt: skip
_SUBJECT = r"\b(?:trial|study|researchers?|doctors|scientists|team|it|they|participants?|people|patients|volunteers)\b"
_NOW = re.compile(
    rf"{_SUBJECT}(?: who \w+)? (?:will|is|are|plans?|aims?|tests?|compares?|looks?|checks?|asks?|wants?|hopes?|gets?"
    r"|receives?|takes?|includes?|enrolls?|follows?|measures?|studies|uses?|needs?|recruits?)\b", re.I)  # fmt: skip
_DONE = re.compile(
    rf"{_SUBJECT} (?:tested|compared|included|enrolled|looked|checked|asked|followed|measured|found|showed|received|got"
    r"|took part|took|ended|finished|was|were)\b", re.I)  # fmt: skip
_ENDED = ("COMPLETED", "TERMINATED", "WITHDRAWN")
_TIMELESS = re.compile(
    r"\b(?:could|may|might|would|should|not known|unclear|now|today|still|results?|side effects?)\b", re.I
)


def promise_words(text: str) -> tuple[str, ...]:
    """Words that promise more than a trial can: "breakthrough", "cure", "promising", "will work"."""
    return tuple(dict.fromkeys(match.group() for match in _PROMISE.finditer(text)))


def unhedged(could_lead_to: str) -> tuple[str, ...]:
    """Sentences of "What this could lead to" without could, may, might or if."""
    return tuple(sentence for sentence in sentences(could_lead_to) if not _HEDGE.search(sentence))


def status_missing(text: str, status: str) -> bool:
    """Whether a terminated, suspended or withdrawn trial's text keeps silent about it."""
    said = _SAYS_STATUS.get(status)
    return bool(said) and bool(text.strip()) and not said.search(text) if said else False


def wrong_tense(text: str, status: str) -> tuple[str, ...]:
    """Sentences in the present or future of a trial that is over, or in the past of one that is not open yet."""
    if status in _ENDED:
        return tuple(s for s in sentences(text) if _NOW.search(s) and not _DONE.search(s) and not _TIMELESS.search(s))
    if status == "NOT_YET_RECRUITING":
        return tuple(s for s in sentences(text) if _DONE.search(s) and not _TIMELESS.search(s))
    return ()


_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|(?<![\w,])\d+(?:\.\d+)?(?![\d]*[A-Za-z]\w*\d)")
_ONES = dict(zip("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                 "seventeen eighteen nineteen".split(), range(1, 20), strict=True))  # fmt: skip
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_SPELLED = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:[- ]({'|'.join(list(_ONES)[:9])}))?|({'|'.join(list(_ONES)[9:])}))\b", re.I
)


def unknown_numbers(text: str, record: TrialRecord) -> tuple[str, ...]:
    """Numbers in the text that the record does not have: the summary says 150, the record 54.

    Counts a reader can make (sites, countries, groups) and the same time in days, weeks, months or years count as
    had. Spelled-out numbers below ten and ordinals are not checked.
    """
    known = _known_numbers(record)
    found = [(match.group(), float(match.group().replace(",", ""))) for match in _NUMBER.finditer(text)]
    found += [(match.group(), _spelled_value(match)) for match in _SPELLED.finditer(text)]
    return tuple(dict.fromkeys(shown for shown, value in found if value not in known))


def _spelled_value(match: re.Match[str]) -> float:
    tens, one, teen = (part.lower() if part else "" for part in match.groups())
    return float(_ONES[teen] if teen else _TENS[tens] + _ONES.get(one, 0))


def _known_numbers(record: TrialRecord) -> set[float]:
    texts = list(_texts(msgspec.to_builtins(record)))
    known = {float(digits.replace(",", "")) for text in texts for digits in re.findall(r"\d[\d,]*\d|\d", text)}
    known |= {float(digits) for text in texts for digits in re.findall(r"\d+\.\d+", text)}
    known |= {float(match) for text in texts for match in map(_spelled_value, _SPELLED.finditer(text))}
    known |= {float(_ONES[word]) for text in texts for word in re.findall(r"[a-z]+", text.lower()) if word in _ONES}
    known |= {float(len(record.sites)), float(len({site.country for site in record.sites})), float(len(record.arms)),
              float(len({site.city for site in record.sites})), float(len(record.interventions))}  # fmt: skip
    return known | set(_same_times(texts))


_TIME = re.compile(r"(\d+(?:\.\d+)?)[\s-]*(day|week|month|year)s?\b", re.IGNORECASE)
_DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}


def _same_times(texts: Iterable[str]) -> Iterator[float]:
    """52 weeks are 12 months and 1 year: each whole number within two percent counts as said."""
    for text in texts:
        for count, unit in _TIME.findall(text):
            days = float(count) * _DAYS[unit.lower()]
            for length in _DAYS.values():
                whole = round(days / length)
                if whole and abs(days / length - whole) <= 0.02 * whole:
                    yield float(whole)


def _texts(value: Any) -> Iterator[str]:
    """Every text and number of a record; contacts' phone numbers and points on the map are no facts of the trial."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            if key not in ("phone", "phone_ext", "latitude", "longitude", "zip", "email"):
                yield from _texts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)
