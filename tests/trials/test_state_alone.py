"""A state that is asked for without its country is that of any country, on the page and in both twins."""

import csv
import json
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from tests.trials.finding import findable, site

pytestmark = pytest.mark.django_db


def listed_ids(client: Client, **parameters: str) -> list[str]:
    """The same from page, JSON and CSV."""
    found = [trial["nct_id"] for trial in json.loads(client.get("/trials.json", parameters).content)["trials"]]
    rows = csv.DictReader(StringIO(client.get("/trials.csv", parameters).content.decode()))
    assert [row["nct_id"] for row in rows] == found
    html = client.get("/trials/", parameters).content.decode()
    assert all(f'href="/trials/{nct_id}/' in html for nct_id in found)
    return found


def at(nct_id: str, *sites: dict[str, Any]) -> None:
    findable(nct_id, contactsLocationsModule={"locations": list(sites)})


def test_a_state_without_a_country_is_that_of_any_country(client: Client) -> None:
    at("NCT99000001", site("Boston", 42.36, -71.06, state="Massachusetts"))
    at("NCT99000002", site("Dayton", 39.76, -84.19, state="Ohio"))
    at("NCT99000003", site("Cordoba", 37.9, -4.8, country="Spain", state="Cordoba"))
    at("NCT99000004", site("Cordoba", -31.4, -64.2, country="Argentina", state="Cordoba"))
    assert listed_ids(client, state="Massachusetts") == ["NCT99000001"]
    assert sorted(listed_ids(client, state="Cordoba")) == ["NCT99000003", "NCT99000004"]
    assert listed_ids(client, state="Cordoba", country="spain") == ["NCT99000003"]


def test_a_state_alone_can_be_seen_taken_away_and_sent_again(client: Client) -> None:
    at("NCT99000001", site("Boston", 42.36, -71.06, state="Massachusetts"))
    html = client.get("/trials/", {"state": "massachusetts"}).content.decode()
    assert '<a href="/trials/"><span class="hidden-words">Take away: </span>Massachusetts' in html
    assert '<option value="massachusetts" selected>Massachusetts</option>' in html
    both = client.get("/trials/", {"state": "massachusetts", "country": "united-states"}).content.decode()
    assert '<a href="/trials/"><span class="hidden-words">Take away: </span>United States' in both
