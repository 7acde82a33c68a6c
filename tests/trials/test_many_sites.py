"""Records with more sites than a page can hold."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import TrialFactory, study
from trials.models import Trial
from trials.pages import sites
from trials.pages.site_list import PER_PAGE

pytestmark = pytest.mark.django_db
COUNTRIES = [f"Country {n}" for n in range(39)] + ["Côte d'Ivoire"]


def place(n: int) -> dict[str, Any]:
    return {
        "facility": f"Hospital {n} with a name of the usual length",
        "status": "RECRUITING",
        "city": f"Town {n}",
        "zip": f"{n:05}",
        "country": COUNTRIES[n % len(COUNTRIES)],
        "geoPoint": {"lat": n % 1600 / 10 - 80, "lon": n % 3600 / 10 - 180},
        "contacts": [{"role": "CONTACT", "phone": "+1-555-0101", "email": f"site{n}@example.org"}],
    }


def trial_with(count: int) -> Trial:
    raw = study("NCT99000001", contactsLocationsModule={"locations": [place(n) for n in range(count)]})
    return TrialFactory(nct_id="NCT99000001", document=raw)


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_fifty_thousand_sites_stay_a_light_page(client: Client) -> None:
    html = get(client, trial_with(50_000).get_absolute_url())
    assert len(html.encode()) < 300_000
    assert html.count('class="place"') == 11, "the study's own contact and the first ten sites"
    assert "And 49,990 more sites." in html
    assert "See all 50,000 sites" in html
    assert html.count("/sites/?country=country-") == 39
    assert "/sites/?country=cote-divoire" in html


def test_as_many_as_fit_stay_on_the_page_and_below_its_weight(client: Client) -> None:
    html = get(client, trial_with(sites.MOST).get_absolute_url())
    assert len(html.encode()) < 300_000
    assert html.count('class="place"') == 1 + sites.MOST


def test_the_pages_of_sites_hold_each_site_once(client: Client) -> None:
    trial_with(2 * PER_PAGE + 5)
    found: list[str] = []
    for number in (1, 2, 3):
        html = get(client, f"/trials/NCT99000001/sites/?page={number}")
        found += [f"Hospital {n} " for n in range(2 * PER_PAGE + 5) if f"<b>Hospital {n} " in html]
    assert len(found) == len(set(found)) == 2 * PER_PAGE + 5


def test_the_sites_of_one_country_are_a_list_of_their_own(client: Client) -> None:
    trial_with(120)
    with CaptureQueriesContext(connection) as caught:
        html = get(client, "/trials/NCT99000001/sites/?country=cote-divoire")
    assert len(caught) <= 2
    assert html.count('class="place"') == 3
    assert "3 sites of" in html


@pytest.mark.parametrize("query", ["page=9", "page=0", "page=-1", "page=x", "page=99999999", "country=nowhere"])
def test_pages_of_sites_that_there_are_not_are_404(client: Client, query: str) -> None:
    trial_with(3)
    assert client.get(f"/trials/NCT99000001/sites/?{query}").status_code == 404


def test_the_contact_of_a_late_site_is_shown_to_who_asks(client: Client) -> None:
    trial_with(12_000)
    html = get(client, "/trials/NCT99000001/sites/?country=country-0")
    assert "@example.org" not in html
    last = max(re.findall(r'value="site-(\d+)"', html), key=int)
    assert int(last) > 9999
    shown = client.post("/trials/NCT99000001/contacts/", {"contact": f"site-{last}"}).content.decode()
    assert f"site{last}@example.org" in shown


def test_a_record_without_sites_says_so(client: Client) -> None:
    raw = study("NCT99000001", contactsLocationsModule={"locations": []})
    TrialFactory(nct_id="NCT99000001", document=raw)
    assert "The record lists no site." in get(client, "/trials/NCT99000001/sites/")


def test_sites_near_a_place_are_shown_nearest_first_with_their_distance(client: Client) -> None:
    towns = (("Far", "Lyon", "France", 45.76, 4.84), ("Near", "Cambridge", "United States", 42.37, -71.11),
             ("Nearest", "Boston", "United States", 42.36, -71.06), ("Nowhere", "", "France", None, None))  # fmt: skip
    rows = [
        {"facility": name, "city": city, "country": country, "status": "RECRUITING"}
        | ({"geoPoint": {"lat": lat, "lon": lon}} if lat else {})
        for name, city, country, lat, lon in towns
    ]
    trial = TrialFactory(document=study("NCT99000001", contactsLocationsModule={"locations": rows}))
    assert 'name="near"' in get(client, trial.get_absolute_url())
    response = client.get(f"{trial.get_absolute_url()}sites/?near=Boston, MA")
    html = response.content.decode()
    assert re.findall(r'<li class="place"><b>(\w+)</b>', html) == ["Nearest", "Near", "Far", "Nowhere"]
    assert "under 1 mi · Boston, United States" in html
    assert "Sites nearest to Boston" in html
    assert response["Cache-Control"] == "private"


def test_an_unknown_place_is_told_and_all_sites_stay(client: Client) -> None:
    html = get(client, f"{trial_with(5).get_absolute_url()}sites/?near=Zzyzzx")
    assert "We do not know the place “Zzyzzx”." in html
    assert html.count('class="place"') == 5


def test_a_few_sites_need_no_search(client: Client) -> None:
    assert 'name="near"' not in get(client, trial_with(3).get_absolute_url())
