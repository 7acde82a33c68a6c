"""What counts as a change and what does not, one edit at a time."""

from typing import Any

import msgspec
import pytest

from tests.trials.base_record import (
    BASE,
    BEIJING,
    BETHESDA,
    CRITERIA,
    FIRST,
    HARM,
    NAMELESS,
    SECOND,
    SURVIVAL,
    criteria,
    kinds,
    replace,
    sites,
)
from trials.changes import RULES, Change, Rank, detect
from trials.records import Arm, Contact, Intervention, MeshTerm, Outcome, RecordDate, Site, Sponsor, TrialRecord
from trials.watched import apply_changes, watched


def test_a_record_does_not_differ_from_itself() -> None:
    assert detect(BASE, BASE) == []


NO_CHANGES: dict[str, dict[str, Any]] = {
    "verified date": {"status_verified": "2026-08"},
    "post date": {"last_update_posted": "2026-08-01"},
    "contacts": {"central_contacts": (Contact("Ann", "CONTACT", "555"),)},
    "site contacts": {"sites": sites(contacts=(Contact("Ann"),))},
    "site coordinates": {"sites": sites(latitude=39.0)},
    "MeSH terms": {"condition_meshes": (MeshTerm("D013274", "Stomach Neoplasms"),)},
    "secondary outcomes": {"secondary_outcomes": (Outcome("Response rate"),)},
    "detailed description": {"detailed_description": "Much text."},
    "keywords": {"keywords": ("cells",)},
    "order of sites": {"sites": (NAMELESS, BEIJING, BETHESDA)},
    "order of arms": {"arms": BASE.arms[::-1]},
    "order of conditions": {"conditions": BASE.conditions[::-1]},
    "case of conditions": {"conditions": ("stomach cancer", "gastric adenocarcinoma")},
    "case of a title": {"brief_title": BASE.brief_title.upper()},
    "slip in a title": {"brief_title": "A Study of Enginered Cells in Stomach Cancer"},
    "slip in the summary": {"brief_summary": BASE.brief_summary.replace("whether", "wether")},
    "article in an outcome": {"primary_outcomes": (replace(SURVIVAL, measure="The overall survival"), HARM)},
    "description of an outcome": {"primary_outcomes": (replace(SURVIVAL, description="Death."), HARM)},
    "description of an arm": {"arms": (replace(BASE.arms[0], description="Another text"), BASE.arms[1])},
    "renamed site": {"sites": sites(facility="National Institutes of Health Clinical Center")},
    "longer ZIP": {"sites": sites(zip="20892-1234")},
    "city spelled out": {"sites": sites(city="Bethesda Park")},
    "statuses of all sites": {"sites": tuple(replace(site, status="") for site in BASE.sites)},
    "vanished sites": {"sites": ()},
    "vanished criteria": {"eligibility": ""},
    "vanished summary": {"brief_summary": ""},
    "vanished start": {"start": None},
    "vanished enrollment": {"enrollment": None},
    "vanished sex": {"sex": ""},
    "vanished phases": {"phases": ()},
    "vanished interventions": {"interventions": ()},
    "more precise date": {"completion": RecordDate("2027-10-15", "ESTIMATED")},
    "relabelled masking": {"masking": "NONE"},
    "age in months": {"minimum_age": "216 Months"},
    "escapes in criteria": {"eligibility": criteria("\\<=", "<=")},
    "sign of comparison": {"eligibility": criteria("\\<=", "≤")},
    "order of criteria": {"eligibility": criteria(FIRST + SECOND, SECOND + FIRST)},
    "numbered criteria": {"eligibility": criteria("* Prior", "1. Prior").replace("* Known", "2. Known")},
    "lines of criteria": {"eligibility": CRITERIA.replace("\n\n", "\n")},
    "case of criteria": {"eligibility": criteria("Prior treatment", "PRIOR TREATMENT")},
}  # fmt: skip


@pytest.mark.parametrize("edit", NO_CHANGES.values(), ids=NO_CHANGES.keys())
def test_noise_is_no_change(edit: dict[str, Any]) -> None:
    new = replace(BASE, **edit)

    assert kinds(new) == []
    assert kinds(BASE, new) == []


