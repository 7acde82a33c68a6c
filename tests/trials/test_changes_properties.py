"""Laws that hold for any record: noise is no change, and changes lead from the old record to the new one."""

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.real_records import is_absent, needs_records, studies
from tests.trials.base_record import BASE, replace
from tests.trials.essence import essence
from trials.changes import detect
from trials.records import COUNTRY_ALIASES, Site, TrialRecord, parse
from trials.watched import apply_changes, watched

relaxed = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
real_studies = st.sampled_from(range(1 if is_absent() else len(studies()))).map(lambda i: studies()[i])

ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "<>[]^~"})
UNESCAPED = ("\\>", "\\<", "\\[", "\\]", "\\^", "\\~")
MARKUP = (("descriptionModule", "briefSummary"), ("eligibilityModule", "eligibilityCriteria"),
          ("statusModule", "whyStopped"))  # fmt: skip


def shuffled(value: Any, chance: random.Random) -> Any:
    """Every list of the study in another order, every object's keys too."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    if isinstance(value, list):
        items = [shuffled(item, chance) for item in value]
        chance.shuffle(items)
        return items
    return value


def reescaped(study: dict[str, Any]) -> dict[str, Any]:
    study = copy.deepcopy(study)
    for module, key in MARKUP:
        part = study["protocolSection"].get(module, {})
        if text := part.get(key):
            for escape in UNESCAPED:
                text = text.replace(escape, escape[1])
            part[key] = text.translate(ESCAPED).replace(" ", "  ")
    return study


def renamed_countries(study: dict[str, Any]) -> dict[str, Any]:
    study = copy.deepcopy(study)
    older = {new: old for old, new in COUNTRY_ALIASES.items()}
    for site in study["protocolSection"].get("contactsLocationsModule", {}).get("locations", []):
        site["country"] = older.get(site.get("country"), site.get("country"))
    return study


def another_release(study: dict[str, Any]) -> dict[str, Any]:
    study = copy.deepcopy(study)
    study.setdefault("derivedSection", {}).setdefault("miscInfoModule", {})["versionHolder"] = "2030-01-01"
    study["derivedSection"]["conditionBrowseModule"] = {"meshes": [{"id": "D1", "term": "Other"}]}
    return study


@needs_records
@relaxed
@given(study=real_studies, seed=st.integers())
def test_shuffled_lists_are_no_change(study: dict[str, Any], seed: int) -> None:
    assert detect(parse(study), parse(shuffled(study, random.Random(seed)))) == []


@needs_records
@pytest.mark.parametrize("noise", [reescaped, renamed_countries, another_release, copy.deepcopy])
def test_noise_in_any_real_record_is_no_change(noise: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    noisy = [study for study in studies() if detect(parse(study), parse(noise(study)))]

    assert noisy == []


@needs_records
@relaxed
@given(one=real_studies, other=real_studies)
def test_changes_of_any_record_into_any_other_reproduce_it(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two unrelated studies are the hardest pair: everything differs."""
    old, new = parse(one), parse(other)

    after = apply_changes(watched(old), detect(old, new))

    assert detect_fields(after, watched(new), old) == set()


def detect_fields(after: dict[str, Any], wanted: dict[str, Any], old: TrialRecord) -> set[str]:
    """Watched fields that differ, but for what the registry did not serve on one of the two sides."""
    was = watched(old)
    empty: tuple[Any, ...] = (None, "", [], {})
    return {
        field
        for field, value in wanted.items()
        if field in was and value not in empty and was[field] not in empty
        and field not in TOLERANT and said(after[field]) != said(value)
    }  # fmt: skip


def said(value: Any) -> Any:
    """Whether a count is planned or actual is no change by itself where the older record did not say."""
    return value["count"] if isinstance(value, dict) and "count" in value else essence(value)


TOLERANT = {"sites", "arms", "interventions", "primary_outcomes", "eligibility", "masking", "expanded_access",
            "results", "start", "primary_completion", "completion", "why_stopped"}  # fmt: skip
"""Slips, renamed sites, relabelled masking and dates made more precise are no change, so they are not reproduced; the
synthetic edits below reproduce them exactly."""

