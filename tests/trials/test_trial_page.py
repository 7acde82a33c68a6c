"""Every element of a trial page, from data. The page is read as a visitor's program reads it."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.test import Client

from explainers import publishing
from explainers.models import Category, Explainer, ExplainerVersion, PlainSummary, TrialMention
from explainers.models.known_words import known_words
from tests.explainers.factories import TEXT, UserFactory, published_summary
from tests.factories import ConditionFactory, SyncRunFactory, TrialChangeFactory, TrialFactory, study
from trials.models import Trial, TrialAlias, TrialCondition
from trials.pages import story
from trials.records import Arm, Intervention, TrialRecord

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)
PHONE, EMAIL = "+1-555-0100", "ada@example.org"


class _Words(HTMLParser):
    """The words that a reader gets, without those of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._silent = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.out.append(data)


def words(html: str) -> str:
    parser = _Words()
    parser.feed(html)
    return re.sub(r"\s+", " ", " ".join(parser.out))


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def page(client: Client, trial: Trial, status: int = 200) -> str:
    response = client.get(f"/trials/{trial.nct_id}/")
    assert response.status_code == status
    return response.content.decode()


def trial_of(raw: dict[str, Any], **facts: Any) -> Trial:
    nct_id = raw["protocolSection"]["identificationModule"]["nctId"]
    status = raw["protocolSection"]["statusModule"]["overallStatus"]
    return TrialFactory(nct_id=nct_id, status=status, document=raw, **facts)


def summarised(trial: Trial, is_sample: bool = False, checked_version: int = 1, **texts: str) -> None:
    summary = published_summary(trial, text=replace(TEXT, **texts))
    PlainSummary.objects.filter(pk=summary.pk).update(is_sample=is_sample, checked_version=checked_version)


def explainer_named(title: str, state: str) -> Explainer:
    """As an editor's work leaves it, without the work."""
    category, _ = Category.objects.get_or_create(name="Sleep", slug="sleep")
    author = UserFactory()
    row = Explainer.objects.create(
        title=title, slug=title.lower().replace(" ", "-"), kind="article", category=category, edited_at=NOW
    )
    version = ExplainerVersion.objects.create(
        explainer=row, number=1, revision=0, content={"title": title, "dek": "About tea."}, words=title,
        author=author, author_name="Ann", published_at=NOW,
    )  # fmt: skip
    Explainer.objects.filter(pk=row.pk).update(
        state=state, live=version, first_published_at=NOW, checked_at=NOW, withdrawn_at=NOW, withdrawn_because="Wrong"
    )
    return row


def with_status(status: str, **more: Any) -> Trial:
    return trial_of(study(statusModule={"overallStatus": status, **more}))


def with_sites(*sites: dict[str, Any], contacts: list[dict[str, Any]] | None = None, **status: Any) -> Trial:
    raw = study(
        contactsLocationsModule={"locations": list(sites), "centralContacts": contacts or []}, statusModule=status
    )
    return trial_of(raw)


def test_headline_is_the_registrants_title_without_a_summary(client: Client) -> None:
    html = page(client, trial_of(study()))
    assert "<h1>Green Tea for Tired Nurses</h1>" in html
    assert "<title>Green Tea for Tired Nurses · Plain Trials</title>" in html


def test_headline_is_the_editors_when_there_is_a_published_summary(client: Client) -> None:
    trial = trial_of(study())
    summarised(trial, title="Green tea against tiredness on night shifts")
    assert "<h1>Green tea against tiredness on night shifts</h1>" in page(client, trial)


def test_a_draft_is_not_shown(client: Client) -> None:
    trial = trial_of(study())
    author = UserFactory()
    draft = publishing.start(trial, by=author)
    publishing.save_draft(draft, replace(TEXT, title="Not for readers yet"), by=author)
    assert "Not for readers yet" not in page(client, trial)


def test_id_line_links_to_the_registry(client: Client) -> None:
    html = page(client, trial_of(study()))
    assert 'NCT ID <a href="https://clinicaltrials.gov/study/NCT99000001"' in html


def test_dates_are_the_sites_own_and_the_count_is_absent_at_zero(client: Client) -> None:
    text = words(page(client, trial_of(study())))
    assert "First seen Jun 27, 2026 · Last updated Jun 27, 2026" in text
    assert "Updated 0" not in text
    assert not re.search(r"Updated \d", text)


@pytest.mark.parametrize("version, said", [(2, "Updated 1 time"), (4, "Updated 3 times")])
def test_count_of_updates_links_to_the_changes(client: Client, version: int, said: str) -> None:
    html = page(client, trial_of(study(), version=version))
    assert f'<a href="/trials/NCT99000001/changes/">{said}</a>' in html


