"""What a trial tests, by names that fit a short sentence: doses, marks and capitals cleaned away. Pure."""

import re
from typing import NamedTuple

from trials.conditions import everyday
from trials.records import Arm, Intervention, TrialRecord

MAX_WORDS, MAX_CHARS = 7, 60
LONGEST_READ = 300
"""Characters. The registry allows 200; the patterns below take the square of the length."""
_UNIT = (
    r"(?:mg|mcg|µg|ug|μg|g|kg|ml|mL|IU|U|units?|%|Gy|mg/kg|mg/m2|mg/mL|ppm|minutes?|mins?|weeks?|days?|hours?|months?)"
)
_DOSE = re.compile(
    rf"[,\s]*\(?\b\d+(?:[.,]\d+)*(?:(?:\s*(?:or|and|to|/|-|–|\+)\s*|,\s)\d+(?:[.,]\d+)*)*\s?{_UNIT}(?:/\w+)*(?![A-Za-z])\)?",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"\s+(?:QD|BID|TID|b\.?i\.?d\.?|q\.?d\.?|(?:once|twice) daily(?: dosing)?|daily|per day|dosing|dose escalation|oral"
    r"|monotherapy|tablets?|capsules?|film[- ]coated|injections?|(?:treatment |therapy )?(?:group|arm))$",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:the\s+)?(?:control|experimental|intervention|study|treatment|active)\s+(?:group|arm)|group [a-z0-9]"
    r"|arm [a-z0-9]|experimental|treatment with|administration of|use of|effects? of|impact of)\s*[:\-–]?\s+",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:[Aa]n?|[Tt]he) (?=[a-z])")