words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12)
statuses = st.sampled_from(["RECRUITING", "NOT_YET_RECRUITING", "COMPLETED", "ACTIVE_NOT_RECRUITING"])
site_lists = st.lists(
    st.builds(lambda name, city, status: Site(f"{name} hospital", status, city, "", "", "France"), words, words, statuses),
    min_size=1, max_size=60, unique_by=lambda site: (site.facility, site.city),
).map(tuple)  # fmt: skip
criteria_texts = st.lists(words, min_size=1, max_size=8, unique=True).map(
    lambda items: "Inclusion Criteria:\n\n" + "".join(f"* {i} years of {word}\n" for i, word in enumerate(items))
)
edits = st.fixed_dictionaries(
    {},
    optional={
        "status": statuses,
        "enrollment": st.integers(0, 10**6),
        "phases": st.sets(st.sampled_from(["PHASE1", "PHASE2", "PHASE3"]), min_size=1).map(tuple),
        "minimum_age": st.sampled_from(["", "1 Year", "18 Years", "6 Months"]),
        "maximum_age": st.sampled_from(["", "65 Years", "75 Years"]),
        "sex": st.sampled_from(["ALL", "FEMALE", "MALE"]),
        "healthy_volunteers": st.booleans(),
        "sites": site_lists,
        "eligibility": criteria_texts,
        "brief_title": st.integers().map(lambda number: f"Study {number}"),
    },
)


@relaxed
@given(first=edits, second=edits)
def test_applying_the_changes_reproduces_the_new_record(first: dict[str, Any], second: dict[str, Any]) -> None:
    old, new = replace(BASE, **first), replace(BASE, **second)

    after = apply_changes(watched(old), detect(old, new))

    renamed = {"sites"} if has_renamed_sites(old, new) else set()
    for field, value in watched(new).items():
        if field not in renamed:
            assert essence(after[field]) == essence(value)


def has_renamed_sites(old: TrialRecord, new: TrialRecord) -> bool:
    """A hospital whose name only slipped, or one in the same town with a similar name, counts as the same site."""
    return bool({site.city for site in old.sites} & {site.city for site in new.sites}) and old.sites != new.sites


@relaxed
@given(first=edits, second=edits)
def test_fields_are_unique_and_kinds_ordered_by_rank(first: dict[str, Any], second: dict[str, Any]) -> None:
    changes = detect(replace(BASE, **first), replace(BASE, **second))

    assert len({change.field for change in changes}) == len(changes)
    assert [change.rank for change in changes] == sorted((change.rank for change in changes), reverse=True)
    assert all(len(change.field) <= 200 for change in changes)


Edit = Callable[[dict[str, Any]], None]


def put(module: str, key: str, value: Any) -> Edit:
    def edit(protocol: dict[str, Any]) -> None:
        protocol.setdefault(module, {})[key] = value

    return edit


def on_text(module: str, key: str, change: Callable[[str], str]) -> Edit:
    def edit(protocol: dict[str, Any]) -> None:
        protocol[module][key] = change(protocol[module][key])

    return edit


def on_list(module: str, key: str, change: Callable[[list[Any]], Any]) -> Edit:
    def edit(protocol: dict[str, Any]) -> None:
        change(protocol[module][key])

    return edit


def grown(factor: float) -> Edit:
    def edit(protocol: dict[str, Any]) -> None:
        info = protocol["designModule"]["enrollmentInfo"]
        info["count"] = int(info["count"] * factor)

    return edit


