"""One trial that has a value in every watched field, for tests that change one of them."""

from typing import Any

import msgspec

from trials.changes import detect
from trials.records import Arm, Intervention, Outcome, RecordDate, Site, Sponsor, TrialRecord

replace = msgspec.structs.replace

BETHESDA = Site("NIH Clinical Center", "RECRUITING", "Bethesda", "Maryland", "20892", "United States", 38.98, -77.09)
BEIJING = Site("Chinese PLA General Hospital", "RECRUITING", "Beijing", "", "100853", "China")
NAMELESS = Site("Research Site", "RECRUITING", "Boston", "Massachusetts", "02114", "United States")
CRITERIA = """Inclusion Criteria:

* Age 18 years or older
* Histologically confirmed adenocarcinoma
* ECOG performance status \\<= 1

Exclusion Criteria:

* Prior treatment with cisplatin
* Known HER2- disease
"""
FIRST, SECOND = "* Age 18 years or older\n", "* Histologically confirmed adenocarcinoma\n"
SURVIVAL = Outcome("Overall survival", "", "24 months")
HARM = Outcome("Serious side effects", "", "28 days")
BASE = TrialRecord(
    nct_id="NCT99000001",
    status="RECRUITING",
    brief_title="A Study of Engineered Cells in Stomach Cancer",
    official_title="A Phase 1 Study of Engineered Cells in Advanced Gastric Cancer",
    has_expanded_access=False,
    start=RecordDate("2026-01-15", "ACTUAL"),
    primary_completion=RecordDate("2027-06", "ESTIMATED"),
    completion=RecordDate("2027-10", "ESTIMATED"),
    lead_sponsor=Sponsor("Example University"),
    collaborators=(Sponsor("Example Foundation"),),
    brief_summary="This study tests whether engineered cells are safe for people with stomach cancer.",
    conditions=("Stomach Cancer", "Gastric Adenocarcinoma"),
    study_type="INTERVENTIONAL",
    phases=("PHASE1",),
    masking="NONE",
    enrollment=40,
    enrollment_type="ESTIMATED",
    arms=(Arm("Dose level A", "EXPERIMENTAL", "Low dose"), Arm("Standard care", "ACTIVE_COMPARATOR", "Usual care")),
    interventions=(Intervention("DRUG", "Cisplatin"), Intervention("BIOLOGICAL", "Engineered cells 100 mg")),
    primary_outcomes=(SURVIVAL, HARM),
    eligibility=CRITERIA,
    healthy_volunteers=False,
    sex="ALL",
    minimum_age="18 Years",
    maximum_age="75 Years",
    sites=(BETHESDA, BEIJING, NAMELESS),
)


def kinds(new: TrialRecord, old: TrialRecord = BASE) -> list[str]:
    return [change.kind for change in detect(old, new)]


def criteria(old: str, new: str) -> str:
    assert old in CRITERIA
    return CRITERIA.replace(old, new)


def sites(**edit: Any) -> tuple[Site, ...]:
    return (replace(BETHESDA, **edit), BEIJING, NAMELESS)
