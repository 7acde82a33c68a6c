"""Every oddity that real records have, on the page: shown once on a record of ours, then on the real ones.

odd_features.json beside the real records names the oddities and where they occur; `SHOWN` has a check for each.
"""

import gzip
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.test import Client

from tests.factories import TrialFactory, study
from tests.real_records import needs_records, records_dir, studies
from tests.trials.test_trial_page import words
from trials import vocabulary
from trials.markdown import shown
from trials.masking import masked
from trials.models import Trial, TrialAlias
from trials.records import TrialRecord, parse
from trials.text import unescape

pytestmark = pytest.mark.django_db
_IDENTITY = {"identificationModule": {"nctId": "NCT99000001"}}
BARE = {"protocolSection": {**_IDENTITY, "statusModule": {"overallStatus": "COMPLETED"}}}


class Page(NamedTuple):
    record: TrialRecord
    html: str

    @property
    def text(self) -> str:
        return words(self.html)

    def section(self, name: str) -> str:
        found = re.search(rf'<section id="{name}".*?</section>', self.html, re.DOTALL)
        return found[0] if found else ""

    def labels(self) -> list[str]:
        return re.findall(r'<li class="(?:past|now|next)"><b>(.*?)</b>', self.section("when"))


Check = Callable[[Page], bool]


def status(value: str, **more: Any) -> dict[str, Any]:
    return study(statusModule={"overallStatus": value, **more})


def design(**keys: Any) -> dict[str, Any]:
    return study(designModule=keys)


def rules(text: str, **more: Any) -> dict[str, Any]:
    return study(eligibilityModule={"eligibilityCriteria": text, **more})


def without(module: str, *keys: str) -> dict[str, Any]:
    raw = study()
    for key in keys:
        raw["protocolSection"][module].pop(key, None)
    return raw


def sites(*rows: dict[str, Any]) -> dict[str, Any]:
    return study(contactsLocationsModule={"locations": list(rows)})


def letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def says(*parts: str) -> Check:
    return lambda page: all(part in page.text for part in parts)


def whole_rules(page: Page) -> bool:
    """Not a letter of the registrant's rules is lost, and no markdown escape is left."""
    here = words(page.section("who"))
    is_whole = letters(masked(shown(page.record.eligibility))) in letters(here)
    return is_whole and not re.search(r"\\\\[<>=*]", here)


def start_as_precise_as_given(page: Page) -> bool:
    start = page.record.start
    assert start
    return f'</b> <time datetime="{start.date}">{vocabulary.date_label(start.date)}<' in page.html


def start_not_called_planned(page: Page) -> bool:
    row = re.search(r"<b>Start(?:ed)?</b>.*?</li>", page.section("when"))
    return row is not None and "planned" not in row[0]


def aliases_lead_here(page: Page) -> bool:
    trial = Trial.objects.get(nct_id=page.record.nct_id)
    for alias in page.record.aliases:
        TrialAlias.objects.create(alias=alias, trial=trial)
    answers = [Client().get(f"/trials/{alias}/") for alias in page.record.aliases]
    return bool(answers) and all((a.status_code, a["Location"]) == (301, f"/trials/{trial.nct_id}/") for a in answers)


def many_sites(page: Page) -> bool:
    count = len(page.record.sites)
    is_light = len(gzip.compress(page.html.encode(), 6)) < 70_000
    return is_light and f"Show the other {count - 10} of {count} sites" in page.text


def sites_without_name(page: Page) -> bool:
    return page.html.count("<b>A site without a name</b>") == sum(not site.facility for site in page.record.sites)


def sites_without_point(page: Page) -> bool:
    """Each site is in the list, whether or not the map can have it."""
    return len(re.findall(r'<li class="place"><b>', page.section("contacts").split("<h3>Locations")[1])) == len(
        page.record.sites
    )


def phases_marked(page: Page) -> bool:
    return page.html.count('aria-current="step"') == 2


def documents_linked(page: Page) -> bool:
    return all(document.filename in page.section("behind") for document in page.record.documents)


def treatments_named(page: Page) -> bool:
    return all(shown(treatment.name) in page.text for treatment in page.record.interventions)


def removed_named(page: Page) -> bool:
    return all(unescape(country) in page.section("contacts") for country in page.record.removed_countries)


def expanded_access_linked(page: Page) -> bool:
    other = page.record.expanded_access_nct_id
    return "through expanded access" in page.text and (not other or f'href="/trials/{other}/"' in page.html)


def ages_in_their_own_units(page: Page) -> bool:
    stated = [age for age in (page.record.minimum_age, page.record.maximum_age) if age]
    numbers = re.findall(r"<b>Ages</b> ([^<]*)<", page.html)
    return bool(stated) and all(re.match(r"\d+", age)[0] in numbers[0] for age in stated)  # type: ignore[index]


