"""The registry's names for parts of a study, as `fields`, `sort` and AREA[...] use them: `NCTId`, `LocationCity`."""

from __future__ import annotations

from typing import Any

Path = tuple[str, ...]

_IDENTIFICATION = ("protocolSection", "identificationModule")
_STATUS = ("protocolSection", "statusModule")
_SPONSOR = ("protocolSection", "sponsorCollaboratorsModule")
_DESIGN = ("protocolSection", "designModule")
_ARMS = ("protocolSection", "armsInterventionsModule")
_OUTCOMES = ("protocolSection", "outcomesModule")
_ELIGIBILITY = ("protocolSection", "eligibilityModule")
_PLACES = ("protocolSection", "contactsLocationsModule")
_DERIVED = ("derivedSection",)

PIECES: dict[str, Path] = {
    "NCTId": (*_IDENTIFICATION, "nctId"),
    "NCTIdAlias": (*_IDENTIFICATION, "nctIdAliases"),
    "OrgStudyId": (*_IDENTIFICATION, "orgStudyIdInfo", "id"),
    "SecondaryId": (*_IDENTIFICATION, "secondaryIdInfos", "id"),
    "BriefTitle": (*_IDENTIFICATION, "briefTitle"),
    "OfficialTitle": (*_IDENTIFICATION, "officialTitle"),
    "Acronym": (*_IDENTIFICATION, "acronym"),
    "OverallStatus": (*_STATUS, "overallStatus"),
    "LastKnownStatus": (*_STATUS, "lastKnownStatus"),
    "StatusVerifiedDate": (*_STATUS, "statusVerifiedDate"),
    "WhyStopped": (*_STATUS, "whyStopped"),
    "HasExpandedAccess": (*_STATUS, "expandedAccessInfo", "hasExpandedAccess"),
    "StartDate": (*_STATUS, "startDateStruct", "date"),
    "StartDateType": (*_STATUS, "startDateStruct", "type"),
    "PrimaryCompletionDate": (*_STATUS, "primaryCompletionDateStruct", "date"),
    "PrimaryCompletionDateType": (*_STATUS, "primaryCompletionDateStruct", "type"),
    "CompletionDate": (*_STATUS, "completionDateStruct", "date"),
    "CompletionDateType": (*_STATUS, "completionDateStruct", "type"),
    "StudyFirstSubmitDate": (*_STATUS, "studyFirstSubmitDate"),
    "StudyFirstPostDate": (*_STATUS, "studyFirstPostDateStruct", "date"),
    "ResultsFirstPostDate": (*_STATUS, "resultsFirstPostDateStruct", "date"),
    "LastUpdateSubmitDate": (*_STATUS, "lastUpdateSubmitDate"),
    "LastUpdatePostDate": (*_STATUS, "lastUpdatePostDateStruct", "date"),
    "LastUpdatePostDateType": (*_STATUS, "lastUpdatePostDateStruct", "type"),
    "LeadSponsorName": (*_SPONSOR, "leadSponsor", "name"),
    "LeadSponsorClass": (*_SPONSOR, "leadSponsor", "class"),
    "CollaboratorName": (*_SPONSOR, "collaborators", "name"),
    "BriefSummary": ("protocolSection", "descriptionModule", "briefSummary"),
    "DetailedDescription": ("protocolSection", "descriptionModule", "detailedDescription"),
    "Condition": ("protocolSection", "conditionsModule", "conditions"),
    "Keyword": ("protocolSection", "conditionsModule", "keywords"),
    "StudyType": (*_DESIGN, "studyType"),
    "Phase": (*_DESIGN, "phases"),
    "EnrollmentCount": (*_DESIGN, "enrollmentInfo", "count"),
    "EnrollmentType": (*_DESIGN, "enrollmentInfo", "type"),
    "ArmGroup": (*_ARMS, "armGroups"),
    "Intervention": (*_ARMS, "interventions"),
    "InterventionName": (*_ARMS, "interventions", "name"),
    "InterventionType": (*_ARMS, "interventions", "type"),
    "PrimaryOutcome": (*_OUTCOMES, "primaryOutcomes"),
    "SecondaryOutcome": (*_OUTCOMES, "secondaryOutcomes"),
    "EligibilityCriteria": (*_ELIGIBILITY, "eligibilityCriteria"),
    "HealthyVolunteers": (*_ELIGIBILITY, "healthyVolunteers"),
    "Sex": (*_ELIGIBILITY, "sex"),
    "MinimumAge": (*_ELIGIBILITY, "minimumAge"),
    "MaximumAge": (*_ELIGIBILITY, "maximumAge"),
    "StdAge": (*_ELIGIBILITY, "stdAges"),
    "CentralContact": (*_PLACES, "centralContacts"),
    "OverallOfficial": (*_PLACES, "overallOfficials"),
    "Location": (*_PLACES, "locations"),
    "LocationFacility": (*_PLACES, "locations", "facility"),
    "LocationStatus": (*_PLACES, "locations", "status"),
    "LocationCity": (*_PLACES, "locations", "city"),
    "LocationState": (*_PLACES, "locations", "state"),
    "LocationZip": (*_PLACES, "locations", "zip"),
    "LocationCountry": (*_PLACES, "locations", "country"),
    "LocationContact": (*_PLACES, "locations", "contacts"),
    "LocationGeoPoint": (*_PLACES, "locations", "geoPoint"),
    "ConditionMeshTerm": (*_DERIVED, "conditionBrowseModule", "meshes", "term"),
    "ConditionMeshId": (*_DERIVED, "conditionBrowseModule", "meshes", "id"),
    "InterventionMeshTerm": (*_DERIVED, "interventionBrowseModule", "meshes", "term"),
    "VersionHolder": (*_DERIVED, "miscInfoModule", "versionHolder"),
    "HasResults": ("hasResults",),
}
DATES = {name for name in PIECES if name.endswith("Date")}
NUMBERS = {"EnrollmentCount"}
# The sections that a study may lack altogether, so that their names are known even while no study here has one.
_SECTIONS = ("protocolSection", "resultsSection", "annotationSection", "documentSection", "derivedSection")


