"""What a search does not know it names, on the page and to programs."""

import json

import pytest
from django.test import Client
from django.utils.html import escape

from tests.factories import TrialFactory
from tests.trials.finding import findable
from trials.models import TrialAlias

pytestmark = pytest.mark.django_db

NOT_KNOWN = [
    ({"near": "Nowhereville"}, "We do not know the place “Nowhereville”."),
    ({"country": "Narnia"}, "We do not know the country “Narnia”"),
    ({"condition": "nope"}, "We do not know the condition “nope”"),
    ({"state": "Atlantis"}, "We do not know the state or region “Atlantis”: no trial has a site there."),
    ({"country": "US", "state": "Atlantis"}, "We do not know the state or region “Atlantis” of this country"),
    ({"country": "Narnia", "state": "Ohio"}, "We do not know the country “Narnia”"),
    ({"sort": "near"}, "Nearest first needs a place"),
    ({"country": "<b>x"}, "We do not know the country “<b>x”"),
]


@pytest.mark.parametrize(("parameters", "sentence"), NOT_KNOWN)
def test_what_is_not_known_is_named_on_the_page_and_to_programs(
    client: Client, parameters: dict[str, str], sentence: str
) -> None:
    findable("NCT99000001")
    page = client.get("/trials/", parameters)
    assert page.status_code == 200
    assert escape(sentence) in page.content.decode()
    as_json = client.get("/trials.json", parameters)
    assert as_json.status_code == 400
    assert [sentence in line for line in json.loads(as_json.content)["errors"]] == [True]
    as_csv = client.get("/trials.csv", parameters)
    assert (as_csv.status_code, sentence in as_csv.content.decode()) == (400, True)


def test_what_is_known_is_not_remarked_on(client: Client) -> None:
    findable("NCT99000001")
    for parameters in ({}, {"near": "Boston", "sort": "near"}, {"country": "USA", "state": "Massachusetts"}):
        assert client.get("/trials.json", parameters).status_code == 200
        assert "We do not know" not in client.get("/trials/", parameters).content.decode()


@pytest.mark.parametrize(("page", "status"), [("1", 200), ("2", 200), ("3", 404), ("999999", 404)])
def test_a_page_past_the_last_is_not_found_and_the_last_is_named(client: Client, page: str, status: int) -> None:
    for number in range(21):
        findable(f"NCT9900{number:04d}")
    shown, data = (client.get(path, {"page": page}) for path in ("/trials/", "/trials.json"))
    assert (shown.status_code, data.status_code) == (status, status)
    if status == 404:
        assert f"There is no page {page}: the last is 2." in shown.content.decode()
        assert json.loads(data.content) == {"errors": [f"There is no page {page}: the last is 2."]}


def test_an_unknown_number_is_said_to_be_unknown_and_how_to_check_it(client: Client) -> None:
    html = client.get("/trials/", {"q": "nct00000001"}).content.decode()
    assert "We do not have the trial NCT00000001" in html
    assert 'href="https://clinicaltrials.gov/study/NCT00000001"' in html
    assert "Use fewer or other words" not in html
    assert "Use fewer or other words" in client.get("/trials/", {"q": "unheard of"}).content.decode()


def test_a_former_number_still_leads_to_its_trial(client: Client) -> None:
    TrialAlias.objects.create(alias="NCT00000001", trial=TrialFactory())
    assert client.get("/trials/", {"q": "NCT00000001"}).status_code == 302
