"""Two to four trials side by side: what differs is said in words."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import TrialFactory, study
from tests.real_records import needs_records, studies
from trials.models import Trial
from trials.pages import comparison
from trials.records import parse

pytestmark = pytest.mark.django_db


def page(client: Client, *trials: Trial, more: str = "") -> str:
    ids = "+".join(trial.nct_id for trial in trials)
    response = client.get(f"/trials/compare/?id={ids}{more}")
    assert response.status_code == 200
    return response.content.decode()


def row(html: str, label: str) -> tuple[str, list[str]]:
    """-> `differs` or `alike`, and the values."""
    cells = re.search(rf'<th scope="row">{label} <span class="differs">(\w+)</span></th>(.*?)</tr>', html)
    assert cells, label
    return cells[1], [re.sub(r"<.*?>", "", cell)[1:].strip() for cell in re.findall(r"<td>(.*?)</td>", cells[2])]


@pytest.fixture
def pair() -> tuple[Trial, Trial]:
    text = "Inclusion Criteria:\n\n* A\n* B\n\nExclusion Criteria:\n\n* C"
    joining = {"eligibilityCriteria": text, "sex": "FEMALE"}
    raw = study("NCT99100002", designModule={"phases": ["PHASE3"]}, eligibilityModule=joining)
    return TrialFactory(nct_id="NCT99100001"), TrialFactory(nct_id="NCT99100002", document=raw)


def test_what_differs_is_marked_in_words(client: Client, pair: tuple[Trial, Trial]) -> None:
    html = page(client, *pair)
    assert row(html, "Status") == ("alike", ["Recruiting", "Recruiting"])
    assert row(html, "Phase") == ("differs", ["Phase 2", "Phase 3"])
    assert row(html, "Sex") == ("differs", ["All sexes", "Women"])
    assert row(html, "Rules")[1] == [
        "1 rule to join, 1 that keeps people out", "2 rules to join, 1 that keeps people out"
    ]  # fmt: skip
    assert row(html, "What is tried") == ("alike", ["Green tea, Water"] * 2)
    assert "They differ in phase, sex and rules." in html
    assert re.search(r"They are alike in the other \d+ facts\.", html)


def test_only_what_differs_can_be_shown(client: Client, pair: tuple[Trial, Trial]) -> None:
    html = page(client, *pair, more="&only=differs")
    assert html.count('<th scope="row">') == 3
    assert ">alike<" not in html
    assert "Show all facts" in html


def test_the_nearest_site_of_each_is_shown_for_a_place(client: Client, pair: tuple[Trial, Trial]) -> None:
    assert "Nearest site" not in page(client, *pair)
    html = page(client, *pair, more="&near=Boston")
    assert (
        row(html, "Nearest site to Boston, MA")[1]
        == ["Boston, Massachusetts, United States, under 1 mi, recruiting"] * 2
    )
    assert "We do not know the place “Qwertyville”" in page(client, *pair, more="&near=Qwertyville")


def test_a_fifth_trial_and_words_that_are_no_id_are_named(client: Client) -> None:
    five = [TrialFactory() for _ in range(5)]
    html = page(client, *five, more="+asthma+NCT1")
    assert html.count('<span class="letter-mark">D</span>') >= 1
    assert f"Left out: {five[4].nct_id}." in html
    assert "We do not have: ASTHMA, NCT1." in html


def test_one_trial_asks_for_another(client: Client) -> None:
    html = page(client, TrialFactory())
    assert "One trial is not enough" in html
    assert "<table" not in html


def test_four_trials_are_one_query_beside_the_one_for_the_last_poll(client: Client) -> None:
    four = [TrialFactory() for _ in range(4)]
    with CaptureQueriesContext(connection) as caught:
        page(client, *four)
    assert len(caught) == 2


@needs_records
def test_real_records_compare_without_an_empty_cell(client: Client) -> None:
    raws = studies()[::9]
    trials = [TrialFactory(nct_id=parse(raw).nct_id, document=raw, status=parse(raw).status) for raw in raws]
    for start in range(0, len(trials) - 4, 4):
        for part in comparison.parts(trials[start : start + 4], None):
            for each in part.rows:
                assert all(each.values), (each.label, each.values)
                assert not [value for value in each.values if value == "None" or "\\" in value], each.label
