"""Whether two wordings say the same, differ by a slip of the pen, or differ. Pure.

A slip never touches a number, a comparison sign or a word of negation: `>= 18` against `> 18`, or `without` against
`with`, is a difference of meaning however few letters it takes.
"""

import re
from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache

from trials.text import comparable

_TOKEN = re.compile(
    r"\d+(?:[.,]\d+)*"  # a number
    r"|[^\W\d_]+"  # a word
    r"|[<>=≤≥±%+]"  # a comparison
    r"|(?:(?<=[\s<>=≤≥(])|^)-(?=\d)"  # a minus before a number
    r"|(?<=[A-Z0-9])-(?![\w-])"  # a minus after a marker: HER2-
)
_SAME = str.maketrans("–—−‐‑≧≦＞＜", "-----≥≤><")
_SIGNS = re.compile(r">\s*/?\s*=|=\s*>|<\s*/?\s*=|=\s*<")
_FILLERS = frozenset("a an the of that is are be been being was were".split())
_PEOPLE = frozenset("individual individuals patient patients subject subjects participant participants".split())
_NEGATIONS = frozenset("no not non without never none neither nor cannot except unless excluding only and or".split())
_OPPOSITES = (("hypo", "hyper"), ("intra", "inter"), ("male", "female"), ("ante", "anti"), ("pre", "pro"))
_SLIPS_ALLOWED = 3
_SLIPS_SHARE = 0.05


def _sign(match: re.Match[str]) -> str:
    return "≥" if ">" in match.group() else "≤"


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Words, numbers and comparison signs, in lower case; other punctuation is left out."""
    plain = _SIGNS.sub(_sign, comparable(text).translate(_SAME))
    return tuple(token.casefold() for token in _TOKEN.findall(plain))


def key(text: str) -> str:
    """Two wordings with one key are the same to a reader: case, punctuation and layout do not count."""
    return " ".join(tokens(text))


def is_same(old: str, new: str) -> bool:
    return old == new or tokens(old) == tokens(new)


def is_slip(old: str, new: str) -> bool:
    """True when the edit is a slip: some letters, an article, a space, but no other word, number or sign."""
    a, b = tokens(old), tokens(new)
    if Counter(filter(_is_weighty, a)) != Counter(filter(_is_weighty, b)):
        return False
    slips = 0
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if not _is_slip_run(a[i1:i2], b[j1:j2]):
            return False
        slips += max(i2 - i1, j2 - j1)
    return slips <= max(_SLIPS_ALLOWED, _SLIPS_SHARE * len(a))


def is_close(old: str, new: str) -> bool:
    """Same wording, or a slip apart."""
    return is_same(old, new) or is_slip(old, new)


def likeness(old: str, new: str) -> float:
    """0 to 1: how many words the two share. Cheap, for pairing what was edited with what it became."""
    a, b = Counter(tokens(old)), Counter(tokens(new))
    total = sum(a.values()) + sum(b.values())
    return 2 * sum((a & b).values()) / total if total else 1.0


def _is_weighty(token: str) -> bool:
    return not token.isalpha() or token in _NEGATIONS


def _is_slip_run(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    if "".join(old) == "".join(new):
        return True
    if all(word in _FILLERS or word in _PEOPLE for word in (*old, *new)):
        return True
    return len(old) == len(new) and all(_is_slip_word(*pair) for pair in zip(old, new, strict=True))


def _is_slip_word(old: str, new: str) -> bool:
    """One letter more, less, other or swapped, inside a word of five letters or more."""
    if old == new:
        return True
    if not (old.isalpha() and new.isalpha()) or min(len(old), len(new)) < 5 or old[0] != new[0]:
        return False
    return not _are_opposites(old, new) and _one_letter_apart(old, new)


def _are_opposites(old: str, new: str) -> bool:
    return any(
        (old.startswith(a) and new.startswith(b)) or (old.startswith(b) and new.startswith(a)) for a, b in _OPPOSITES
    )


def _one_letter_apart(old: str, new: str) -> bool:
    short, long = sorted((old, new), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(long) > len(short):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long[at:]
