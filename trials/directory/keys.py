"""When two spellings name one treatment or one hospital: the keys of pages and of what is followed. Pure."""

import re
import unicodedata
from functools import lru_cache

from trials.dummies import NOTHING, PLACEBO, SHAM, USUAL
from trials.site_changes import is_nameless
from trials.text_match import key

SITE_LENGTH, TREATMENT_LENGTH = 300, 200
_KIND = re.compile(
    r"^(?:drugs?|biological|device|procedure|behaviou?ral|dietary supplement|genetic|radiation|diagnostic test"
    r"|combination product|other)\s*:\s*(?=\S)",
    re.IGNORECASE,
)
_DOSE = re.compile(
    r"[\s,(]*\b\d[\d.,]*\s*(?:(?:mg|mcg|µg|μg|ug|g|kg|ml|iu|units?|gy|ppm)(?![\w])|%).*$", re.IGNORECASE | re.DOTALL
)
_FORM = re.compile(
    r"[\s,]+(?:\[[^\]]*\]|(?:oral |film[- ]coated )*(?:tablets?|capsules?)|oral (?:solution|product|suspension)"
    r"|injectable (?:product|solution)|monotherapy)$",
    re.IGNORECASE,
)
_SHORT_FORM = re.compile(r"\s*\([A-Z][A-Z0-9/-]{1,14}\)$")
_NUMBERED = re.compile(
    r"\s*(?:/+\s*ID\s*#?\s*:?\s*\w*\d\w*"
    r"|\(\s*(?:trial |study )?site[\s#:.]*(?:no\.?|number)?[\s#:.]*[A-Z]{0,3}[\s-]?\d[\w-]*\s*\)"
    r"|\s[-–]\s*(?:study |trial )?site[\s#:.]*(?:no\.?|number)?[\s#:.]*\d[\w-]*)\s*$",
    re.IGNORECASE,
)
_ACCENTS = re.compile(r"[\u0300-\u036f]")


@lru_cache(maxsize=100_000)
def treatment_name(name: str) -> str:
    """`Drug: Pembrolizumab 200 mg (MK-3475)` -> `Pembrolizumab`."""
    plain = _KIND.sub("", name.strip())
    plain = _DOSE.sub("", plain) or plain
    for _ in range(2):
        plain = _SHORT_FORM.sub("", _FORM.sub("", plain)) or plain
    return plain.strip(" ,;:-–")


@lru_cache(maxsize=100_000)
def treatment_key(name: str) -> str:
    """`Pembrolizumab 200 mg` and `pembrolizumab` are one. Empty for a name without a word in it."""
    return (_plain(key(treatment_name(name))) or _plain(key(name)))[:TREATMENT_LENGTH].strip()


def is_no_treatment(name: str) -> bool:
    """A placebo, a sham, usual care or nothing: many trials compare with it, and nobody looks it up."""
    fillers = (PLACEBO, SHAM, NOTHING)
    return any(pattern.search(name) for pattern in fillers) or bool(USUAL.search(name) and len(name) < 60)


@lru_cache(maxsize=100_000)
def site_name(facility: str) -> str:
    """Without the number that a sponsor gives the site: `Charité /ID# 12345` -> `Charité`."""
    return _NUMBERED.sub("", facility).strip(" ,;:-–") or facility


@lru_cache(maxsize=100_000)
def site_key(facility: str, city: str, country: str) -> str:
    """Empty for a site without a name: nobody can follow "Research Site"."""
    name, town = site_name(facility), _plain(key(city))
    named = _plain(key(name))
    if not named or is_nameless(name):
        return ""
    before, _, after = name.rpartition(",")
    if town and _plain(key(after)) == town and (short := _plain(key(before))):  # `Chinese PLA Hospital, Beijing`
        named = short
    return "|".join((named, town, _plain(key(country))))[:SITE_LENGTH].strip()


def _plain(text: str) -> str:
    """Without accents: registrants write Charité and Charite. Other scripts keep their marks."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))


def words(text: str) -> list[str]:
    """What somebody types to find a page, as keys spell it."""
    return _plain(key(text)).split()
