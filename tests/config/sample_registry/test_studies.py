"""The sample studies hold every status, phase, type and oddity that the real registry has."""

import json
from collections import Counter
from typing import Any

import pytest

from config.sample_registry.script import LATER
from config.sample_registry.world import nct_id
from tests.config.sample_registry import openapi
from tests.config.sample_registry.client import SEEDS, STUDIES, at
from tests.real_records import needs_records, records_dir


def has(test: Any) -> set[str]:
    return {nct for nct, study in STUDIES.items() if test(study["protocolSection"], study)}


class TestStudies:
    def test_every_status_is_there_and_recruiting_is_the_most(self) -> None:
        statuses = Counter(at(study, "protocolSection", "statusModule", "overallStatus") for study in STUDIES.values())
        assert set(statuses) == {
            "ACTIVE_NOT_RECRUITING", "COMPLETED", "ENROLLING_BY_INVITATION", "NOT_YET_RECRUITING", "RECRUITING",
            "SUSPENDED", "TERMINATED", "WITHDRAWN", "AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE",
            "APPROVED_FOR_MARKETING", "WITHHELD", "UNKNOWN",
        }  # fmt: skip
        assert statuses["RECRUITING"] > len(STUDIES) / 2

    def test_every_phase_and_study_type_is_there(self) -> None:
        designs = [at(study, "protocolSection", "designModule") for study in STUDIES.values()]
        assert {tuple(design.get("phases", ())) for design in designs} >= {
            (), ("NA",), ("EARLY_PHASE1",), ("PHASE1",), ("PHASE1", "PHASE2"), ("PHASE2",), ("PHASE2", "PHASE3"),
            ("PHASE3",), ("PHASE4",),
        }  # fmt: skip
        assert {design.get("studyType") for design in designs} >= {"INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"}

    @pytest.mark.parametrize(
        "feature, test",
        [
            ("withheld", lambda p, s: "[Trial of device" in p["identificationModule"]["briefTitle"]),
            ("unknown with its last status", lambda p, s: at(p, "statusModule", "lastKnownStatus") == "RECRUITING"),
            ("linked expanded access", lambda p, s: "NCT99000018" in str(at(p, "statusModule", "expandedAccessInfo"))),
            ("kinds of expanded access", lambda p, s: at(p, "designModule", "expandedAccessTypes")),
            ("mojibake", lambda p, s: "\ufffd" in json.dumps(at(p, "contactsLocationsModule"), ensure_ascii=False)),
            ("CJK", lambda p, s: any("\u4e00" <= c <= "\u9fff" for c in p["identificationModule"]["briefTitle"])),
            ("all capitals", lambda p, s: p["identificationModule"]["briefTitle"].isupper()),
            ("entities encoded twice", lambda p, s: "&amp;#39;" in json.dumps(p)),
            ("script in a title", lambda p, s: "<script>" in p["identificationModule"]["briefTitle"]),
            ("markdown escapes", lambda p, s: "\\>" in criteria(p) and "\\<" in criteria(p) and "\\[" in criteria(p)),
            ("nested list", lambda p, s: "\n    * " in criteria(p)),
            ("numbered list", lambda p, s: "\n1. " in criteria(p)),
            ("PDQ style", lambda p, s: criteria(p).startswith("DISEASE CHARACTERISTICS:")),
            ("one paragraph", lambda p, s: len(criteria(p)) > 200 and "\n" not in criteria(p)),
            ("no headings", lambda p, s: "\n\n" in criteria(p) and "clusion" not in criteria(p).replace("CHAR", "")),
            ("no criteria", lambda p, s: not criteria(p)),
            ("month-only date", lambda p, s: len(at(p, "statusModule", "startDateStruct").get("date", "")) == 7),
            ("date without type", lambda p, s: at(p, "statusModule", "startDateStruct").keys() == {"date"}),
            ("no start date", lambda p, s: "startDateStruct" not in p["statusModule"]),
            ("no locations", lambda p, s: not sites(p)),
            ("over 100 locations", lambda p, s: len(sites(p)) > 100 and len({x["country"] for x in sites(p)}) > 20),
            ("location without facility", lambda p, s: any("facility" not in x for x in sites(p))),
            ("location without point", lambda p, s: any("geoPoint" not in x for x in sites(p))),
            ("some locations without status", lambda p, s: 0 < sum("status" in x for x in sites(p)) < len(sites(p))),
            ("aliases", lambda p, s: "NCT99009901" in p["identificationModule"].get("nctIdAliases", [])),
            ("no official title", lambda p, s: "officialTitle" not in p["identificationModule"]),
            ("acronym", lambda p, s: "acronym" in p["identificationModule"]),
            ("results", lambda p, s: s["hasResults"] and s["resultsSection"]),
            ("documents", lambda p, s: s.get("documentSection")),
            ("annotation", lambda p, s: s.get("annotationSection")),
            ("removed countries", lambda p, s: at(s, "derivedSection", "miscInfoModule", "removedCountries")),
            ("sentinel enrollment", lambda p, s: at(p, "designModule", "enrollmentInfo", "count") == 99999999),
            ("enrollment of zero", lambda p, s: at(p, "designModule", "enrollmentInfo", "count") == 0),
            ("no enrollment", lambda p, s: at(p, "designModule") and "enrollmentInfo" not in p["designModule"]),
            ("personal sponsor", lambda p, s: at(p, "sponsorCollaboratorsModule", "leadSponsor", "class") == "INDIV"),
            ("no sponsor", lambda p, s: "sponsorCollaboratorsModule" not in p),
            ("unapproved device", lambda p, s: at(p, "oversightModule", "isUnapprovedDevice") is True),
            ("ages in months", lambda p, s: "Months" in str(at(p, "eligibilityModule", "minimumAge"))),
            ("women only, with reason", lambda p, s: at(p, "eligibilityModule", "genderBased") is True),
            ("men only", lambda p, s: at(p, "eligibilityModule", "sex") == "MALE"),
            ("healthy volunteers", lambda p, s: at(p, "eligibilityModule", "healthyVolunteers") is True),
            ("collaborators", lambda p, s: at(p, "sponsorCollaboratorsModule", "collaborators")),
            ("links", lambda p, s: at(p, "referencesModule", "seeAlsoLinks")),
            ("data sharing", lambda p, s: at(p, "ipdSharingStatementModule", "ipdSharing") == "YES"),
            ("patient registry", lambda p, s: at(p, "designModule", "patientRegistry") is True),
            ("why stopped", lambda p, s: at(p, "statusModule", "whyStopped")),
            ("no interventions", lambda p, s: not at(p, "armsInterventionsModule", "interventions")),
            ("no detailed description", lambda p, s: not at(p, "descriptionModule", "detailedDescription")),
            ("post date estimated", lambda p, s: "ESTIMATED" in p["statusModule"]["lastUpdatePostDateStruct"].values()),
            ("primary completion past", lambda p, s: at(p, "statusModule", "overallStatus") == "UNKNOWN"),
            ("no MeSH", lambda p, s: "conditionBrowseModule" not in s["derivedSection"]),
        ],
    )  # fmt: skip
    def test_an_odd_feature_is_there(self, feature: str, test: Any) -> None:
        assert has(test), feature

    @needs_records
    def test_every_study_has_the_shape_of_the_registrys_own_description(self) -> None:
        schemas = openapi.read(records_dir() / "ctg-oas-v2.yaml")
        assert len(schemas["Status"].values) == 14
        late = [json.loads(path.read_text()) for path in LATER.glob("NCT*.json")]
        for study in [*STUDIES.values(), *late]:
            assert openapi.complaints(study, ["Study"], schemas, nct_id(study)) == []

    @needs_records
    def test_that_description_would_notice_a_wrong_shape(self) -> None:
        schemas = openapi.read(records_dir() / "ctg-oas-v2.yaml")
        wrong = {"protocolSection": {"statusModule": {"overallStatus": "OPEN", "colour": 1}}, "hasResults": "no"}
        assert len(openapi.complaints(wrong, ["Study"], schemas)) == 3

    def test_site_statuses_and_people_show_only_while_they_mean_something(self) -> None:
        for nct, study in STUDIES.items():
            status = at(study, "protocolSection", "statusModule", "overallStatus")
            if status not in ("RECRUITING", "UNKNOWN", "AVAILABLE", "NOT_YET_RECRUITING"):
                assert not any("status" in x or "contacts" in x for x in sites(study["protocolSection"])), nct

    def test_nobody_can_be_reached_by_a_sample_contact(self) -> None:
        for path in [*LATER.glob("*.json"), *LATER.with_name("studies").glob("*.json")]:
            study = json.loads(path.read_text())
            for person in contacts(study):
                assert "555-01" in person.get("phone", "555-01"), path.name
                assert person.get("email", "@example.org").endswith("@example.org"), path.name

    def test_files_are_named_for_their_study(self) -> None:
        for folder in (LATER, LATER.with_name("studies")):
            for path in folder.glob("*.json"):
                assert nct_id(json.loads(path.read_text())) == path.stem

    def test_seed_contacts_are_as_many_as_the_pages_show(self) -> None:
        central = {
            nct: len(at(STUDIES[nct], "protocolSection", "contactsLocationsModule").get("centralContacts", []))
            for nct in SEEDS
        }
        assert central == {"NCT07103668": 1, "NCT07509034": 2, "NCT03323944": 0}
        assert [site.get("status") for nct in sorted(SEEDS) for site in sites(STUDIES[nct]["protocolSection"])] == [
            None, "RECRUITING", None,
        ]  # fmt: skip


def criteria(protocol: dict[str, Any]) -> str:
    return str(at(protocol, "eligibilityModule").get("eligibilityCriteria", ""))


def sites(protocol: dict[str, Any]) -> list[dict[str, Any]]:
    return list(at(protocol, "contactsLocationsModule").get("locations", []))


def contacts(study: dict[str, Any]) -> list[dict[str, Any]]:
    module = at(study, "protocolSection", "contactsLocationsModule")
    at_sites = [person for site in module.get("locations", []) for person in site.get("contacts", [])]
    return module.get("centralContacts", []) + at_sites