_AIM = re.compile(
    r"\s+(?:for|in|among|on)\s+(?:the treatment of|patients|people|persons|subjects|participants|men|women|adults"
    r"|children)\b.*$",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*")
_CUT = re.compile(
    r"\s+(?:for|with|in|using|by|via|versus|vs\.?|plus|followed|combined|during|after|before|from|as|at|to)\s+"
    r"|[,;:+]|\s[-–]\s|\.\s"
)
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
_MARKS = re.compile(r"[®™©*\"“”]")
PLACEBO = re.compile(r"placebo|\bdummy\b|\bvehicle\b", re.IGNORECASE)
SHAM = re.compile(r"\bsham\b", re.IGNORECASE)
USUAL = re.compile(
    r"\b(?:standard|usual|routine|conventional|normal)\b.{0,24}\b(?:care|treatment|therapy|practice|management)\b|\bSOC\b"
    r"|^treatment as usual|best supportive care|^controls?(?: group)?$",
    re.IGNORECASE,
)
NOTHING = re.compile(r"^(?:no|without|none|nothing)\b|observation only|wait(?:ing)?[- ]?list", re.IGNORECASE)
_GENERIC = re.compile(
    r"(?:fil|mab|nib|lib|tinib|ciclib|parib|cept|limus|platin|taxel|rubicin|mycin|cillin|cycline|oxacin|azole|vir|statin|"
    r"prazole|clax|tepa|xaban|leucel|sartan|pril|olol|dipine|gliptin|gliflozin|glutide|formin|tide|one|ine|ide|ate|ol|in|en|am|an|il|ib|ab|"
    r"al|ic|ous|ive|ed|ing|acid|therapy|cells?|vaccine|cream|gel|oil|plasma|alcohol|vitamin)s?$",
    re.IGNORECASE,
)
_NAMED_KINDS = ("DRUG", "DEVICE", "BIOLOGICAL", "DIETARY_SUPPLEMENT", "COMBINATION_PRODUCT")


class Tested(NamedTuple):
    """`name` is "" where the registered name fits no sentence; `kind` is the registry's type (DRUG, DEVICE, ...)."""

    name: str
    kind: str


class Comparison(NamedTuple):
    """`against` holds what the tested things are compared with; the flags, comparators that are no treatment."""

    tested: tuple[Tested, ...]
    against: tuple[Tested, ...] = ()
    has_placebo: bool = False
    has_sham: bool = False
    has_usual_care: bool = False
    has_nothing: bool = False
    groups: int = 0


def short_name(intervention: Intervention) -> str:
    """`SILDENAFIL CITRATE 50 mg tablets` -> `sildenafil citrate`; "" where no short name can be made."""
    name = _LEAD.sub("", _ARTICLE.sub("", _MARKS.sub("", intervention.name[:LONGEST_READ]).strip()))
    name = _AIM.sub("", name.replace(" + ", " with "))
    name = _DOSE.sub("", _BRACKETS.sub(" ", name)).strip() or name
    for _ in range(3):
        name = _FORM.sub("", name).strip(" .,;:-–/+")
    if len(name) > MAX_CHARS or len(name.split()) > MAX_WORDS or "," in name or ";" in name:
        name = _CUT.split(name, maxsplit=1)[0].strip(" .,;:-–")
    if not name or len(name) > MAX_CHARS or len(name.split()) > MAX_WORDS or not any(c.isalpha() for c in name):
        return ""
    return _cased(name, intervention.type)


def _cased(name: str, kind: str) -> str:
    """Lower case for common words; a device's or a brand's own name keeps its capitals unless it is shouted."""
    first, *rest = name.split(" ")
    if name.isupper() and not _GENERIC.search(name) and _is_code(name):
        return name
    if name.isupper() and len(name) > 6 and not any(c.isdigit() for c in name):
        return everyday(name)
    is_sentence = bool(rest) and not any(word[:1].isupper() for word in rest)
    if kind not in _NAMED_KINDS or is_sentence or _GENERIC.search(first):
        return _lowered(name)
    return " ".join([first, *map(_lowered, rest)]) if kind != "DEVICE" else name


def _is_code(name: str) -> bool:
    """PSMA PET/CT, LI-ESWT; not ORAL PLACEBO."""
    return all(len(part) < 6 for part in re.split(r"[\W_]+", name)) or (" " not in name and len(name) < 9)


def _lowered(name: str) -> str:
    return " ".join(
        word if any(c.isdigit() for c in word) or _INNER_CAPITAL.search(word) else everyday(word) or word
        for word in name.split(" ")
    )


def comparison(record: TrialRecord) -> Comparison:
    """Sorts the interventions by the arms they belong to. Without arms, everything but placebo counts as tested."""
    real = [i for i in record.interventions if _sort(i.name) == "real"]
    names = " | ".join([i.name for i in record.interventions] + [a.label for a in record.arms])
    arm_types = {arm.type for arm in record.arms}
    leading = _of_arms(real, [arm for arm in record.arms if arm.type in ("EXPERIMENTAL", "OTHER", "")])
    tested = leading or real
    controls = [arm for arm in record.arms if arm.type in ("ACTIVE_COMPARATOR", "NO_INTERVENTION", "OTHER")]
    against = [i for i in _of_arms(real, controls) if i not in tested] if leading else []
    usual = any(_sort(i.name) == "usual" for i in record.interventions) or any(USUAL.search(a.label) for a in controls)
    return Comparison(
        tested=_unique(tested),
        against=_unique(against),
        has_placebo="PLACEBO_COMPARATOR" in arm_types or bool(PLACEBO.search(names)),
        has_sham="SHAM_COMPARATOR" in arm_types or bool(SHAM.search(names)),
        has_usual_care=usual,
        has_nothing="NO_INTERVENTION" in arm_types,
        groups=len(record.arms),
    )


def _sort(name: str) -> str:
    if PLACEBO.search(name) or SHAM.search(name):
        return "fake"
    if NOTHING.search(name):
        return "nothing"
    return "usual" if USUAL.search(name) else "real"


def _of_arms(interventions: list[Intervention], arms: list[Arm]) -> list[Intervention]:
    """Arms name interventions as `Drug: X`; interventions name arms by label. Either link counts."""
    labels = {arm.label for arm in arms}
    named = {name.partition(": ")[2] or name for arm in arms for name in arm.interventions}
    return [i for i in interventions if i.name in named or labels.intersection(i.arm_labels)]


def _unique(interventions: list[Intervention]) -> tuple[Tested, ...]:
    found: dict[tuple[str, str], Tested] = {}
    for item in interventions:
        name = short_name(item)
        found.setdefault(
            (name.casefold() or item.name.casefold(), item.type if not name else ""), Tested(name, item.type)
        )
    return tuple(found.values())
