"""Raw study -> frozen TrialRecord. The only file that knows the registry's JSON paths. Pure.

Every key of the registry's schema is optional, and types drift. A value of the wrong type counts as absent and is
noted in `drift`; a module that is absent or broken is listed in `TrialRecord.missing`, so that nobody takes
"not served" for "emptied". Only a study without an NCT ID or an overall status is refused.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import msgspec

from trials.record_types import (
    Arm,
    Contact,
    Document,
    Intervention,
    Link,
    MeshTerm,
    Official,
    Outcome,
    Publication,
    RecordDate,
    Site,
    Sponsor,
    TrialRecord,
)
from trials.text import comparable, shortened
from trials.tolerant import Reader, as_date

HASH_VERSION = 1
"""Raised when `content_hash` takes in other fields. A stored hash of another version is taken as different, and both
records are then read by the same parser: no rule of ours can make a change."""

NCT_ID = re.compile(r"NCT\d{8}")
_NO_LIMIT = ("N/A", "NONE", "NO LIMIT")
LONGEST_TITLE = 1000
"""More than twice what real ones have. A page repeats its title, so that one of 200,000 characters made a megabyte; the
whole of it is at the registry, to which each page links."""
UNKNOWN_ENROLLMENT = 99_999_999
"""The registry's stand-in for "number of participants not known"."""


class RecordError(ValueError):
    """The study cannot become a TrialRecord; the message says why, in words for the import ledger."""


OPEN_STATUSES = ("RECRUITING", "AVAILABLE")
"""Studies that take people now. By invitation and unknown are not open."""

COUNTRY_ALIASES = {
    "Turkey": "Turkey (Türkiye)",
    "Türkiye": "Turkey (Türkiye)",
    "Korea, Republic of": "South Korea",
    "Korea, Democratic People's Republic of": "North Korea",
    "Russian Federation": "Russia",
    "Czech Republic": "Czechia",
    "Viet Nam": "Vietnam",
    "Iran, Islamic Republic of": "Iran",
    "Moldova, Republic of": "Moldova",
    "Macedonia, The Former Yugoslav Republic of": "North Macedonia",
    "Former Serbia and Montenegro": "Serbia",
    "Swaziland": "Eswatini",
    "Burma": "Myanmar",
    "Lao People's Democratic Republic": "Laos",
    "Syrian Arab Republic": "Syria",
    "Libyan Arab Jamahiriya": "Libya",
    "Tanzania, United Republic of": "Tanzania",
    "Congo, The Democratic Republic of the": "Democratic Republic of the Congo",
    "Palestinian Territories, Occupied": "Palestinian Territories",
    "Palestinian Territory, occupied": "Palestinian Territories",
    "Taiwan, Province of China": "Taiwan",
    "Hong Kong SAR": "Hong Kong",
    "USA": "United States",
    "UK": "United Kingdom",
    "Cape Verde": "Cabo Verde",
    "Côte D'Ivoire": "Côte d'Ivoire",
    "Cote D'Ivoire": "Côte d'Ivoire",
    "Gambia": "The Gambia",
}
"""The registry renamed countries several times (2025 registry-wide). Old and new names are one country."""

_MODULES = (
    "identificationModule", "statusModule", "sponsorCollaboratorsModule", "descriptionModule", "conditionsModule",
    "designModule", "armsInterventionsModule", "outcomesModule", "eligibilityModule", "contactsLocationsModule",
)  # fmt: skip
CORE_MODULES = frozenset({"sponsorCollaboratorsModule", "descriptionModule", "conditionsModule", "designModule",
                          "eligibilityModule"})  # fmt: skip
"""Every real record that is not WITHHELD has these: one that lost them is a thin copy, not news."""


def parse(study: Any, drift: list[str] | None = None) -> TrialRecord:
    """One study as the API serves it -> TrialRecord. Notes of values of unexpected type are appended to `drift`.

    Raises RecordError for a study that has no NCT ID or no overall status.
    """
    drift = [] if drift is None else drift
    root = Reader(study, "study", drift)
    protocol = root.part("protocolSection")
    modules = {name: protocol.part(name) for name in _MODULES}
    identification, status = modules["identificationModule"], modules["statusModule"]
    nct_id = identification.line("nctId").upper()
    if not NCT_ID.fullmatch(nct_id):
        raise RecordError(f"no NCT ID ({nct_id[:20]!r})")
    overall_status = status.enum("overallStatus")
    if not overall_status:
        raise RecordError(f"{nct_id} has no overall status")
    has_results = root.flag("hasResults")
    return TrialRecord(
        nct_id=nct_id,
        status=overall_status,
        missing=tuple(name for name in _MODULES if not modules[name].data),
        has_results=bool(has_results) or "resultsFirstPostDateStruct" in status.data,
        **_identification(identification),
        **_status(status),
        **_sponsors(modules["sponsorCollaboratorsModule"], protocol.part("oversightModule")),
        **_description(modules["descriptionModule"], modules["conditionsModule"]),
        **_design(modules["designModule"]),
        **_arms(modules["armsInterventionsModule"]),
        **_outcomes(modules["outcomesModule"]),
        **_eligibility(modules["eligibilityModule"]),
        **_contacts(modules["contactsLocationsModule"]),
        **_references(protocol.part("referencesModule"), protocol.part("ipdSharingStatementModule")),
        **_documents(root.part("documentSection")),
        **_derived(root.part("derivedSection")),
    )