CHANGES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "recruiting ended": ({"status": "ACTIVE_NOT_RECRUITING"}, ["status_closed"]),
    "finished": ({"status": "COMPLETED"}, ["status_closed"]),
    "by invitation": ({"status": "ENROLLING_BY_INVITATION"}, ["status_closed"]),
    "suspended": ({"status": "SUSPENDED"}, ["status_suspended"]),
    "terminated": ({"status": "TERMINATED", "why_stopped": "Slow accrual"}, ["status_terminated", "why_stopped"]),
    "withdrawn": ({"status": "WITHDRAWN", "enrollment": 0}, ["status_withdrawn", "enrollment_adjusted"]),
    "end of a withdrawn trial": (
        {"status": "WITHDRAWN", "completion": RecordDate("2020-01", "ACTUAL")}, ["status_withdrawn", "completion_void"]
    ),
    "unknown": ({"status": "UNKNOWN"}, ["status_unknown"]),
    "a status nobody knows": ({"status": "PAUSED_BY_AGENCY"}, ["status"]),
    "results": ({"has_results": True, "results_posted": "2026-08-01"}, ["results_posted"]),
    "sign turned": ({"eligibility": criteria("\\<= 1", "\\< 1")}, ["eligibility"]),
    "number in a criterion": ({"eligibility": criteria("18", "16")}, ["eligibility"]),
    "negation": ({"eligibility": criteria("Prior treatment", "No prior treatment")}, ["eligibility"]),
    "marker": ({"eligibility": criteria("HER2- disease", "HER2+ disease")}, ["eligibility"]),
    "criterion added": ({"eligibility": CRITERIA + "* Pregnancy\n"}, ["eligibility"]),
    "criterion removed": ({"eligibility": criteria("* Known HER2- disease\n", "")}, ["eligibility"]),
    "drug in a criterion": ({"eligibility": criteria("cisplatin", "carboplatin")}, ["eligibility"]),
    "slip in a criterion": ({"eligibility": criteria("adenocarcinoma", "adenocarcinomas")}, ["eligibility_wording"]),
    "lowest age": ({"minimum_age": "16 Years"}, ["minimum_age"]),
    "no highest age": ({"maximum_age": ""}, ["maximum_age"]),
    "sex": ({"sex": "FEMALE"}, ["sex"]),
    "healthy volunteers": ({"healthy_volunteers": True}, ["healthy_volunteers"]),
    "phase": ({"phases": ("PHASE1", "PHASE2")}, ["phase"]),
    "arm added": ({"arms": (*BASE.arms, Arm("Dose level B"))}, ["arm_added"]),
    "arm removed": ({"arms": BASE.arms[:1]}, ["arm_removed"]),
    "arm renamed": ({"arms": (replace(BASE.arms[0], label="Cohort 1"), BASE.arms[1])}, ["arm_renamed"]),
    "dose in a name": (
        {"interventions": (BASE.interventions[0], Intervention("BIOLOGICAL", "Engineered cells 200 mg"))},
        ["intervention_renamed"],
    ),
    "intervention added": (
        {"interventions": (*BASE.interventions, Intervention("DRUG", "Placebo"))},
        ["intervention_added"],
    ),
    "intervention removed": ({"interventions": BASE.interventions[:1]}, ["intervention_removed"]),
    "outcome swapped": (
        {"primary_outcomes": (Outcome("Quality of life", "", "1 year"), HARM)},
        ["outcome_added", "outcome_removed"],
    ),
    "outcome measured later": (
        {"primary_outcomes": (replace(SURVIVAL, time_frame="36 months"), HARM)},
        ["outcome_changed"],
    ),
    "enrollment beyond 20 %": ({"enrollment": 60}, ["enrollment"]),
    "enrollment within 20 %": ({"enrollment": 48}, ["enrollment_adjusted"]),
    "enrollment came true": ({"enrollment_type": "ACTUAL"}, ["enrollment_adjusted"]),
    "end slipped": ({"completion": RecordDate("2028-12", "ESTIMATED")}, ["completion_moved"]),
    "start within a month": ({"start": RecordDate("2026-02-10", "ACTUAL")}, ["start_adjusted"]),
    "end came true": ({"completion": RecordDate("2027-10-03", "ACTUAL")}, ["completion_adjusted"]),
    "sponsor": ({"lead_sponsor": Sponsor("Another Company")}, ["sponsor"]),
    "collaborator": ({"collaborators": ()}, ["collaborators"]),
    "title": ({"brief_title": "Cells for Stomach Cancer"}, ["brief_title"]),
    "number in a title": ({"official_title": BASE.official_title.replace("1", "2")}, ["official_title"]),
    "summary": ({"brief_summary": "Something else."}, ["brief_summary"]),
    "conditions": ({"conditions": ("Stomach Cancer",)}, ["conditions"]),
    "masked": ({"masking": "DOUBLE"}, ["masking"]),
    "expanded access": ({"has_expanded_access": True}, ["expanded_access"]),
    "site closed": ({"sites": sites(status="COMPLETED")}, ["site_closed"]),
    "site added": ({"sites": (*BASE.sites, Site("Mayo Clinic", "", "Rochester"))}, ["site_added"]),
    "site removed": ({"sites": BASE.sites[1:]}, ["site_removed"]),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_an_edit_is_the_change_that_a_reader_would_name(edit: dict[str, Any], expected: list[str]) -> None:
    new = replace(BASE, **edit)

    changes = detect(BASE, new)

    assert [change.kind for change in changes] == expected
    assert len({change.field for change in changes}) == len(changes)
    after = apply_changes(watched(BASE), changes)
    assert {field for field, value in watched(new).items() if after[field] != value} <= {"results"}


