"""What stands for "no treatment" in a trial: a placebo, a sham, the usual care, or nothing. Pure.

Registrants often choose an arm's type by habit: the words of the arm come before its type.
"""

import re
from typing import NamedTuple

from trials.records import Arm, TrialRecord

PLACEBO = re.compile(r"placebo|\bdummy\b|\bvehicle\b|\bsugar (?:pill|tablet)", re.IGNORECASE)
SHAM = re.compile(r"\bsham\b", re.IGNORECASE)
USUAL = re.compile(
    r"\b(?:standard|usual|routine|conventional|normal)\b.{0,24}\b(?:care|treatment|therapy|practice|management"
    r"|consultations?)\b|\bSOC\b|^treatment as usual|best supportive care|^controls?(?: group)?$",
    re.IGNORECASE,
)
NOTHING = re.compile(r"^(?:no|without|none|nothing)\b|observation only|wait(?:ing)?[- ]?list", re.IGNORECASE)
CONTROL = re.compile(r"controls?(?: group)?", re.IGNORECASE)
"""A typed placebo that is only labelled "Control" (NCT04116060) is a placebo."""
TYPES = ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR")
_HOLDS_DRUG = ("DRUG", "BIOLOGICAL", "DIETARY_SUPPLEMENT", "COMBINATION_PRODUCT", "GENETIC")
_READ = 200
"""Characters of an arm's description that are looked at."""


class Dummies(NamedTuple):
    """`has_drug` tells a pill without a drug from a device that does nothing."""

    has_placebo: bool = False
    has_sham: bool = False
    has_usual_care: bool = False
    has_nothing: bool = False
    has_drug: bool = False


def dummies(record: TrialRecord) -> Dummies:
    """By the arms that the registrant calls placebo or sham; where there are none, by the names of things and arms."""
    arms = [arm for arm in record.arms if arm.type in TYPES]
    kinds = {kind(arm) for arm in arms} if arms else _named(record)
    return Dummies(
        has_placebo="placebo" in kinds,
        has_sham="sham" in kinds,
        has_usual_care="usual" in kinds,
        has_nothing="nothing" in kinds or any(arm.type == "NO_INTERVENTION" for arm in record.arms),
        has_drug=any(each.type in _HOLDS_DRUG for each in record.interventions),
    )


def kind(arm: Arm) -> str:
    """`placebo`, `sham`, `usual` or `nothing` for an arm that the registrant calls a placebo's or a sham's.

    An arm of usual care typed as a placebo's is not one (NCT03909802), nor is an untreated one (NCT03500406).
    """
    by_type = "sham" if arm.type == "SHAM_COMPARATOR" else "placebo"
    names = (arm.label, *(name.partition(": ")[2] or name for name in arm.interventions))
    words = " | ".join((*names, arm.description[:_READ]))
    is_placebo, is_sham = bool(PLACEBO.search(words)), bool(SHAM.search(words))
    if is_placebo != is_sham:
        return "sham" if is_sham else "placebo"
    if is_placebo:
        return by_type
    if NOTHING.search(arm.description[:_READ].strip()) or any(NOTHING.search(name) for name in names[1:]):
        return "nothing"
    says_usual = any(USUAL.search(name) and not CONTROL.fullmatch(name) for name in names)
    return "usual" if says_usual else by_type


def _named(record: TrialRecord) -> set[str]:
    names = [each.name for each in record.interventions] + [arm.label for arm in record.arms]
    shams = {name for name in names if SHAM.search(name)}
    kinds = {"sham"} if shams else set()
    return kinds | ({"placebo"} if any(PLACEBO.search(name) for name in names if name not in shams) else set())