def test_status_has_a_word_and_a_shape(client: Client) -> None:
    html = page(client, with_status("TERMINATED"))
    assert re.search(r'<span class="pill stop"><svg[^>]*aria-hidden="true">.*?</svg>Terminated</span>', html)


def test_truth_line_says_who_confirmed_and_when_we_looked(client: Client, clock: Any) -> None:
    trial = trial_of(study())
    looked_at = datetime(2026, 7, 1, 6, 10, tzinfo=UTC)
    SyncRunFactory(started_at=looked_at, finished_at=looked_at)
    text = words(page(client, trial))
    assert "The sponsor last confirmed this in Jun 2026" in text
    assert "We checked the registry on Jul 1, 2026" in text


@pytest.mark.parametrize(
    "verified, tone", [("2026-02", None), ("2026-01", "amber"), ("2024-11", "amber"), ("2024-10", "red")]
)
def test_truth_line_warns_as_the_status_ages(client: Client, clock: Any, verified: str, tone: str | None) -> None:
    html = page(client, with_status("RECRUITING", statusVerifiedDate=verified))
    assert re.search(r'class="truth (\w*)"', html)[1] == (tone or "")  # type: ignore[index]


def test_finished_trials_do_not_age(client: Client, clock: Any) -> None:
    assert 'class="truth "' in page(client, with_status("COMPLETED", statusVerifiedDate="2015-03"))


def test_unknown_status_says_what_it_last_was(client: Client, clock: Any) -> None:
    html = page(client, with_status("UNKNOWN", lastKnownStatus="RECRUITING", statusVerifiedDate="2019-05"))
    assert "The last status it gave was: recruiting." in words(html)
    assert 'class="pill unknown"' in html


def test_banner_when_no_site_recruits_though_the_trial_does(client: Client) -> None:
    assert "none of its listed sites does" in page(client, with_sites({"facility": "A", "status": "COMPLETED"}))


def test_no_banner_when_sites_have_no_status(client: Client) -> None:
    assert "none of its listed sites does" not in page(client, with_sites({"facility": "A"}))


def test_banner_when_the_main_measurements_were_due_to_end(client: Client, clock: Any) -> None:
    trial = with_status("RECRUITING", primaryCompletionDateStruct={"date": "2026-05"})
    assert "though its main measurements were due to end in May 2026" in page(client, trial)


def test_the_banner_names_a_day_as_a_day(client: Client, clock: Any) -> None:
    trial = with_status("RECRUITING", primaryCompletionDateStruct={"date": "2026-05-03"})
    assert "due to end on May 3, 2026." in page(client, trial)


def test_a_day_is_due_on_and_a_month_in(client: Client, clock: Any) -> None:
    trial = with_status("RECRUITING", primaryCompletionDateStruct={"date": "2026-05-31"})
    assert "though its main measurements were due to end on May 31, 2026" in page(client, trial)


def test_no_banner_in_the_month_when_they_are_due(client: Client, clock: Any) -> None:
    trial = with_status("RECRUITING", primaryCompletionDateStruct={"date": "2026-07"})
    assert "measurements were due" not in page(client, trial)


def test_why_stopped_is_quoted(client: Client) -> None:
    html = page(client, with_status("TERMINATED", whyStopped="Slow accrual \\> 2 years"))
    assert "Why it stopped, in the sponsor’s words: “Slow accrual &gt; 2 years”" in html


@pytest.mark.parametrize("status, said", [("SUSPENDED", "Why it is paused"), ("WITHDRAWN", "Why it was called off")])
def test_the_reason_is_named_for_what_happened(client: Client, status: str, said: str) -> None:
    text = words(page(client, with_status(status, whyStopped="No drug")))
    assert f"{said}, in the sponsor’s words: “No drug”" in text
    assert "Why it stopped" not in text


@pytest.mark.parametrize(
    "phases, now",
    [
        (["PHASE1", "PHASE2"], ["Phase 1", "Phase 2"]),
        (["EARLY_PHASE1"], ["Early phase 1"]),
        (["PHASE4"], ["Phase 4"]),
    ],
)
def test_phase_ladder_marks_this_trial(client: Client, phases: list[str], now: list[str]) -> None:
    html = page(client, trial_of(study(designModule={"phases": phases})))
    assert re.findall(r'aria-current="step"><b>(.*?) · this trial', html) == now


