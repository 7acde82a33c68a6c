"""One condition: its trials and those of narrower ones, by all its names."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.trials.finding import findable
from trials.models import Condition
from trials.packing import pack

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


def test_a_condition_takes_at_most_eight_queries_however_many_trials_it_has(client: Client) -> None:
    for number in range(25):
        asthmatic(f"NCT990000{number:02d}")
    with CaptureQueriesContext(connection) as caught:
        html = page(client, "/conditions/asthma/")
    assert len(caught) <= 8
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
