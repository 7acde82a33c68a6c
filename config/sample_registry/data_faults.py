"""Misbehaviours of the data: the studies themselves go missing, change in masses, or take another shape."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from config.sample_registry.pieces import PIECES, values_at
from config.sample_registry.world import Study, nct_id

Fault = Callable[[list[Study], dict[str, Any], date], list[Study]]


def _share(studies: list[Study], share: float) -> list[Study]:
    """A fixed choice of that share, at least one."""
    ordered = sorted(studies, key=lambda study: hashlib.sha256(b"share" + nct_id(study).encode()).digest())
    return ordered[: max(1, round(len(studies) * share))] if studies and share > 0 else []


def _touch(study: Study, today: date) -> None:
    posted = {"date": today.isoformat(), "type": "ESTIMATED"}
    study["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"] = posted


def _chosen(studies: list[Study], options: dict[str, Any]) -> list[Study]:
    return [study for study in studies if nct_id(study) in options["ids"]] if "ids" in options else studies


def count_drops(studies: list[Study], options: dict[str, Any], today: date) -> list[Study]:
    pool = studies
    if condition := options.get("condition"):
        pool = [study for study in studies if condition in values_at(study, PIECES["Condition"])]
    gone = {nct_id(study) for study in _share(pool, options.get("share", 0.05))}
    return [study for study in studies if nct_id(study) not in gone]


def vanish(studies: list[Study], options: dict[str, Any], today: date) -> list[Study]:
    return [study for study in studies if nct_id(study) not in options["ids"]]


def mass_change(studies: list[Study], options: dict[str, Any], today: date) -> list[Study]:
    for study in _share(studies, options.get("share", 0.3)):
        MASS_CHANGES[options.get("field", "enrollment")](study["protocolSection"])
        _touch(study, today)
    return studies


def _enrollment(protocol: dict[str, Any]) -> None:
    info = protocol.setdefault("designModule", {}).setdefault("enrollmentInfo", {"count": 10, "type": "ESTIMATED"})
    info["count"] = info["count"] * 2 + 7


def _status(protocol: dict[str, Any]) -> None:
    status = protocol["statusModule"]
    status["overallStatus"] = "TERMINATED" if status["overallStatus"] != "TERMINATED" else "COMPLETED"


def _eligibility(protocol: dict[str, Any]) -> None:
    module = protocol.setdefault("eligibilityModule", {})
    module["eligibilityCriteria"] = module.get("eligibilityCriteria", "") + "\n\n* Lives within 50 km of a study site"


def _title(protocol: dict[str, Any]) -> None:
    protocol["identificationModule"]["briefTitle"] += ", Amended"


def _eligibility_emptied(protocol: dict[str, Any]) -> None:
    protocol.get("eligibilityModule", {}).pop("eligibilityCriteria", None)


MASS_CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "enrollment": _enrollment,
    "status": _status,
    "eligibility": _eligibility,
    "title": _title,
    "eligibility_emptied": _eligibility_emptied,
}


def future_dates(studies: list[Study], options: dict[str, Any], today: date) -> list[Study]:
    for study in _chosen(studies, options):
        _touch(study, today + timedelta(days=options.get("days", 365)))
    return studies


def reformat(studies: list[Study], options: dict[str, Any], today: date) -> list[Study]:
    """The parts of it that concern one value; the order of keys and the white space between them are the server's."""
    kinds = options.get("kinds", REFORMATS)
    return [_reformatted(study, "", kinds) for study in studies]