@pytest.mark.parametrize(
    "design, said",
    [
        ({"phases": ["NA"]}, "No phase: the sponsor says that phases do not apply"),
        ({"phases": [], "studyType": "OBSERVATIONAL"}, "No phase: researchers watch and measure"),
        ({"phases": [], "studyType": "EXPANDED_ACCESS"}, "This is not a trial."),
        ({"phases": ["PHASE9"]}, "The record does not say which phase"),
    ],
)
def test_no_ladder_where_phases_do_not_apply(client: Client, design: dict[str, Any], said: str) -> None:
    html = page(client, trial_of(study(designModule=design)))
    assert said in words(html)
    assert 'class="phases"' not in html


@pytest.mark.parametrize(
    "kind, said", [("DRUG", "the sponsor says that phases do not apply"), ("DEVICE", "phases are for drugs")]
)
def test_a_drug_trial_without_a_phase_is_not_called_another_kind_of_care(client: Client, kind: str, said: str) -> None:
    tested = {"interventions": [{"type": kind, "name": "X"}]}
    raw = study(designModule={"phases": ["NA"]}, armsInterventionsModule=tested)
    assert f"No phase: {said}" in words(page(client, trial_of(raw)))


def test_summary_what_it_could_mean_and_provenance(client: Client) -> None:
    trial = trial_of(study())
    summarised(
        trial, summary="It tests tea.", active_substance="Green tea", could_lead_to="It could help.",
        could_go_wrong="It may not.", is_sample=True,
    )  # fmt: skip
    html = page(client, trial)
    headings = re.findall(r"<h[23]>(.*?)</h[23]>", html)
    wanted = ["Summary", "What this could mean", "Active substance", "What this could lead to", "What could go wrong"]
    assert [h for h in headings if h in wanted] == wanted
    text = words(html)
    assert "It is not medical advice" in text
    assert "Sample text, not checked by a clinician." in text
    assert "based on version 1 of the record" in text
    assert "In short" not in headings


def test_empty_fields_have_no_heading(client: Client) -> None:
    trial = trial_of(study())
    summarised(trial, active_substance="", could_lead_to="", could_go_wrong="")
    html = page(client, trial)
    assert "What this could mean" not in html
    assert "Active substance" not in html


def test_readers_see_that_the_record_changed_after_the_check(client: Client) -> None:
    trial = trial_of(study(), version=3)
    summarised(trial, checked_version=2)
    assert "after this summary was checked" not in page(client, trial)
    TrialChangeFactory(trial=trial, version=3)
    assert "The record changed on Jun 27, 2026 , after this summary was checked" in words(page(client, trial))


def test_in_short_is_labelled_as_made_by_rule_with_the_registrants_text_below(client: Client) -> None:
    text = words(page(client, trial_of(study())))
    assert text.index("In short") < text.index("Made by rule") < text.index("What the trial’s registrant wrote")


def test_without_a_summary_the_first_screen_says_what_is_tested_and_for_whom(client: Client) -> None:
    text = words(page(client, trial_of(study())))
    assert text.index("It compares green tea with a placebo.") < text.index("Where") < text.index("Get updates")
    assert "This trial is looking for people now." not in text
    assert "This study tests green tea." in text


@pytest.mark.parametrize(
    "contacts, said, unsaid",
    [([{"role": "CONTACT", "phone": "555"}], "Who to call", "See the sites"), ([], "See the sites", "Who to call")],
)
def test_first_screen_offers_a_call_only_where_there_is_somebody_to_call(
    client: Client, contacts: list[dict[str, str]], said: str, unsaid: str
) -> None:
    html = page(client, with_sites({"facility": "A"}, contacts=contacts))
    assert f'<a class="button quiet small" href="#contacts">{said}</a>' in html
    assert unsaid not in html


def test_first_screen_offers_neither_sites_nor_calls_where_the_record_has_none(client: Client) -> None:
    assert 'href="#contacts"' not in page(client, with_sites())


def test_a_trial_is_kept_at_the_top_and_shared_at_the_end(client: Client) -> None:
    html = page(client, trial_of(study()))
    assert html.index("data-keep=") < html.index('id="updates"') < html.index('id="next"') < html.index("data-copy=")
    assert html.count("data-keep=") == 1


def test_disclaimer_is_closed_and_links_to_the_record(client: Client) -> None:
    html = page(client, trial_of(study()))
    disclaimer = re.search(r"<details>\s*<summary>Disclaimer</summary>.*?</details>", html, re.DOTALL)
    assert disclaimer
    assert 'href="https://clinicaltrials.gov/study/NCT99000001" rel="noopener external"' in disclaimer[0]