STATUS, DESIGN, ELIGIBILITY = "statusModule", "designModule", "eligibilityModule"
ARMS, OUTCOMES, PLACES = "armsInterventionsModule", "outcomesModule", "contactsLocationsModule"
NEW_SITE = {"facility": "Hospital of Nowhere", "city": "Nowhere", "country": "Iceland"}
# ruff: noqa: E501
SYNTHETIC: list[tuple[str, Callable[[TrialRecord], Any], Edit, str]] = [
    ("terminated", lambda r: r.status == "RECRUITING", put(STATUS, "overallStatus", "TERMINATED"), "status_terminated"),
    ("suspended", lambda r: r.status == "RECRUITING", put(STATUS, "overallStatus", "SUSPENDED"), "status_suspended"),
    ("closed", lambda r: r.status == "RECRUITING", put(STATUS, "overallStatus", "ACTIVE_NOT_RECRUITING"), "status_closed"),
    ("unknown", lambda r: r.status == "RECRUITING", put(STATUS, "overallStatus", "UNKNOWN"), "status_unknown"),
    ("opened", lambda r: r.status == "NOT_YET_RECRUITING", put(STATUS, "overallStatus", "RECRUITING"), "status_opened"),
    ("withdrawn", lambda r: r.status == "NOT_YET_RECRUITING", put(STATUS, "overallStatus", "WITHDRAWN"), "status_withdrawn"),
    ("verified", lambda r: True, put(STATUS, "statusVerifiedDate", "2030-01"), ""),
    ("post date", lambda r: True, put(STATUS, "lastUpdatePostDateStruct", {"date": "2030-01-01"}), ""),
    ("reason", lambda r: r.why_stopped, put(STATUS, "whyStopped", "The drug ran out in 12 of 14 hospitals"), "why_stopped"),
    ("results", lambda r: not r.has_results, put(STATUS, "resultsFirstPostDateStruct", {"date": "2030-01-01"}), "results_posted"),
    ("end moved", lambda r: r.completion and r.completion.type == "ESTIMATED" and r.status != "WITHDRAWN",
     put(STATUS, "completionDateStruct", {"date": "2045-01", "type": "ESTIMATED"}), "completion_moved"),
    ("access", lambda r: r.has_expanded_access is False, put(STATUS, "expandedAccessInfo", {"hasExpandedAccess": True}), "expanded_access"),
    ("enrollment x 2", lambda r: (r.enrollment or 0) > 20, grown(2), "enrollment"),
    ("enrollment + 10 %", lambda r: (r.enrollment or 0) > 20, grown(1.1), "enrollment_adjusted"),
    ("phase", lambda r: r.phases == ("PHASE2",), put(DESIGN, "phases", ["PHASE2", "PHASE3"]), "phase"),
    ("lowest age", lambda r: r.minimum_age == "18 Years", put(ELIGIBILITY, "minimumAge", "12 Years"), "minimum_age"),
    ("lowest age in months", lambda r: r.minimum_age == "18 Years", put(ELIGIBILITY, "minimumAge", "216 Months"), ""),
    ("highest age", lambda r: not r.maximum_age, put(ELIGIBILITY, "maximumAge", "80 Years"), "maximum_age"),
    ("sex", lambda r: r.sex == "ALL", put(ELIGIBILITY, "sex", "FEMALE"), "sex"),
    ("volunteers", lambda r: r.healthy_volunteers is False, put(ELIGIBILITY, "healthyVolunteers", True), "healthy_volunteers"),
    ("criterion", lambda r: r.eligibility, on_text(ELIGIBILITY, "eligibilityCriteria", lambda t: t + "\n* Weight under 45 kg\n"), "eligibility"),
    ("sponsor", lambda r: r.lead_sponsor, put("sponsorCollaboratorsModule", "leadSponsor", {"name": "Plain Pharma 9"}), "sponsor"),
    ("title", lambda r: True, put("identificationModule", "briefTitle", "Seventy Words About Nothing"), "brief_title"),
    ("summary", lambda r: r.brief_summary, on_text("descriptionModule", "briefSummary", lambda t: t + " 12 more people will join later."), "brief_summary"),
    ("condition", lambda r: r.conditions, on_list("conditionsModule", "conditions", lambda c: c.append("Rare Disease X")), "conditions"),
    ("arm", lambda r: r.arms, on_list(ARMS, "armGroups", lambda a: a.append({"label": "Zebra group"})), "arm_added"),
    ("intervention", lambda r: r.interventions, on_list(ARMS, "interventions", lambda i: i.append({"type": "DRUG", "name": "Zebrastat"})), "intervention_added"),
    ("outcome", lambda r: r.primary_outcomes, on_list(OUTCOMES, "primaryOutcomes", lambda o: o.append({"measure": "Zebra count"})), "outcome_added"),
    ("site", lambda r: r.sites, on_list(PLACES, "locations", lambda s: s.append(dict(NEW_SITE))), "site_added"),
    ("first site gone", lambda r: len({(s.city, s.country) for s in r.sites}) == len(r.sites) > 2 and all(s.city for s in r.sites),
     on_list(PLACES, "locations", lambda s: s.pop(0)), "site_removed"),
    ("site closes", lambda r: r.sites and r.status == "RECRUITING" and r.sites[0].status == "RECRUITING",
     on_list(PLACES, "locations", lambda s: s[0].update(status="SUSPENDED")), "site_closed"),
    ("contacts gone", lambda r: r.central_contacts, on_list(PLACES, "centralContacts", lambda c: c.clear()), ""),
]  # fmt: skip


@needs_records
@pytest.mark.parametrize(
    ("fits", "edit", "kind"), [case[1:] for case in SYNTHETIC], ids=[case[0] for case in SYNTHETIC]
)
def test_one_edit_of_a_real_record_is_one_change(fits: Callable[[TrialRecord], Any], edit: Edit, kind: str) -> None:
    chosen = [study for study in studies() if fits(parse(study))][:15]
    assert chosen
    for study in chosen:
        new_study = copy.deepcopy(study)
        edit(new_study["protocolSection"])
        old, new = parse(study), parse(new_study)

        changes = detect(old, new)

        assert [change.kind for change in changes] == [kind] * bool(kind), old.nct_id
        after = apply_changes(watched(old), changes) if kind else watched(new)
        assert essence({**after, "why_stopped": None}) == essence({**watched(new), "why_stopped": None}), old.nct_id