def nested(page: Page) -> bool:
    has_list_in_list = re.search(r"<li[^>]*>(?:(?!</li>).)*<[uo]l", page.section("who"), re.DOTALL)
    return bool(has_list_in_list) and whole_rules(page)


def entities_read(page: Page) -> bool:
    return not re.search(r"&amp;(?:[a-z]{2,8}|#\d{2,5});", page.html)


def same_title(page: Page) -> bool:
    return unescape(page.record.brief_title) in page.text


def late(page: Page) -> bool:
    """The banner stands where the main measurements were due to end in the past."""
    due = page.record.primary_completion
    is_late = due is not None and due.date[:4] < "2026"
    return not is_late or "The record still says recruiting, though its main measurements were due to end" in page.text


def listed_once(page: Page) -> bool:
    row = re.search(r"<b>Listed in the registry</b>.*?</li>", page.section("when"))
    return row is not None and vocabulary.date_label(page.record.first_posted) in row[0] and "planned" not in row[0]


def terms_word_for_word(page: Page) -> bool:
    listed = page.section("conditions")
    return all(f"<li>{term}</li>" in unescape(listed) for term in map(unescape, page.record.conditions))


_ESCAPED = "Inclusion Criteria:\n\n* HbA1c \\>= 7 % and age \\< 80\n\nExclusion Criteria:\n\n* BMI \\> 40"
_NESTED = "Inclusion Criteria:\n\n* One of:\n  * asthma\n  * hay fever\n\nExclusion Criteria:\n\n* Smoking"
_NUMBERED = "Inclusion Criteria:\n\n1. Works nights\n2. Drinks tea\n\nExclusion Criteria:\n\n1. Allergy to tea"
_MANY = [{"facility": f"Hospital {n}", "city": "Boston", "country": "United States"} for n in range(437)]
_POINT = {"facility": "B", "city": "Rome", "country": "Italy", "geoPoint": {"lat": 41.9, "lon": 12.5}}
_CAR_T = {"interventions": [{"type": "BIOLOGICAL", "name": "CD19 CAR-T cells"}], "armGroups": []}

SHOWN: dict[str, tuple[dict[str, Any], Check]] = {
    "partial_start_date": (status("COMPLETED", startDateStruct={"date": "2019-03"}), start_as_precise_as_given),
    "start_date_no_type": (status("COMPLETED", startDateStruct={"date": "2019-03"}), start_not_called_planned),
    "no_start_date": (without("statusModule", "startDateStruct"), lambda p: not {"Start", "Started"} & set(p.labels())),
    "no_completion_date": (
        without("statusModule", "completionDateStruct"), lambda p: not {"End", "Ended"} & set(p.labels())
    ),
    "withdrawn": (status("WITHDRAWN"), says("Called off before anyone joined", "Nobody can join it.")),
    "suspended": (status("SUSPENDED"), says("Paused, and may start again", "This trial is paused.")),
    "terminated": (status("TERMINATED"), says("Stopped early, and will not start again", "Nobody can join it.")),
    "unknown_status": (status("UNKNOWN"), says("Nobody has confirmed", "Ask before you make plans.")),
    "by_invitation": (status("ENROLLING_BY_INVITATION"), says("Only people whom the team invites can join.")),
    "observational": (design(studyType="OBSERVATIONAL", phases=[]), says("researchers watch and measure")),
    "patient_registry": (
        design(studyType="OBSERVATIONAL", phases=[], patientRegistry=True, targetDuration="2 Years"),
        says("A patient registry"),
    ),
    "no_locations": (sites(), says("Where The record lists no site", "The record lists no site.")),
    "gt100_locations": (sites(*_MANY), many_sites),
    "location_without_facility": (sites({"city": "Rome", "country": "Italy"}, _POINT), sites_without_name),
    "location_without_geopoint": (sites({"facility": "A", "country": "Spain"}, _POINT), sites_without_point),
    "two_phases": (design(phases=["PHASE1", "PHASE2"]), phases_marked),
    "phase_NA": (design(phases=["NA"]), says("No phase: ")),
    "no_phases_key": (without("designModule", "phases"), lambda p: 'class="no-phase"' in p.html),
    "nct_aliases": (study(identificationModule={"nctIdAliases": ["NCT00000001"]}), aliases_lead_here),
    "no_official_title": (study(), lambda p: p.html.count("<h1") == 1 and "<strong></strong>" not in p.html),
    "has_results": ({**study(), "hasResults": True}, says("Posted in the registry")),
    "annotation": (
        {**study(), "annotationSection": {"annotationModule": {"unpostedAnnotation": {"unpostedEvents": []}}}},
        lambda p: "nposted" not in p.html and "Results None posted yet" in p.text,
    ),
    "documents": (
        {**study(), "documentSection": {"largeDocumentModule": {"largeDocs": [
            {"label": "Study Protocol", "filename": "Prot_000.pdf", "date": "2024-01-05"}]}}},
        documents_linked,
    ),
    "removed_countries": (
        {**study(), "derivedSection": {"miscInfoModule": {"removedCountries": ["Canada", "Spain"]}}}, removed_named
    ),
    "expanded_access_link": (
        status("RECRUITING", expandedAccessInfo={"hasExpandedAccess": True, "nctId": "NCT99000018"}),
        expanded_access_linked,
    ),
    "enrollment_zero": (
        study(statusModule={"overallStatus": "WITHDRAWN"}, designModule={"enrollmentInfo": {"count": 0}}),
        says("People Nobody joined"),
    ),
    "no_enrollment": (without("designModule", "enrollmentInfo"), says("People The record does not say")),
    "no_max_age": (study(), lambda p: re.search(r"Ages (?:\d+ \w+ and older|Any age)", p.text) is not None),
    "age_in_months_or_days": (
        study(eligibilityModule={"minimumAge": "6 Months", "maximumAge": "30 Months"}), ages_in_their_own_units
    ),
    "elig_no_headers": (rules("* Works nights\n* No allergy to tea"), whole_rules),
    "elig_escaped_gt_lt": (rules(_ESCAPED), whole_rules),
    "elig_nested_list": (rules(_NESTED), nested),
    "elig_numbered": (rules(_NUMBERED), whole_rules),
    "html_entity_in_text": (rules("Heart rate \\&#8805; 100 &amp; more &lt; 140"), entities_read),
    "mojibake_fffd": (study(identificationModule={"briefTitle": "Caf\ufffd au lait and sleep"}), same_title),
    "cjk": (study(identificationModule={"briefTitle": "変形性膝関節症 and tea (緑茶)"}), same_title),
    "no_interventions": (study(armsInterventionsModule={"interventions": []}),
                         lambda p: "What is given or done" not in p.text),
    "no_detailed_description": (study(), lambda p: "None" not in words(p.section("what")) and "<p></p>" not in p.html),
    "cart": (study(armsInterventionsModule=_CAR_T), treatments_named),
    "oncology_mesh": (study(conditionsModule={"conditions": ["Tumors, Solid", "SCLC"]}), terms_word_for_word),
    "recruiting_but_completion_past": (
        status("RECRUITING", primaryCompletionDateStruct={"date": "2019-01"}, completionDateStruct={"date": "2019-02"}),
        late,
    ),
    "post_date_estimated": (
        status("COMPLETED", studyFirstPostDateStruct={"date": "2005-09-12", "type": "ESTIMATED"}), listed_once
    ),
}  # fmt: skip