def test_one_form_follows_the_study_and_the_condition(client: Client) -> None:
    condition = ConditionFactory(name="solid tumors")
    html = page(client, trial_of(study(), subscription_condition=condition))
    form = re.search(r'<form method="post" action="/updates/">.*?</form>', html, re.DOTALL)
    assert form
    for field in (
        'name="trial" value="NCT99000001"',
        'name="condition" value="solid-tumors"',
        'type="email" name="email"',
        'name="follow_trial" value="on" checked',
        'name="follow_condition" value="on" checked',
    ):
        assert field in form[0]
    text = words(form[0])
    assert "a new study for SOLID TUMORS is listed" in text
    assert "you agree to our Terms of use" in text
    assert "Our safety recommendation" in text
    assert "csrf" not in form[0]


def test_form_without_a_condition_promises_none(client: Client) -> None:
    html = page(client, trial_of(study()))
    assert 'name="condition"' not in html
    assert "a new study for" not in html


def test_conditions_are_chips_and_hidden_or_merged_ones_are_not(client: Client) -> None:
    trial = trial_of(study())
    shown = ConditionFactory(name="fatigue")
    hidden = ConditionFactory(name="recurrence", is_hidden=True)
    merged = ConditionFactory(name="tiredness", merged_into=shown)
    for position, condition in enumerate((shown, hidden, merged)):
        TrialCondition.objects.create(trial=trial, condition=condition, position=position)
    html = page(client, trial)
    assert '<li><a href="/conditions/fatigue/">fatigue</a></li>' in html
    assert "recurrence" not in html
    assert "tiredness" not in html.lower().replace("tiredness score", "")


def test_the_way_up_and_the_first_chip_are_the_condition_that_the_form_names(client: Client) -> None:
    followed = ConditionFactory(name="chronic prostatitis")
    trial = trial_of(study(), subscription_condition=followed)
    for position, condition in enumerate((ConditionFactory(name="cystitis"), followed)):
        TrialCondition.objects.create(trial=trial, condition=condition, position=position)
    html = page(client, trial)
    first, second = re.findall(r'<li><a href="/conditions/([\w-]+)/">[\w ]+</a></li>', html)[:2]
    assert (first, second) == ("chronic-prostatitis", "chronic-prostatitis")
    assert html.index(">chronic prostatitis</a></li><li>") < html.index(">cystitis</a></li>")


def test_registrants_terms_are_listed_word_for_word(client: Client) -> None:
    html = page(client, trial_of(study(conditionsModule={"conditions": ["Tumors, Solid", "SCLC"]})))
    listed = html[html.index("As listed by the trial registrant") :]
    assert "<li>Tumors, Solid</li><li>SCLC</li>" in listed


def test_contacts_are_masked_and_not_in_the_html(client: Client) -> None:
    html = page(client, trial_of(study()))
    assert "Study contacts" in html
    assert "•••-•••-••••" in html
    for secret in (PHONE, EMAIL, "Ada Sample", "5550100"):
        assert secret not in html
        assert secret not in unescape(html)


@pytest.mark.parametrize(
    "contact, present, absent",
    [({"phone": PHONE}, "Phone:", "Email:"), ({"email": EMAIL}, "Email:", "Phone:")],
)
def test_a_missing_phone_or_email_drops_its_part(
    client: Client, contact: dict[str, str], present: str, absent: str
) -> None:
    html = page(client, with_sites({"facility": "A"}, contacts=[contact]))
    assert present in html
    assert absent not in html


def test_no_heading_for_no_study_contacts(client: Client) -> None:
    html = page(client, with_sites({"facility": "A"}))
    assert "Study contacts" not in html
    assert "<h3>Locations</h3>" in html
    assert "•" not in html


def test_two_study_contacts_are_two(client: Client) -> None:
    html = page(client, with_sites({"facility": "A"}, contacts=[{"phone": PHONE}, {"email": EMAIL}]))
    assert re.findall(r'value="(study-\d)"', html) == ["study-0", "study-1"]


def test_site_status_only_where_the_registry_gives_one(client: Client) -> None:
    with_one = page(client, with_sites({"facility": "A", "status": "RECRUITING"}))
    assert with_one.count('class="pill open"') == 2
    Trial.objects.all().delete()
    without = page(client, with_sites({"facility": "A"}))
    assert without.count('class="pill open"') == 1


def test_address_skips_what_is_empty(client: Client) -> None:
    html = page(client, with_sites({"facility": "A", "city": "Beijing", "zip": "100853", "country": "China"}))
    assert "<br>Beijing, 100853, China" in html


def test_phone_numbers_in_a_facilitys_name_are_masked(client: Client) -> None:
    html = page(client, with_sites({"facility": "For more information call 1-877-555-0199 or write to x@example.org"}))
    assert "555-0199" not in html
    assert "x@example.org" not in html


def test_first_ten_sites_then_the_others(client: Client) -> None:
    sites = [{"facility": f"Hospital {n:02}", "city": "Boston", "country": "United States"} for n in range(40)]
    html = page(client, with_sites(*sites))
    assert "Show the other 30 of 40 sites" in html
    assert all(f"Hospital {n:02}" in html for n in range(40))


