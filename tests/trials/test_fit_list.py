"""The rules as a list to go through: every rule once, under a key that holds as long as its wording."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import TrialFactory, study
from tests.real_records import needs_records, real_records
from trials import eligibility
from trials.pages.fit import fit_list
from trials.records import parse


def rules(**module: object) -> list[tuple[str, list[str]]]:
    record = parse(study(eligibilityModule=module))
    return [(group.title, [rule.text for rule in group.rules]) for group in fit_list(record).groups]


def test_age_and_sex_come_first_then_what_lets_in_then_what_keeps_out() -> None:
    assert rules(sex="FEMALE", maximumAge="65 Years") == [
        ("Age and sex", ["Age: 18 to 65 years", "Sex: women"]),
        ("You may be able to join if", ["Works nights"]),
        ("You cannot join if", ["Allergy to tea"]),
    ]


def test_what_keeps_nobody_out_is_a_note_and_no_rule() -> None:
    record = parse(study(eligibilityModule={"minimumAge": "", "healthyVolunteers": False}))
    assert fit_list(record).notes == ["Any age.", "All sexes.", "No healthy volunteers."]
    assert "Age and sex" not in [group.title for group in fit_list(record).groups]


def test_a_heading_is_no_rule_and_points_under_a_rule_stay_with_it() -> None:
    text = "Inclusion Criteria:\n\n* One of:\n  * asthma\n  * hay fever\n\nExclusion Criteria:\n\n* None"
    record = parse(study(eligibilityModule={"eligibilityCriteria": text}))
    group = next(group for group in fit_list(record).groups if group.title == "You may be able to join if")
    assert [(rule.text, [child.text for child in rule.children]) for rule in group.rules] == [
        ("One of:", ["asthma", "hay fever"])
    ]
    assert "You cannot join if" not in [group.title for group in fit_list(record).groups]


def test_a_text_that_does_not_come_as_two_lists_is_still_a_list() -> None:
    assert rules(eligibilityCriteria="* Works nights\n* Drinks tea")[-1][1] == ["Works nights", "Drinks tea"]


def test_a_key_follows_the_wording() -> None:
    def keys(text: str) -> list[str]:
        record = parse(study(eligibilityModule={"eligibilityCriteria": text}))
        return [rule.key for group in fit_list(record).groups for rule in group.rules]

    before = keys("Inclusion Criteria:\n\n* A\n* B\n* A\n\nExclusion Criteria:\n\n* C")
    after = keys("Inclusion Criteria:\n\n* New\n* A\n* B\n* A\n\nExclusion Criteria:\n\n* D")
    assert len(set(before)) == len(before)
    assert set(before) - set(after) == {before[-1]}, "only the reworded rule lost its key"


@pytest.mark.django_db
def test_the_page_asks_of_each_rule_and_has_no_way_to_send_an_answer(client: Client) -> None:
    trial = TrialFactory()
    client.get(f"/trials/{trial.nct_id}/fit/")
    with CaptureQueriesContext(connection) as caught:
        html = client.get(f"/trials/{trial.nct_id}/fit/?x=1").content.decode()
    assert len(caught) <= 2
    main = html[html.index("<main") : html.index("</main>")]
    assert main.count("<fieldset") == 3
    assert main.count('type="radio"') == 9
    assert "<form" not in main
    assert not re.search(r"\b(?:match|score|eligible|you qualify|likely)\b", main, re.IGNORECASE)


@pytest.mark.django_db
def test_a_trial_that_has_ended_offers_no_list(client: Client) -> None:
    for status, is_offered in (("COMPLETED", False), ("RECRUITING", True), ("UNKNOWN", True)):
        trial = TrialFactory(status=status)
        html = client.get(f"/trials/{trial.nct_id}/").content.decode()
        assert ("data-fit-open" in html) == is_offered


@needs_records
def test_no_rule_of_a_real_record_is_lost_or_doubled() -> None:
    for record in real_records():
        made = fit_list(record)
        keys = [rule.key for group in made.groups for rule in group.rules if rule.key]
        assert len(keys) == len(set(keys)), record.nct_id
        said = " ".join(
            part.text
            for group in made.groups
            for rule in group.rules
            for part in (rule, *eligibility.walk(rule.children))
        )
        for section in eligibility.parse(record.eligibility).sections:
            for item in eligibility.walk(section.items):
                assert item.text in said or item.text.strip(" .").lower() in ("none", "n/a", "na", ""), record.nct_id