REFORMATS = ("whitespace", "key_order", "list_order", "casing", "date_style", "html_entities")
_UNORDERED = {
    "conditions", "keywords", "locations", "collaborators", "secondaryIdInfos", "stdAges", "interventions",
    "armGroupLabels", "otherNames", "meshes", "ancestors", "phases", "whoMasked", "infoTypes",
    "removedCountries", "nctIdAliases",
}  # fmt: skip
_PROSE = {"briefSummary", "detailedDescription", "eligibilityCriteria", "description", "studyPopulation", "whyStopped"}
_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def _reformatted(value: Any, key: str, kinds: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        pairs = [(name, _reformatted(inner, name, kinds)) for name, inner in value.items()]
        return dict(reversed(pairs) if "key_order" in kinds else pairs)
    if isinstance(value, list):
        items = [_reformatted(item, key, kinds) for item in value]
        return items[::-1] if "list_order" in kinds and key in _UNORDERED else items
    return _retyped(value, key, kinds) if isinstance(value, str) else value


def _retyped(text: str, key: str, kinds: tuple[str, ...]) -> str:
    if _DAY.fullmatch(text):
        return _long_date(text) if "date_style" in kinds and key in ("date", "statusVerifiedDate") else text
    if re.fullmatch(r"[A-Z]+(_[A-Z0-9]+)*\d?", text) and key in _ENUMS:
        return text.lower() if "casing" in kinds else text
    if key in _PROSE:
        # A text that holds entities already would mean something else when escaped once more.
        if "html_entities" in kinds and html.unescape(text) == text:
            text = html.escape(text).replace("≥", "&ge;").replace("'", "&#39;")
        if "whitespace" in kinds:
            text = re.sub(r"(?<=\w) (?=\w)", "  ", text).replace("\n", " \r\n") + "\n\n"
    return text


_ENUMS = {"overallStatus", "lastKnownStatus", "status", "type", "studyType", "phases", "sex", "class"}


def _long_date(text: str) -> str:
    """`2026-07-01` -> `July 1, 2026`, the style of the API before this one."""
    if len(text) == 7:
        return date.fromisoformat(text + "-01").strftime("%B %Y")
    day = date.fromisoformat(text)
    return f"{day:%B} {day.day}, {day.year}"


def schema_drift(studies: list[Study], options: dict[str, Any], today: date) -> list[Study]:
    for study in _chosen(studies, options):
        for kind in options.get("kinds", tuple(DRIFTS)):
            DRIFTS[kind](study)
    return studies


def _key_gone(study: Study) -> None:
    study["protocolSection"].pop("eligibilityModule", None)


def _null_value(study: Study) -> None:
    study["protocolSection"].setdefault("contactsLocationsModule", {})["locations"] = None


def _list_to_object(study: Study) -> None:
    module = study["protocolSection"].setdefault("conditionsModule", {})
    module["conditions"] = {str(at): term for at, term in enumerate(module.get("conditions") or [])}


def _new_enum(study: Study) -> None:
    study["protocolSection"]["statusModule"]["overallStatus"] = "PAUSED_FOR_REVIEW"


def _unknown_keys(study: Study) -> None:
    study["modelPredictions"] = {"score": 0.5}
    study["protocolSection"]["participationModule"] = {"visits": [1, 2, 3]}
    study["protocolSection"]["statusModule"]["recruitmentPace"] = "SLOW"


def _number_as_text(study: Study) -> None:
    info = study["protocolSection"].get("designModule", {}).get("enrollmentInfo", {})
    if "count" in info:
        info["count"] = str(info["count"])


DRIFTS: dict[str, Callable[[Study], None]] = {
    "key_gone": _key_gone,
    "null_value": _null_value,
    "list_to_object": _list_to_object,
    "new_enum": _new_enum,
    "unknown_keys": _unknown_keys,
    "number_as_text": _number_as_text,
}


def poison(studies: list[Study], options: dict[str, Any], today: date) -> list[Study]:
    for study in studies:
        if nct_id(study) == options["nct_id"]:
            study["protocolSection"]["conditionsModule"] = {"conditions": 7}
    return studies


FAULTS: dict[str, Fault] = {
    "count_drops": count_drops,
    "vanish": vanish,
    "mass_change": mass_change,
    "future_dates": future_dates,
    "reformat": reformat,
    "schema_drift": schema_drift,
    "poison": poison,
}
# These change how studies read, not which are asked for: the search sees the studies whole, with today's date.
SHAPES = ("reformat", "schema_drift", "poison")


def before_search(name: str, studies: list[Study], options: dict[str, Any], today: date) -> list[Study]:
    if name not in SHAPES:
        return FAULTS[name](studies, options, today)
    if name == "poison":
        options = {"ids": [options["nct_id"]]}
    for study in _chosen(studies, options):
        _touch(study, today)
    return studies


def after_search(name: str, studies: list[Study], options: dict[str, Any], today: date) -> list[Study]:
    return FAULTS[name](studies, options, today) if name in SHAPES else studies