def test_an_unknown_status_claims_neither_two_years_nor_an_open_trial(client: Client) -> None:
    text = words(page(client, with_status("UNKNOWN", statusVerifiedDate="2009-02", lastKnownStatus="COMPLETED")))
    assert "Not confirmed for two years or more" in text
    assert "Nobody has confirmed for two years or more how this trial stands." in text
    assert "still open. Ask" not in text


def test_a_completed_trial_is_not_called_as_planned(client: Client) -> None:
    text = words(page(client, with_status("COMPLETED")))
    assert "Finished, so nobody can join now" in text
    assert "as planned" not in text


def test_not_every_early_trial_is_said_to_look_for_a_dose(client: Client) -> None:
    text = words(page(client, trial_of(study(designModule={"phases": ["PHASE1"]}))))
    assert "Early trials often look for a safe dose." in text


def test_calling_is_explained_when_the_trial_does_not_recruit(client: Client) -> None:
    assert "Nobody can join it now." in page(client, with_status("COMPLETED"))


def test_criteria_are_two_lists_with_the_original_one_click_away(client: Client) -> None:
    text = words(page(client, trial_of(study())))
    assert text.index("You may be able to join if") < text.index("Works nights")
    assert text.index("You cannot join if") < text.index("Allergy to tea")
    assert "The rules as the registrant wrote them" in text
    assert "Ages 18 years and older" in text
    assert "Healthy volunteers Can join" in text


@pytest.mark.parametrize("status", ["COMPLETED", "TERMINATED", "WITHDRAWN"])
def test_the_rules_of_a_trial_that_has_ended_invite_nobody(client: Client, status: str) -> None:
    text = words(page(client, with_status(status)))
    assert text.index("People could join if") < text.index("Works nights")
    assert text.index("People could not join if") < text.index("Allergy to tea")
    assert "Nobody can join any more." in text
    assert "You may be able to join" not in text


@pytest.mark.parametrize(
    "sex, low, said",
    [("MALE", "18 Years", "Men"), ("MALE", "12 Years", "Men and boys"), ("FEMALE", "", "Women and girls")],
)
def test_boys_and_girls_are_named_where_their_age_can_join(client: Client, sex: str, low: str, said: str) -> None:
    trial = trial_of(study(eligibilityModule={"sex": sex, "minimumAge": low, "maximumAge": ""}))
    assert f"<b>Sex</b> {said}</li>" in page(client, trial)


def test_criteria_without_two_lists_are_shown_as_written(client: Client) -> None:
    raw = study(eligibilityModule={"eligibilityCriteria": "Adults with HbA1c \\>= 7 % & no insulin"})
    html = page(client, trial_of(raw))
    assert "HbA1c &gt;= 7 % &amp; no insulin" in html
    assert "You cannot join if" not in html


def test_what_happens_names_groups_comparison_masking_and_goals(client: Client) -> None:
    text = words(page(client, trial_of(study())))
    for said in (
        "The 2 groups",
        "Gets: Green tea",
        "Compared with A placebo, which has no active drug",
        "Tiredness score",
        "Measured: 12 weeks",
        "Groups chosen by chance",
        "120 planned",
        "Sample University",
    ):
        assert said in text, said


def _arms(*arms: tuple[str, str, str]) -> TrialRecord:
    return TrialRecord(
        nct_id="NCT99000001",
        status="RECRUITING",
        arms=tuple(Arm(label, kind, interventions=(f"Drug: {gets}",)) for label, kind, gets in arms),
        interventions=tuple(Intervention("DRUG", gets, arm_labels=(label,)) for label, _, gets in arms),
    )


@pytest.mark.parametrize(
    "arms, said",
    [
        ([("A", "ACTIVE_COMPARATOR", "Tea")], ""),
        ([("A", "ACTIVE_COMPARATOR", "Tea"), ("B", "ACTIVE_COMPARATOR", "Milk")], "Each other: Tea, Milk"),
        ([("A", "ACTIVE_COMPARATOR", "Tea"), ("B", "ACTIVE_COMPARATOR", "Tea")], "The other groups"),
        ([("A", "EXPERIMENTAL", "Tea"), ("B", "ACTIVE_COMPARATOR", "Milk")], "Milk"),
        ([("A", "EXPERIMENTAL", "Tea"), ("B", "ACTIVE_COMPARATOR", "Milk"), ("C", "PLACEBO_COMPARATOR", "Placebo")],
         "A placebo, which has no active drug; Milk"),
        ([("A", "ACTIVE_COMPARATOR", "Tea"), ("B", "PLACEBO_COMPARATOR", "Placebo")],
         "A placebo, which has no active drug"),
        ([("A", "ACTIVE_COMPARATOR", "Tea"), ("B", "NO_INTERVENTION", "Nothing")], "No added treatment"),
        ([("A", "EXPERIMENTAL", "Tea"), ("B", "PLACEBO_COMPARATOR", "Usual care")], "Usual care"),
    ],
)  # fmt: skip
def test_compared_with_names_the_other_side_alone(arms: list[tuple[str, str, str]], said: str) -> None:
    assert story.compared_with(_arms(*arms)) == said


