"""One condition: its trials and those of narrower ones, by all its names."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from explainers.models import Category
from tests.explainers.test_explainer_desk import published
from tests.factories import ConditionFactory, TrialChangeFactory
from tests.trials.finding import findable
from trials.changes import Rank
from trials.models import Condition, ConditionParent, Trial, TrialChange
from trials.packing import pack
from trials.pages import condition_page
from trials.search.asking import understood
from trials.search.finding import find

pytestmark = pytest.mark.django_db


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def asthmatic(nct_id: str, **modules: dict[str, object]) -> None:
    findable(nct_id, conditionsModule={"conditions": ["Asthma"]}, **modules)


def test_open_trials_come_first_with_their_count(client: Client) -> None:
    asthmatic("NCT99000001", statusModule={"overallStatus": "COMPLETED"})
    asthmatic("NCT99000002")
    html = page(client, "/conditions/asthma/")
    assert "2 trials, 1 of them open now" in html
    assert html.index("NCT99000002") < html.index("NCT99000001")


def test_trials_for_a_narrower_condition_are_listed_too(client: Client) -> None:
    trial = findable("NCT99000001", conditionsModule={"conditions": ["Asthma"]})
    raw = trial.document.study
    raw["derivedSection"] = {
        "conditionBrowseModule": {
            "meshes": [{"id": "D001249", "term": "Asthma"}],
            "ancestors": [{"id": "D012140", "term": "Respiratory Tract Diseases"}],
        }
    }
    from trials import search_index

    type(trial.document).objects.filter(pk=trial.pk).update(packed=pack(raw))
    search_index.refresh([trial.pk])
    assert "NCT99000001" in page(client, "/conditions/respiratory-tract-diseases/")


def test_its_everyday_names_are_told(client: Client) -> None:
    findable("NCT99000001", conditionsModule={"conditions": ["Stomach Neoplasms"]})
    assert "Also called stomach cancer, gastric cancer" in page(client, "/conditions/stomach-neoplasms/")


def test_a_condition_takes_at_most_nine_queries_however_many_trials_it_has(client: Client) -> None:
    for number in range(25):
        asthmatic(f"NCT990000{number:02d}")
    with CaptureQueriesContext(connection) as caught:
        html = page(client, "/conditions/asthma/")
    assert len(caught) <= 9
    assert 'rel="next" href="?page=2"' in html
    assert 'rel="prev" href="?page=1"' in page(client, "/conditions/asthma/?page=2")


@pytest.mark.parametrize("number", ["0", "-1", "abc", "٣", "99999999999", "1e5"])
def test_an_odd_page_number_is_the_first_page(client: Client, number: str) -> None:
    asthmatic("NCT99000001")
    assert "NCT99000001" in page(client, f"/conditions/asthma/?page={number}")


def test_a_page_behind_the_last_leads_back(client: Client) -> None:
    asthmatic("NCT99000001")
    assert "Go to the first page" in page(client, "/conditions/asthma/?page=7")


def test_a_condition_without_trials_offers_to_write(client: Client) -> None:
    Condition.objects.create(name="gout", slug="gout", key="gout")
    assert "We can write to you when one is" in page(client, "/conditions/gout/")


def changed(trial: Trial, number: int, kind: str = "status_opened", rank: int = Rank.TELL_NOW) -> None:
    """An update of the trial, so many days after the first of July."""
    at = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=number)
    Trial.objects.filter(pk=trial.pk).update(version=F("version") + 1, last_changed_at=at)
    trial.refresh_from_db()
    TrialChangeFactory(trial=trial, version=trial.version, kind=kind, rank=rank, detected_at=at, field=kind)


def lately(html: str) -> list[str]:
    """(day, NCT ID) of the recent changes."""
    part = html.partition("What changed lately")[2].partition("</ol>")[0]
    return re.findall(r'datetime="(\d{4}-\d\d-\d\d)".*?/trials/(NCT\d{8})/', part, re.DOTALL)


@pytest.mark.parametrize("most", [1000, 0])
def test_recent_changes_are_dated_sentences_the_latest_first(
    client: Client, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """By both ways: that of a condition with few trials, and that of one with more than are read."""
    monkeypatch.setattr("trials.search.finding.MOST", most)
    for number in range(7):
        changed(findable(f"NCT9900000{number}", conditionsModule={"conditions": ["Asthma"]}), number)
    changed(findable("NCT99000008", conditionsModule={"conditions": ["Gout"]}), 9)
    findable("NCT99000009", conditionsModule={"conditions": ["Asthma"]})
    found = find(understood({"condition": "asthma", "status": "any"}))
    assert found.is_capped is (most == 0)
    rows = condition_page.changes(replace(found, total=8))
    assert [row.trial.nct_id for row in rows] == [f"NCT9900000{number}" for number in (6, 5, 4, 3, 2)]


def test_the_page_shows_the_weightiest_change_of_a_trials_last_update(client: Client) -> None:
    trial = findable("NCT99000001", conditionsModule={"conditions": ["Asthma"]})
    changed(trial, 0, kind="results_posted")
    changed(trial, 1)
    TrialChangeFactory(trial=trial, version=3, kind="enrollment", field="enrollment", rank=Rank.PAGE_ONLY)
    html = page(client, "/conditions/asthma/")
    assert lately(html) == [("2026-07-02", "NCT99000001")]
    assert html.count(TrialChange.objects.get(kind="status_opened").sentence) == 1
    assert "What changed lately" not in page(client, "/conditions/asthma/?page=2")


def test_broader_and_narrower_conditions_are_linked_and_hidden_ones_are_not(client: Client) -> None:
    asthmatic("NCT99000001")
    asthma = Condition.objects.get(slug="asthma")
    for name, above, fields in [
        ("lung diseases", True, {}), ("vague", True, {"is_hidden": True}), ("status asthmaticus", False, {}),
        ("exercise asthma", False, {"open_count": 3}), ("merged one", False, {"merged_into": asthma}),
    ]:  # fmt: skip
        other = ConditionFactory(name=name, slug=name.replace(" ", "-"), key=name, **fields)
        pair = {"condition": asthma, "parent": other} if above else {"condition": other, "parent": asthma}
        ConditionParent.objects.create(**pair, source="mesh")
    html = page(client, "/conditions/asthma/")
    part = html.partition("Broader and narrower")[2].partition("</section>")[0]
    shown = re.findall(r'href="/conditions/([^/]+)/"', part)
    assert shown == ["lung-diseases", "exercise-asthma", "status-asthmaticus"]


def test_a_condition_page_has_all_that_a_reader_needs(client: Client) -> None:
    """Open trials first, recent changes, explainers, relatives, the form, the feed: and no more than eight queries."""
    explainer = published(Category.objects.create(name="Basics", slug="basics"), body="<p>Words [1].</p>")
    asthmatic("NCT99000002", statusModule={"overallStatus": "COMPLETED"})
    for number in range(25):
        changed(findable(f"NCT990001{number:02d}", conditionsModule={"conditions": ["Asthma"]}), number)
    asthma = Condition.objects.get(slug="asthma")
    explainer.conditions.add(asthma)
    lung = ConditionFactory(name="lung diseases", slug="lung-diseases", key="lung disease")
    ConditionParent.objects.create(condition=asthma, parent=lung)
    with CaptureQueriesContext(connection) as caught:
        html = page(client, "/conditions/asthma/")
    assert len(caught) <= 9, [query["sql"][:90] for query in caught.captured_queries]
    parts = ("Read first", "What changed lately", "Broader and narrower", 'id="updates"', "/conditions/asthma/feed/")
    for part in parts:
        assert part in html, part
    assert "26 trials, 25 of them open now" in html