def values_at(value: Any, path: Path) -> list[Any]:
    """What lies at a path, with lists on the way flattened; empty where a key is absent or has another shape."""
    if isinstance(value, list):
        return [found for item in value for found in values_at(item, path)]
    if not path:
        return [] if value is None else [value]
    if isinstance(value, dict) and path[0] in value:
        return values_at(value[path[0]], path[1:])
    return []


def known_names(studies: list[dict[str, Any]]) -> dict[str, Path]:
    """Every name that `fields` accepts: pieces, and modules, structures and dotted paths as the studies have them."""
    names: dict[str, Path] = {}
    for section in _SECTIONS:
        names[section] = names[_pascal(section)] = (section,)
    for study in studies:
        _collect(study, (), names)
    return names | PIECES


def select(study: dict[str, Any], paths: list[Path]) -> dict[str, Any]:
    """The parts of a study at these paths, nested as they were."""
    chosen = (_prune(study, [path for path in paths if path]) if paths else study) or {}
    return dict(chosen)


def _collect(value: Any, path: Path, names: dict[str, Path]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, path, names)
    elif isinstance(value, dict):
        for key, inner in value.items():
            here = (*path, key)
            names[".".join(here)] = here
            if key.endswith(("Module", "Section", "Struct", "Info")):
                names.setdefault(key, names.setdefault(_pascal(key), here))
            _collect(inner, here, names)


def _pascal(key: str) -> str:
    return key[0].upper() + key[1:]


def _prune(value: Any, paths: list[Path]) -> Any:
    """The part of a value that the paths name, or None where it has none of them."""
    if any(not path for path in paths):
        return value
    if isinstance(value, list):
        return [kept for item in value if (kept := _prune(item, paths)) is not None] or None
    if not isinstance(value, dict):
        return None
    kept = {}
    for key, inner in value.items():
        deeper = [path[1:] for path in paths if path[0] == key]
        if deeper and (part := _prune(inner, deeper)) is not None:
            kept[key] = part
    return kept or None