@pytest.mark.parametrize(
    "status, said", [("COMPLETED", "54 took part"), ("ACTIVE_NOT_RECRUITING", "54 joined"), ("UNKNOWN", "54 joined")]
)
def test_who_joined_a_trial_that_goes_on_is_not_told_as_past(status: str, said: str) -> None:
    record = TrialRecord(nct_id="NCT99000001", status=status, enrollment=54, enrollment_type="ACTUAL")
    assert story.people_label(record) == said


def test_a_program_for_an_approved_treatment_is_told_as_past(client: Client) -> None:
    design = {"studyType": "EXPANDED_ACCESS", "phases": []}
    raw = study(statusModule={"overallStatus": "APPROVED_FOR_MARKETING"}, designModule=design)
    text = words(page(client, trial_of(raw)))
    assert "It was a way to get a treatment before it was approved." in text
    assert "It gave a drug called green tea." in text
    assert "not approved yet" not in text


def test_machines_are_told_of_no_phase_and_of_a_person_as_a_person(client: Client) -> None:
    sponsor = {"leadSponsor": {"name": "Ada Byron", "class": "INDIV"}}
    html = page(client, trial_of(study(designModule={"phases": ["NA"]}, sponsorCollaboratorsModule=sponsor)))
    assert '"sponsor": {"@type": "Person", "name": "Ada Byron"}' in html
    assert '"phase"' not in html


@pytest.mark.parametrize(
    "label, kind, tag",
    [
        ("Usual care", "PLACEBO_COMPARATOR", "Usual care"),
        ("Placebo", "SHAM_COMPARATOR", "Placebo"),
        ("Tea", "ACTIVE_COMPARATOR", "For comparison"),
        ("Tea", "EXPERIMENTAL", "Tested treatment"),
        ("Tea", "", ""),
    ],
)
def test_a_group_is_tagged_by_what_it_gets(label: str, kind: str, tag: str) -> None:
    assert [group.kind for group in story.story(_arms((label, kind, label))).groups] == [tag]


def test_timeline_tells_planned_from_past(client: Client, clock: Any) -> None:
    html = page(client, trial_of(study()))
    rows = re.findall(r'<li class="(past|now|next)"><b>(.*?)</b>', html[html.index('<ol class="timeline">') :])
    assert rows == [
        ("past", "Started"),
        ("past", "Listed in the registry"),
        ("now", "Today"),
        ("next", "Main measurements end"),
        ("next", "End"),
    ]


def test_measurements_that_ended_are_not_called_results(client: Client, clock: Any) -> None:
    ended = {"date": "2026-05-03", "type": "ACTUAL"}
    text = words(page(client, with_status("COMPLETED", primaryCompletionDateStruct=ended)))
    assert "Main measurements ended May 3, 2026" in text
    assert "Main results" not in text


def test_a_withdrawn_trial_neither_started_nor_ended(client: Client, clock: Any) -> None:
    day = {"date": "2026-05-03", "type": "ACTUAL"}
    trial = with_status("WITHDRAWN", startDateStruct=day, primaryCompletionDateStruct=day, completionDateStruct=day)
    html = page(client, trial)
    assert re.findall(r"<b>(.*?)</b>", html[html.index('<ol class="timeline">') :].partition("</ol>")[0]) == [
        "Listed in the registry",
        "Today",
    ]


def test_a_slipped_date_says_what_it_was(client: Client, clock: Any) -> None:
    trial = trial_of(study(), version=2)
    TrialChangeFactory(
        trial=trial, field="completion", kind="completion_moved", old={"date": "2027-02", "type": "ESTIMATED"},
        new={"date": "2027-12", "type": "ESTIMATED"},
    )  # fmt: skip
    assert "planned, was Feb 2027" in words(page(client, trial))


