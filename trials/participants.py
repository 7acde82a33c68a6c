"""Whom a trial is for: people and ages in words, and its conditions once each. Pure."""

import re

from trials import vocabulary
from trials.age_words import age_label, lowest_age
from trials.conditions import condition_key, everyday, names_disease
from trials.records import TrialRecord

_HEALTHY = frozenset(
    condition_key(term) for term in ("Healthy", "Healthy Volunteer", "Healthy Subject", "Healthy Participant",
                                     "Healthy People", "Healthy Adult", "Normal Volunteer")
)  # fmt: skip

_GROUP = re.compile(r" in (?:children|adults|men|women|people|patients|adolescents)$")
"""`asthma in children`: the sentence says for whom anyway."""


def sex_label(record: TrialRecord) -> str:
    """`Men` where boys cannot join, `Men and boys` where they can."""
    return people(record).capitalize() if record.sex in ("MALE", "FEMALE") else vocabulary.sex_label(record.sex)


def people(record: TrialRecord) -> str:
    low, high = _years(record.minimum_age), _years(record.maximum_age)
    words = {"MALE": ("men", "boys"), "FEMALE": ("women", "girls")}.get(record.sex, ("people", "children"))
    if high is not None and high < 18:
        return words[1]
    return words[0] if words[0] == "people" or (low or 0) >= 18 else " and ".join(words)


def _years(age: str) -> float | None:
    count, _, unit = age.partition(" ")
    if not count.isdigit():
        return None
    return int(count) if unit.casefold().startswith("year") else 0


def ages(record: TrialRecord) -> str:
    """To follow `people`: ` aged 18 to 65`, ` aged 6 months or older`, or "" without a limit."""
    low, high = lowest_age(record.minimum_age), age_label(record.maximum_age)
    if low == high:
        return f" aged {low.removesuffix(' years')}" if low else ""
    if all(age.endswith((" year", " years")) for age in (low, high) if age):
        low, high = low.partition(" ")[0], high.partition(" ")[0]
    elif low.endswith(" months") and high.endswith(" months"):
        low = low.partition(" ")[0]
    if low and high:
        return f" aged {low} to {high}"
    if low:
        return f" aged {low} or older"
    return f" aged up to {high}" if high else ""


def plain_conditions(record: TrialRecord) -> list[str]:
    """The registrant's conditions, once each, spelled as MeSH does where they match; healthy people left out."""
    meshes = _mesh_terms(record)
    found: dict[str, str] = {}
    for term in record.conditions:
        if (key := condition_key(term)) not in _HEALTHY and not key.startswith("healthy "):
            found.setdefault(key, everyday(meshes.get(key, term)))
    return [_GROUP.sub("", found[key]) for key in _distinct(list(found))]


def _distinct(keys: list[str]) -> list[str]:
    """`leukemia` goes where one narrower term stands beside it; where there are several, they go and it stays."""
    bags = {key: set(key.split()) for key in keys}
    narrower = {key: [other for other in keys if bags[other] > bags[key]] for key in keys}
    dropped = {key for key in keys if len(narrower[key]) == 1}
    for key in keys:
        if len(narrower[key]) > 1:
            dropped.update(narrower[key])
    return [key for key in keys if key not in dropped] or keys


_CANCER = re.compile(r"(?:carcinoma|sarcoma|blastoma|myeloma|mesothelioma)s?$")


def cancer_gloss(record: TrialRecord) -> str:
    """What `adenocarcinoma` means, where no condition of the trial has a plainer word in it."""
    conditions = plain_conditions(record)
    if not conditions or not all(_CANCER.search(condition) for condition in conditions):
        return ""
    return "These are kinds of cancer." if len(conditions) > 1 else "This is a kind of cancer."


def is_disease(record: TrialRecord, condition: str) -> bool:
    """By the term's last word, or because MeSH has it among this trial's conditions."""
    return names_disease(condition) or condition_key(condition) in _mesh_terms(record)


def _mesh_terms(record: TrialRecord) -> dict[str, str]:
    return {condition_key(mesh.term): mesh.term for mesh in record.condition_meshes}