def thinner(old: TrialRecord, new: TrialRecord) -> tuple[str, ...]:
    """The core modules that `old` had and `new` lacks: a thin copy must not overwrite a full one."""
    if new.status == "WITHHELD":
        return ()
    return tuple(name for name in new.missing if name in CORE_MODULES and name not in old.missing)


def filled_up(study: dict[str, Any], older: dict[str, Any], modules: Iterable[str]) -> dict[str, Any]:
    """The study with these modules of its older copy."""
    kept = {name: older["protocolSection"][name] for name in modules if name in older["protocolSection"]}
    return {**study, "protocolSection": {**study["protocolSection"], **kept}}


def _identification(module: Reader) -> dict[str, Any]:
    return {
        "aliases": tuple(alias.upper() for alias in module.lines("nctIdAliases") if NCT_ID.fullmatch(alias.upper())),
        "brief_title": shortened(module.line("briefTitle"), LONGEST_TITLE),
        "official_title": shortened(module.line("officialTitle"), LONGEST_TITLE),
        "acronym": module.line("acronym"),
        "organization": module.part("organization").line("fullName"),
    }


def _status(module: Reader) -> dict[str, Any]:
    expanded = module.part("expandedAccessInfo")
    verified = module.line("statusVerifiedDate")
    return {
        "last_known_status": module.enum("lastKnownStatus"),
        "status_verified": as_date(verified),
        "why_stopped": module.markup("whyStopped"),
        "has_expanded_access": expanded.flag("hasExpandedAccess"),
        "expanded_access_nct_id": expanded.line("nctId"),
        "start": module.date("startDateStruct"),
        "primary_completion": module.date("primaryCompletionDateStruct"),
        "completion": module.date("completionDateStruct"),
        "first_posted": _day(module.date("studyFirstPostDateStruct")),
        "last_update_posted": _day(module.date("lastUpdatePostDateStruct")),
        "results_posted": _day(module.date("resultsFirstPostDateStruct")),
    }


def _day(value: RecordDate | None) -> str:
    return value.date if value else ""


def _sponsors(module: Reader, oversight: Reader) -> dict[str, Any]:
    lead = module.part("leadSponsor")
    name = lead.line("name")
    return {
        "lead_sponsor": Sponsor(name, lead.enum("class")) if name else None,
        "collaborators": tuple(Sponsor(c.line("name"), c.enum("class")) for c in module.parts("collaborators")),
        "investigator": module.part("responsibleParty").line("investigatorFullName"),
        "has_dmc": oversight.flag("oversightHasDmc"),
        "is_unapproved_device": oversight.flag("isUnapprovedDevice"),
    }


def _description(description: Reader, conditions: Reader) -> dict[str, Any]:
    return {
        "brief_summary": description.markup("briefSummary"),
        "detailed_description": description.markup("detailedDescription"),
        "conditions": conditions.lines("conditions"),
        "keywords": conditions.lines("keywords"),
    }


def _design(module: Reader) -> dict[str, Any]:
    info, enrollment = module.part("designInfo"), module.part("enrollmentInfo")
    masking = info.part("maskingInfo")
    count = enrollment.number("count")
    return {
        "study_type": module.enum("studyType"),
        "phases": module.enums("phases"),
        "allocation": info.enum("allocation"),
        "intervention_model": info.enum("interventionModel"),
        "intervention_model_description": info.markup("interventionModelDescription"),
        "primary_purpose": info.enum("primaryPurpose"),
        "observational_model": info.enum("observationalModel"),
        "time_perspective": info.enum("timePerspective"),
        "masking": masking.enum("masking"),
        "masking_description": masking.markup("maskingDescription"),
        "who_masked": masking.enums("whoMasked"),
        "enrollment": None if count == UNKNOWN_ENROLLMENT else count,
        "enrollment_type": enrollment.enum("type"),
        "is_patient_registry": module.flag("patientRegistry"),
        "target_duration": module.line("targetDuration"),
        "expanded_access_types": tuple(module.part("expandedAccessTypes").data),
    }