def test_changes_are_grouped_by_update_newest_first(client: Client) -> None:
    trial = trial_of(study(), version=3)
    TrialChangeFactory(trial=trial, version=2, detected_at=datetime(2026, 6, 28, tzinfo=UTC))
    TrialChangeFactory(trial=trial, version=3, detected_at=datetime(2026, 6, 30, tzinfo=UTC))
    TrialChangeFactory(trial=trial, version=1, kind="listed")
    html = page(client, trial)
    changed = html[html.index('<section id="changed">') :]
    assert re.findall(r'changes/(\d)/">See old and new', changed) == ["3", "2"]
    assert changed.index("Jun 30, 2026") < changed.index("Jun 28, 2026")


@pytest.mark.parametrize(
    "sites, said",
    [
        ([], "Where The record lists no site"),
        ([("Beijing", "", "China")], "Where Beijing, China"),
        ([("Bethesda", "Maryland", "United States")] * 2, "Where Bethesda, Maryland, United States: 2 sites"),
        ([("Madrid", "", "Spain"), ("Seville", "", "Spain")], "Where Spain: 2 sites, in Madrid and Seville"),
        ([(f"Town {n}", "", "Spain") for n in range(5)], "Where Spain: 5 sites NCT ID"),
        ([("", "", "Spain")], "Where Spain: 1 site"),
        ([("Rome", "", "Italy"), ("Lyon", "", "France")], "Where 2 sites in 2 countries: Italy and France"),
        ([("A", "", f"Country {n}") for n in range(4)], "Where 4 sites in 4 countries NCT ID"),
        ([("", "", "")] * 2, "Where 2 sites NCT ID"),
    ],
)
def test_first_screen_says_where(client: Client, sites: list[tuple[str, str, str]], said: str) -> None:
    rows = [{"facility": "A", "city": city, "state": state, "country": country} for city, state, country in sites]
    text = words(page(client, with_sites(*rows)))
    assert said in text
    assert text.index("Where") < text.index("First seen")


def test_explainers_that_name_the_trial_are_listed_once_published(client: Client) -> None:
    trial = trial_of(study())
    for state, title in (("published", "Tea and tiredness"), ("withdrawn", "Tea cures all")):
        TrialMention.objects.create(explainer=explainer_named(title, state), nct_id=trial.nct_id, trial=trial)
    html = page(client, trial)
    assert "Explainers that name this trial" in html
    assert '<a href="/explainers/tea-and-tiredness/">Tea and tiredness</a>' in html
    assert "Tea cures all" not in html


def test_no_heading_where_no_explainer_names_the_trial(client: Client) -> None:
    assert "Explainers that name this trial" not in page(client, trial_of(study()))


@pytest.mark.parametrize(
    "modules, said",
    [
        ({"designModule": {"studyType": "EXPANDED_ACCESS", "phases": []}}, "This is expanded access, not a trial."),
        ({"oversightModule": {"isUnapprovedDevice": True}}, "The device is not approved or cleared yet."),
        ({"designModule": {"phases": ["PHASE1", "PHASE2"]}}, "Ask how many people had your dose before"),
        ({"sponsorCollaboratorsModule": {"leadSponsor": {"name": "Dr A", "class": "INDIV"}}}, "sponsor is one person"),
        ({"sponsorCollaboratorsModule": {"leadSponsor": {"name": "A", "class": "UNKNOWN"}}}, "what kind of sponsor"),
        ({"sponsorCollaboratorsModule": {"leadSponsor": None}}, "does not say who runs this study"),
        ({"oversightModule": {}}, "names no committee that watches over safety"),
    ],
)
def test_safety_asks_about_what_the_record_shows(client: Client, modules: dict[str, Any], said: str) -> None:
    safety = page(client, trial_of(study(**modules))).partition('<section id="safety"')[2].partition("</section>")[0]
    assert said in words(safety)
    is_trial = "expanded access" not in said
    assert ("You should not have to pay" in words(safety)) is is_trial
    assert 'href="/safety/"' in safety


def test_safety_asks_nothing_special_of_a_trial_that_gives_no_reason(client: Client) -> None:
    html = page(client, trial_of(study(oversightModule={"oversightHasDmc": True})))
    assert "You should not have to pay" in html
    assert "worth a question" not in html


def test_nobody_joins_what_has_ended_so_there_is_no_safety_part(client: Client) -> None:
    assert 'id="safety"' not in page(client, with_status("COMPLETED"))


def test_page_takes_three_queries_at_most(client: Client, django_assert_num_queries: Any) -> None:
    trial = trial_of(study(), version=2, subscription_condition=ConditionFactory())
    summarised(trial)
    TrialChangeFactory(trial=trial)
    for title in ("Tea and tiredness", "Tea at night"):
        explainer = explainer_named(title, "published")
        TrialMention.objects.create(explainer=explainer, nct_id=trial.nct_id, trial=trial)
    known_words()  # a process asks for them now and then, not for each page
    with django_assert_num_queries(3):
        page(client, trial)


