"""What a trial tests, by names that fit a short sentence: doses, marks and capitals cleaned away. Pure."""

import re
from typing import NamedTuple

from trials.conditions import everyday
from trials.dummies import CONTROL, NOTHING, PLACEBO, SHAM, USUAL, Dummies, dummies
from trials.records import Arm, Intervention, TrialRecord

MAX_WORDS, MAX_CHARS = 7, 60
LONGEST_READ = 300
"""Characters. The registry allows 200; the patterns below take the square of the length."""
_UNIT = (
    r"(?:mg|gm|milligrams?|mcg|µg|ug|μg|g|kg|ml|mL|IU|U|units?|%|Gy|mg/kg|mg/m2|mg/mL|ppm|minutes?|mins?|weeks?|days?"
    r"|hours?|months?)"
)
_DOSE = re.compile(
    rf"[,\s]*\(?\b\d+(?:[.,]\d+)*(?:(?:\s*(?:or|and|to|/|-|–|\+)\s*|,\s)\d+(?:[.,]\d+)*)*\s?{_UNIT}(?:/\w+)*(?![A-Za-z])\)?",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"\s+(?:QD|BID|TID|b\.?i\.?d\.?|q\.?d\.?|p\.?o\.?|(?:once|twice) daily(?: dosing)?|daily|per day|dosing"
    r"|dose escalation|oral|monotherapy|tab(?:let)?s?|cap(?:sule)?s?|film[- ]coated|injections?"
    r"|(?:treatment |therapy )?(?:group|arm))$",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\s+(?:treatment |therapy )?(?:group|arm)$", re.IGNORECASE)
"""All that goes from the name of what is no drug: a "lumbar injection" is not "lumbar"."""
_LEAD = re.compile(
    r"^(?:(?:drug|device|biological|procedure|behavioral|other):"
    r"|(?:the\s+)?(?:control|experimental|intervention|study|treatment|active)\s+(?:group|arm)|group [a-z0-9]"
    r"|arm [a-z0-9]|experimental|treatment with|administration of|use of|effects? of|impact of)\s*[:\-–]?\s+",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:[Aa]n?|[Tt]he) (?=[a-z])")
_AIM = re.compile(
    r"\s+(?:for|in|among|on)\s+(?:the treatment of|patients|people|persons|subjects|participants|men|women|adults"
    r"|children)\b.*$|\s+(?:dose|dosage|mode of administration)\s?:.*$",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*")
_CUT = re.compile(
    r"\s+(?:for|with|in|using|by|via|versus|vs\.?|plus|followed|combined|during|after|before|from|as|at|to)\s+"
    r"|,(?!\d)|[;:+]|\s[-–]\s|\.\s"
)
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
_MARKS = re.compile(r"[®™©*\"“”]")
_GENERIC = re.compile(
    r"(?:fil|mab|nib|lib|tinib|ciclib|parib|cept|limus|platin|taxel|rubicin|mycin|cillin|cycline|oxacin|azole|vir|statin|"
    r"prazole|trozole|glitazar|gepant|glipron|begron|kast|clax|tepa|xaban|leucel|sartan|pril|olol|dipine|gliptin|gliflozin|glutide|formin|tide|one|ine|ide|ate|ol|in|en|am|an|il|ib|ab|"
    r"al|ic|ous|ive|ed|ing|acid|therapy|cells?|vaccine|cream|gel|oil|plasma|alcohol|vitamin)s?$",
    re.IGNORECASE,
)
_LISTED = re.compile(r",(?!\d)|;")
_WIDE = str.maketrans({"，": ", ", "；": "; ", "：": ": ", "（": " (", "）": ") ", "、": ", "})
"""Punctuation as registrants in China type it."""
_TAKEN = ("DRUG", "BIOLOGICAL", "DIETARY_SUPPLEMENT", "COMBINATION_PRODUCT", "GENETIC", "")
_NAMED_KINDS = ("DRUG", "DEVICE", "BIOLOGICAL", "DIETARY_SUPPLEMENT", "COMBINATION_PRODUCT")


class Tested(NamedTuple):
    """`name` is "" where the registered name fits no sentence; `kind` is the registry's type (DRUG, DEVICE, ...)."""

    name: str
    kind: str


class Comparison(NamedTuple):
    """`against` holds what the tested things are compared with; `dummies`, the comparators that are no treatment."""

    tested: tuple[Tested, ...]
    against: tuple[Tested, ...] = ()
    dummies: Dummies = Dummies()
    groups: int = 0


def short_name(intervention: Intervention) -> str:
    """`SILDENAFIL CITRATE 50 mg tablets` -> `sildenafil citrate`; "" where no short name can be made."""
    is_drug = intervention.type in _TAKEN
    name = _MARKS.sub("", intervention.name[:LONGEST_READ].translate(_WIDE)).strip()
    name = _AIM.sub("", _LEAD.sub("", _ARTICLE.sub("", name)).replace(" + ", " with "))
    name = _BRACKETS.sub(" ", _BRACKETS.sub(" ", name))
    name = _DOSE.sub("", name).strip().removeprefix("of ") or name
    for _ in range(3 if is_drug else 1):
        name = (_FORM if is_drug else _GROUP).sub("", name).strip(" .,;:-–/+")
    if len(name) > MAX_CHARS or len(name.split()) > MAX_WORDS or _LISTED.search(name):
        first = _CUT.split(name, maxsplit=1)[0].strip(" .,;:-–")
        name = f"{first} with others" if is_drug and ";" in name else first
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
    real = real if record.study_type == "OBSERVATIONAL" else _weighty(real)
    leading = _of_arms(real, [arm for arm in record.arms if arm.type in ("EXPERIMENTAL", "OTHER", "")])
    tested = leading or _of_real_arms(real, record.arms)
    controls = [arm for arm in record.arms if arm.type in ("ACTIVE_COMPARATOR", "NO_INTERVENTION", "OTHER")]
    against = [i for i in _of_arms(real, controls) if i not in tested] if leading else []
    found = dummies(record)
    usual = [name for name in (i.name for i in record.interventions) if _sort(name) == "usual"]
    usual += [arm.label for arm in controls if USUAL.search(arm.label)]
    is_usual = found.has_usual_care or any(not (found.has_nothing and CONTROL.fullmatch(name)) for name in usual)
    return Comparison(
        _unique(tested), _unique(against), found._replace(has_usual_care=is_usual), groups=len(record.arms)
    )


_ASIDE = re.compile(
    r"laborator|biomarker|questionnaire|quality[- ]of[- ]life|survey administration|specimen|blood (?:collect|draw)"
    r"|\bsampl(?:es?|ing)\b|record review|pharmacolog|pharmacokinetic|assessment of therapy",
    re.IGNORECASE,
)


def _weighty(real: list[Intervention]) -> list[Intervention]:
    """Without what is only measured beside a treatment: NCI trials list questionnaires first (NCT01194648)."""
    kept = [i for i in real if i.type != "DIAGNOSTIC_TEST" and not _ASIDE.search(i.name[:LONGEST_READ])]
    return kept or real


def _of_real_arms(real: list[Intervention], arms: tuple[Arm, ...]) -> list[Intervention]:
    """Without what only the arms of a placebo or sham get, like saline."""
    dummy = {"PLACEBO_COMPARATOR", "SHAM_COMPARATOR"}
    given = _of_arms(real, [arm for arm in arms if arm.type not in dummy])
    return [i for i in real if i in given] or real


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