def interventions(study: dict[str, Any]) -> tuple[Intervention, ...]:
    """Only these, as `parse` gives them, at a tenth of its time."""
    found: tuple[Intervention, ...] = _arms(
        Reader(study, "study", []).part("protocolSection").part("armsInterventionsModule")
    )["interventions"]
    return found


def _arms(module: Reader) -> dict[str, Any]:
    return {
        "arms": tuple(
            Arm(a.line("label"), a.enum("type"), a.markup("description"), a.lines("interventionNames"))
            for a in module.parts("armGroups")
        ),
        "interventions": tuple(
            Intervention(
                type=i.enum("type"),
                name=i.line("name"),
                description=i.markup("description"),
                arm_labels=i.lines("armGroupLabels"),
                other_names=i.lines("otherNames"),
            )
            for i in module.parts("interventions")
        ),
    }


def _outcomes(module: Reader) -> dict[str, Any]:
    def read(key: str) -> tuple[Outcome, ...]:
        return tuple(
            Outcome(o.line("measure"), o.markup("description"), o.line("timeFrame")) for o in module.parts(key)
        )

    return {"primary_outcomes": read("primaryOutcomes"), "secondary_outcomes": read("secondaryOutcomes")}


def _eligibility(module: Reader) -> dict[str, Any]:
    return {
        "eligibility": module.markup("eligibilityCriteria"),
        "healthy_volunteers": module.flag("healthyVolunteers"),
        "sex": module.enum("sex"),
        "is_gender_based": module.flag("genderBased"),
        "gender_description": module.markup("genderDescription"),
        "minimum_age": _age(module.line("minimumAge")),
        "maximum_age": _age(module.line("maximumAge")),
        "study_population": module.markup("studyPopulation"),
    }


def _age(value: str) -> str:
    return "" if value.upper() in _NO_LIMIT else value


def _contacts(module: Reader) -> dict[str, Any]:
    return {
        "central_contacts": _people(module.parts("centralContacts")),
        "officials": tuple(
            Official(o.line("name"), o.line("affiliation"), o.enum("role")) for o in module.parts("overallOfficials")
        ),
        "sites": tuple(_site(site) for site in module.parts("locations")),
    }


def _people(parts: Iterable[Reader]) -> tuple[Contact, ...]:
    return tuple(
        Contact(p.line("name"), p.enum("role"), p.line("phone"), p.line("phoneExt"), p.line("email")) for p in parts
    )


def _site(part: Reader) -> Site:
    country = part.line("country")
    point = part.part("geoPoint")
    return Site(
        facility=part.line("facility"),
        status=part.enum("status"),
        city=part.line("city").rstrip(" ,"),
        state=part.line("state"),
        zip=part.line("zip"),
        country=COUNTRY_ALIASES.get(country, country),
        latitude=point.degrees("lat"),
        longitude=point.degrees("lon"),
        contacts=_people(part.parts("contacts")),
    )


def _references(references: Reader, sharing: Reader) -> dict[str, Any]:
    return {
        "publications": tuple(
            Publication(r.line("citation"), r.line("pmid"), r.enum("type"), bool(r.items("retractions")))
            for r in references.parts("references")
        ),
        "links": tuple(Link(x.line("label"), x.line("url")) for x in references.parts("seeAlsoLinks")),
        "ipd_sharing": sharing.enum("ipdSharing"),
        "ipd_description": sharing.markup("description"),
    }


def _documents(section: Reader) -> dict[str, Any]:
    documents = section.part("largeDocumentModule").parts("largeDocs")
    return {
        "documents": tuple(
            Document(d.line("label"), d.line("filename"), d.line("date")) for d in documents if d.line("filename")
        )
    }


def _derived(section: Reader) -> dict[str, Any]:
    conditions = section.part("conditionBrowseModule")
    return {
        "removed_countries": section.part("miscInfoModule").lines("removedCountries"),
        "condition_meshes": _mesh(conditions, "meshes"),
        "condition_ancestors": _mesh(conditions, "ancestors"),
        "intervention_meshes": _mesh(section.part("interventionBrowseModule"), "meshes"),
    }


def _mesh(module: Reader, key: str) -> tuple[MeshTerm, ...]:
    return tuple(MeshTerm(m.line("id"), m.line("term")) for m in module.parts(key) if m.line("term"))