@pytest.mark.parametrize(
    "kind",
    ["status_suspended", "status_terminated", "status_withdrawn", "status_opened", "status_closed", "eligibility",
     "results_posted", "minimum_age", "maximum_age", "sex", "healthy_volunteers", "unveiled"],
)  # fmt: skip
def test_what_decides_about_joining_is_told_now(kind: str) -> None:
    assert RULES[kind].rank is Rank.TELL_NOW


@pytest.mark.parametrize("kind", ["site_opened", "site_closed", "site_added", "status", "status_unknown", "enrollment"])
def test_what_can_wait_goes_into_the_digest(kind: str) -> None:
    assert RULES[kind].rank is Rank.DIGEST


def test_the_most_important_change_comes_first() -> None:
    new = replace(BASE, status="TERMINATED", brief_title="Other", enrollment=100, sex="MALE", why_stopped="Money")

    assert kinds(new) == ["status_terminated", "sex", "why_stopped", "enrollment", "brief_title"]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("NOT_YET_RECRUITING", "RECRUITING", "status_opened"),
        ("SUSPENDED", "RECRUITING", "status_opened"),
        ("UNKNOWN", "RECRUITING", "status_opened"),
        ("NOT_YET_RECRUITING", "COMPLETED", "status_closed"),
        ("ACTIVE_NOT_RECRUITING", "COMPLETED", "status"),
        ("ACTIVE_NOT_RECRUITING", "TERMINATED", "status_terminated"),
        ("ACTIVE_NOT_RECRUITING", "UNKNOWN", "status_unknown"),
        ("UNKNOWN", "COMPLETED", "status"),
        ("AVAILABLE", "APPROVED_FOR_MARKETING", "status_closed"),
        ("AVAILABLE", "TEMPORARILY_NOT_AVAILABLE", "status_suspended"),
        ("NO_LONGER_AVAILABLE", "AVAILABLE", "status_opened"),
    ],
)
def test_a_status_means_what_it_means_for_joining(old: str, new: str, kind: str) -> None:
    assert kinds(replace(BASE, status=new, sites=()), replace(BASE, status=old, sites=())) == [kind]


MODULES = ("eligibilityModule", "designModule", "armsInterventionsModule", "outcomesModule", "contactsLocationsModule",
           "sponsorCollaboratorsModule", "descriptionModule", "conditionsModule")  # fmt: skip


def test_modules_that_are_not_served_are_unknown() -> None:
    thin = TrialRecord(
        nct_id=BASE.nct_id, status="RECRUITING", brief_title=BASE.brief_title, official_title=BASE.official_title,
        has_expanded_access=False, start=BASE.start, missing=MODULES,
    )  # fmt: skip

    assert kinds(thin) == []
    assert kinds(BASE, replace(thin, missing=())) == ["minimum_age", "maximum_age", "collaborators"]


def test_modules_served_again_bring_no_news() -> None:
    full = replace(BASE, minimum_age="", maximum_age="", collaborators=())
    thin = TrialRecord(nct_id=BASE.nct_id, status="RECRUITING", brief_title=BASE.brief_title, missing=MODULES)

    assert kinds(full, thin) == []


def test_a_record_unveiled_is_one_event() -> None:
    withheld = TrialRecord(
        nct_id=BASE.nct_id, status="WITHHELD", brief_title="[Trial of device that is not approved]",
        lead_sponsor=Sponsor("[Redacted]"), missing=("eligibilityModule", "designModule"),
    )  # fmt: skip

    [unveiled] = detect(withheld, BASE)
    [veiled] = detect(BASE, withheld)

    assert (unveiled.kind, unveiled.rank) == ("unveiled", Rank.TELL_NOW)
    assert veiled.kind == "veiled"
    assert apply_changes(watched(withheld), [unveiled]) == watched(BASE)


def test_criteria_are_compared_one_by_one() -> None:
    text = criteria("18 years", "16 years").replace("* Known HER2- disease", "* Pregnancy")

    [change] = detect(BASE, replace(BASE, eligibility=text))

    assert change.old == {
        "removed": [{"list": "exclusion", "text": "Known HER2- disease"}],
        "edited": [{"list": "inclusion", "text": "Age 18 years or older"}],
    }
    assert change.new == {
        "added": [{"list": "exclusion", "text": "Pregnancy"}],
        "edited": [{"list": "inclusion", "text": "Age 16 years or older"}],
    }


def test_a_change_is_plain_json() -> None:
    new = replace(BASE, **{name: value for edit, _ in CHANGES.values() for name, value in edit.items()})

    for change in detect(BASE, new):
        assert msgspec.json.decode(msgspec.json.encode(change), type=Change) == change