def page_of(client: Client, raw: dict[str, Any]) -> Page:
    record = parse(raw)
    trial = TrialFactory(
        nct_id=record.nct_id, brief_title=record.brief_title, status=record.status, study_type=record.study_type,
        document=raw,
    )  # fmt: skip
    response = client.get(trial.get_absolute_url())
    assert response.status_code == 200
    return Page(record, response.content.decode())


@pytest.mark.parametrize("feature", SHOWN)
def test_a_record_of_ours_shows_it(client: Client, feature: str) -> None:
    raw, is_shown = SHOWN[feature]
    page = page_of(client, raw)
    assert is_shown(page), feature
    assert ">None<" not in page.html


@pytest.mark.parametrize("feature", [name for name in SHOWN if name not in ("no_official_title", "no_max_age")])
def test_a_check_fails_where_the_oddity_is_not_there(client: Client, feature: str) -> None:
    """Else it could not fail at all: a bare record shows next to nothing."""
    if feature in SATISFIED_BY_NOTHING:
        assert SHOWN[feature][1](page_of(client, BARE))
    else:
        with pytest.raises((AssertionError, IndexError)):
            assert SHOWN[feature][1](page_of(client, BARE))


SATISFIED_BY_NOTHING = {
    "no_start_date", "no_completion_date", "no_locations", "no_phases_key", "no_enrollment", "no_interventions",
    "no_detailed_description", "html_entity_in_text", "location_without_facility", "location_without_geopoint",
    "documents", "removed_countries", "annotation", "cart", "oncology_mesh", "recruiting_but_completion_past",
    "elig_no_headers", "elig_escaped_gt_lt", "elig_numbered", "mojibake_fffd", "cjk",
}  # fmt: skip
"""What asks for an absence, or for all of a list, holds for a record without anything."""


@needs_records
def test_every_oddity_has_its_check() -> None:
    assert set(_named()) == set(SHOWN)


@needs_records
@pytest.mark.parametrize("feature", SHOWN)
def test_the_real_records_show_it(client: Client, feature: str) -> None:
    wanted = set(_named()[feature])
    pages = [page_of(client, raw) for raw in studies() if parse(raw).nct_id in wanted]
    assert len(pages) == len(wanted)
    assert [page.record.nct_id for page in pages if not SHOWN[feature][1](page)] == []


def _named() -> dict[str, list[str]]:
    named: dict[str, list[str]] = json.loads((records_dir() / "odd_features.json").read_text())
    return named