_encode = msgspec.json.Encoder(order="deterministic").encode
_UNORDERED = {
    "identificationModule": ("nctIdAliases", "secondaryIdInfos"),
    "sponsorCollaboratorsModule": ("collaborators",),
    "conditionsModule": ("conditions", "keywords"),
    "designModule": ("phases",),
    "armsInterventionsModule": ("armGroups", "interventions"),
    "outcomesModule": ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes"),
    "eligibilityModule": ("stdAges",),
    "contactsLocationsModule": ("centralContacts", "overallOfficials", "locations"),
    "referencesModule": ("references", "seeAlsoLinks", "availIpds"),
    "conditionBrowseModule": ("meshes", "ancestors"),
    "interventionBrowseModule": ("meshes", "ancestors"),
}
"""Lists whose order means nothing: the registry serves them in another one now and then."""


def content_hash(study: dict[str, Any]) -> bytes:
    """16 bytes over what is kept of a study: blind to results, to the date of the data release, to browse leaves and
    to the order of keys and lists.

    Equal hashes mean that there is nothing to store. Different ones mean only that the records must be compared.
    """
    pieces: list[bytes] = [_encode(study.get("hasResults"))]
    for section in ("protocolSection", "derivedSection", "documentSection"):
        modules = study.get(section)
        if not isinstance(modules, dict):
            pieces.append(_encode(modules))
            continue
        for name in sorted(modules):
            if name != "miscInfoModule":
                pieces.append(name.encode())
                _add_module(pieces, modules[name], _UNORDERED.get(name, ()))
    return blake2b(b"\n".join(pieces), digest_size=16).digest()


def _add_module(pieces: list[bytes], module: Any, unordered: tuple[str, ...]) -> None:
    if not isinstance(module, dict):
        pieces.append(_encode(module))
        return
    rest = {key: value for key, value in module.items() if key not in unordered and key not in _LEAVES}
    pieces.append(_encode(rest))
    for key in unordered:
        value = module.get(key)
        if isinstance(value, list):
            pieces.append(key.encode())
            pieces.extend(sorted(map(_encode, value)))
        elif value is not None:
            pieces.append(_encode(value))


def is_same(old: TrialRecord, new: TrialRecord) -> bool:
    """Whether two records would show the same, whatever their layout: order of lists, escapes, white space."""
    return old == new or canonical(old) == canonical(new)


def canonical(record: TrialRecord) -> dict[str, Any]:
    """The record as plain values in one order and one spelling."""
    values: dict[str, Any] = _one_spelling(msgspec.to_builtins(record))
    del values["missing"]
    return values


def _one_spelling(value: Any) -> Any:
    if isinstance(value, str):
        return comparable(value)
    if isinstance(value, dict):
        return {key: _one_spelling(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return sorted((_one_spelling(item) for item in value), key=_encode)
    return value


def without_bulk(study: dict[str, Any]) -> dict[str, Any]:
    """The study as it is kept: no results (nine tenths of some records), no browse leaves (shuffled at random)."""
    kept = {key: value for key, value in study.items() if key != "resultsSection"}
    derived = kept.get("derivedSection")
    if isinstance(derived, dict):
        kept["derivedSection"] = {key: _without_leaves(value) for key, value in derived.items()}
    return kept


_LEAVES = ("browseLeaves", "browseBranches")


def _without_leaves(module: Any) -> Any:
    if not isinstance(module, dict) or not any(key in module for key in _LEAVES):
        return module
    return {key: value for key, value in module.items() if key not in _LEAVES}


def without_people(study: dict[str, Any]) -> dict[str, Any]:
    """The study as it is kept in history: nobody's name, phone or address outlives the record that gave it."""
    protocol = study.get("protocolSection")
    module = protocol.get("contactsLocationsModule") if isinstance(protocol, dict) else None
    if not isinstance(protocol, dict) or not isinstance(module, dict):
        return study
    kept = {key: value for key, value in module.items() if key not in ("centralContacts", "overallOfficials")}
    if isinstance(sites := kept.get("locations"), list):
        kept["locations"] = [
            {key: value for key, value in site.items() if key != "contacts"} if isinstance(site, dict) else site
            for site in sites
        ]
    return {**study, "protocolSection": {**protocol, "contactsLocationsModule": kept}}


_AGE = re.compile(r"(\d+(?:\.\d+)?) (year|month|week|day|hour|minute)s?", re.IGNORECASE)
_DAYS = {"year": 365.25, "month": 30.4375, "week": 7.0, "day": 1.0, "hour": 1 / 24, "minute": 1 / 1440}


def age_in_days(age: str) -> int | None:
    """`18 Years` -> 6574; None where there is no limit or it cannot be read."""
    found = _AGE.fullmatch(age.strip())
    return int(float(found[1]) * _DAYS[found[2].lower()]) if found else None