def test_page_of_a_trial_without_history_or_explainers_takes_one_query(
    client: Client, django_assert_num_queries: Any
) -> None:
    trial = trial_of(study(), subscription_condition=ConditionFactory())
    with django_assert_num_queries(1):
        page(client, trial)


@pytest.mark.parametrize("asked", ["/trials/nct99000001/", "/trials/Nct99000001/?from=mail"])
def test_other_case_redirects_for_good(client: Client, asked: str) -> None:
    trial_of(study())
    response = client.get(asked)
    assert response.status_code == 301
    assert response["Location"].startswith("/trials/NCT99000001/")


def test_alias_redirects_for_good(client: Client) -> None:
    TrialAlias.objects.create(alias="NCT00000001", trial=trial_of(study()))
    response = client.get("/trials/NCT00000001/changes/")
    assert (response.status_code, response["Location"]) == (301, "/trials/NCT99000001/changes/")


def test_unknown_trial_is_404_with_a_search(client: Client) -> None:
    response = client.get("/trials/NCT99999999/")
    assert response.status_code == 404
    assert b'name="q"' in response.content


def test_gone_trial_answers_410_with_its_last_record(client: Client) -> None:
    html = page(client, trial_of(study(), gone_at=NOW), status=410)
    assert "This study tests green tea." in html
    assert PHONE not in html
    assert "noindex" in html


def test_text_of_the_registrant_cannot_break_out(client: Client) -> None:
    nasty = '</script><script>alert(1)</script><b onclick="x">'
    raw = study(
        identificationModule={"briefTitle": nasty}, descriptionModule={"briefSummary": nasty},
        eligibilityModule={"eligibilityCriteria": f"Inclusion Criteria:\n* {nasty}\nExclusion Criteria:\n* {nasty}"},
        conditionsModule={"conditions": [nasty], "keywords": [nasty]},
        contactsLocationsModule={"locations": [{"facility": nasty, "city": nasty, "country": nasty}]},
        outcomesModule={"primaryOutcomes": [{"measure": nasty, "description": nasty, "timeFrame": nasty}]},
        sponsorCollaboratorsModule={"leadSponsor": {"name": nasty}, "collaborators": [{"name": nasty}]},
    )  # fmt: skip
    html = page(client, trial_of(raw, brief_title=nasty))
    assert "<script>alert" not in html
    assert "<b onclick" not in html


@pytest.mark.parametrize("empty", ["WITHHELD", "RECRUITING", "A_NEW_STATUS"])
def test_a_bare_record_renders_and_says_what_it_does_not_say(client: Client, empty: str) -> None:
    raw = {
        "protocolSection": {"identificationModule": {"nctId": "NCT99000009"}, "statusModule": {"overallStatus": empty}}
    }
    html = page(client, trial_of(raw, brief_title="", study_type=""))
    text = words(html)
    assert "The record does not say who can join." in text
    assert "The record lists no site." in text
    assert "None" not in text.replace("None posted yet", "")


def test_long_lists_of_rules_show_the_first_and_keep_the_others_a_click_away(client: Client) -> None:
    rules = "\n".join(
        f"* Rule number {n} which is written at some length by the registrant of this trial" for n in range(30)
    )
    raw = study(
        eligibilityModule={"eligibilityCriteria": f"Inclusion Criteria:\n\n{rules}\n\nExclusion Criteria:\n\n* One"}
    )
    html = page(client, trial_of(raw))
    hidden = re.search(r"<summary>Show the other (\d+) rules</summary><ul class=\"yes\">(.*?)</ul>", html, re.DOTALL)
    assert hidden
    assert int(hidden[1]) == hidden[2].count("<li>")
    assert 5 < int(hidden[1]) < 28
    assert html.count("Rule number 29 ") == 2


def test_a_long_title_is_set_smaller_and_codes_do_not_break(client: Client) -> None:
    html = page(client, trial_of(study(), brief_title="A Study of B7-H3 CAR T Cells " + "in Many People " * 6))
    assert '<h1 class="long">A Study of <span class="whole">B7-H3</span> CAR' in html


@pytest.mark.parametrize("status, offers", [("RECRUITING", True), ("NOT_YET_RECRUITING", True), ("COMPLETED", False)])
def test_nobody_is_told_to_call_about_a_trial_that_has_ended(client: Client, status: str, offers: bool) -> None:
    site = {"facility": "Sample Hospital", "city": "Boston", "country": "United States"}
    html = page(client, with_sites(site, contacts=[{"name": "Ann", "phone": PHONE}], overallStatus=status))
    assert ("Who to call" in html) is offers
    assert ("What to say when you call" in html) is offers
