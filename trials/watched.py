"""The watched fields of a record as plain values, and a list of changes applied to them. Pure.

`apply_changes(watched(a), detect(a, b))` has the values of `watched(b)`, but for what is no change (a slip of the
pen, a date made more precise, a renamed site) or was not served.
"""

import re
from typing import TYPE_CHECKING, Any

import msgspec

from trials.criteria_diff import criteria
from trials.list_changes import outcome_facts
from trials.records import TrialRecord
from trials.site_changes import facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trials.changes import Change

_STATUS, _SPONSORS, _DESIGN = "statusModule", "sponsorCollaboratorsModule", "designModule"
_ELIGIBILITY = "eligibilityModule"
MODULE_OF = {
    "status": _STATUS, "why_stopped": _STATUS, "results": _STATUS, "expanded_access": _STATUS, "start": _STATUS,
    "primary_completion": _STATUS, "completion": _STATUS, "sponsor": _SPONSORS, "collaborators": _SPONSORS,
    "brief_title": "identificationModule", "official_title": "identificationModule",
    "brief_summary": "descriptionModule", "conditions": "conditionsModule", "study_type": _DESIGN, "phases": _DESIGN,
    "masking": _DESIGN, "enrollment": _DESIGN, "arms": "armsInterventionsModule",
    "interventions": "armsInterventionsModule", "primary_outcomes": "outcomesModule", "eligibility": _ELIGIBILITY,
    "minimum_age": _ELIGIBILITY, "maximum_age": _ELIGIBILITY, "sex": _ELIGIBILITY, "healthy_volunteers": _ELIGIBILITY,
    "sites": "contactsLocationsModule",
}  # fmt: skip
"""Watched field -> the registry's module that holds it. A record served without the module says nothing of it."""


def watched(record: TrialRecord) -> dict[str, Any]:
    """JSON values, lists in one order. Fields of a missing module are left out."""
    values = {
        "status": record.status,
        "why_stopped": record.why_stopped or None,
        "results": record.has_results,
        "expanded_access": record.has_expanded_access,
        "start": msgspec.to_builtins(record.start),
        "primary_completion": msgspec.to_builtins(record.primary_completion),
        "completion": msgspec.to_builtins(record.completion),
        "sponsor": record.lead_sponsor.name if record.lead_sponsor else None,
        "collaborators": watched_names(tuple(sponsor.name for sponsor in record.collaborators)),
        "brief_title": record.brief_title,
        "official_title": record.official_title,
        "brief_summary": record.brief_summary,
        "conditions": watched_names(record.conditions),
        "study_type": record.study_type,
        "phases": sorted(set(record.phases)),
        "masking": record.masking,
        "enrollment": watched_enrollment(record),
        "arms": sorted(arm.label for arm in record.arms),
        "interventions": sorted(intervention.name for intervention in record.interventions),
        "primary_outcomes": _sorted(outcome_facts(outcome) for outcome in record.primary_outcomes),
        "eligibility": _sorted(criteria(record.eligibility)),
        "minimum_age": record.minimum_age or None,
        "maximum_age": record.maximum_age or None,
        "sex": record.sex,
        "healthy_volunteers": record.healthy_volunteers,
        "sites": _sorted(_watched_site(facts(site)) for site in record.sites),
    }
    return {field: value for field, value in values.items() if MODULE_OF[field] not in record.missing}


def watched_enrollment(record: TrialRecord) -> dict[str, Any] | None:
    return None if record.enrollment is None else {"count": record.enrollment, "type": record.enrollment_type}


def watched_names(names: tuple[str, ...]) -> list[str]:
    return sorted(set(names), key=str.casefold)


def apply_changes(values: dict[str, Any], changes: "Iterable[Change]") -> dict[str, Any]:
    """The watched values after these changes."""
    after = dict(values)
    for change in changes:
        for old, new in _pairs(change):
            _apply(after, change, old, new)
    return after


def _pairs(change: "Change") -> list[tuple[Any, Any]]:
    if not change.field.endswith("/more"):
        return [(change.old, change.new)]
    count = change.stands_for
    return list(zip(change.old or [None] * count, change.new or [None] * count, strict=True))


def _apply(values: dict[str, Any], change: "Change", old: Any, new: Any) -> None:
    family = re.split(r"[/#]", change.field)[0]
    if family == "record":
        values.clear()
        values.update(new)
    elif family in _LISTS:
        field = _LISTS[family]
        values[field] = _replaced(values.get(field, []), _listed(family, old), _listed(family, new))
    elif family == "eligibility":
        gone, come = old["removed"] + old["edited"], new["added"] + new["edited"]
        values["eligibility"] = _replaced(values.get("eligibility", []), gone, come)
    elif family == "results":
        values["results"] = True
    else:
        values[family] = new


_LISTS = {"site": "sites", "arm": "arms", "intervention": "interventions", "outcome": "primary_outcomes"}


def _listed(family: str, value: Any) -> list[Any]:
    if value is None:
        return []
    return [_watched_site(value) if family == "site" else value]


def _replaced(items: list[Any], gone: list[Any], come: list[Any]) -> list[Any]:
    left = list(items)
    for item in gone:
        left.remove(item)
    return _sorted(left + come)


def _watched_site(site: dict[str, Any]) -> dict[str, Any]:
    """Coordinates are the city's, and the registry moves them without a word."""
    return {name: value for name, value in site.items() if name not in ("latitude", "longitude")}


def _sorted(items: "Iterable[Any]") -> list[Any]:
    return sorted(items, key=lambda item: msgspec.json.encode(item, order="sorted"))
