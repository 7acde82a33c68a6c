"""Contacts are shown to who asks, so many times an hour, and are found nowhere else."""

import json
from datetime import date
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from tests.explainers.factories import member
from tests.factories import TrialFactory
from trials.models import ContactReveal, Trial
from trials.views import contacts

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def trial() -> Trial:
    return TrialFactory(nct_id="NCT99000001")


def ask(client: Client, key: str = "study-0", **headers: str):  # type: ignore[no-untyped-def]
    return client.post("/trials/NCT99000001/contacts/", {"contact": key}, headers=headers)


def test_without_javascript_a_page_shows_the_contact(client: Client, trial: Trial) -> None:
    response = ask(client)
    html = response.content.decode()
    assert 'href="tel:+15550100">+1-555-0100</a>' in html
    assert 'href="mailto:ada@example.org"' in html
    assert '<meta name="robots" content="noindex, noarchive">' in html
    assert "noindex" in response["X-Robots-Tag"]
    assert "no-store" in response["Cache-Control"]


def test_a_script_gets_the_same_as_data(client: Client, trial: Trial) -> None:
    data = json.loads(ask(client, **JSON).content)
    assert data["contacts"][0]["email"] == "ada@example.org"


@pytest.mark.parametrize("key", ["", "study-9", "site-99999", "site--1", "x", "study-0 "])
def test_a_contact_that_the_record_does_not_have_is_404(client: Client, trial: Trial, key: str) -> None:
    response = ask(client, key)
    assert response.status_code == 404
    assert b"ada@example.org" not in response.content


def test_showings_are_counted_by_day_without_who_asked(client: Client, trial: Trial) -> None:
    with time_machine.travel("2026-07-02T23:59Z", tick=False):
        ask(client)
        ask(client, **JSON)
        ask(client, "study-9")
    with time_machine.travel("2026-07-03T00:01Z", tick=False):
        ask(client)
    rows = ContactReveal.objects.order_by("day").values_list("trial__nct_id", "day", "count")
    assert list(rows) == [("NCT99000001", date(2026, 7, 2), 2), ("NCT99000001", date(2026, 7, 3), 1)]
    assert {field.name for field in ContactReveal._meta.get_fields()} == {"id", "trial", "day", "count"}


def test_refused_showings_are_not_counted(client: Client, trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "PER_HOUR", 1)
    assert [ask(client).status_code for _ in range(2)] == [200, 429]
    assert ContactReveal.objects.get().count == 1


@pytest.mark.parametrize("role", ["Editor", "Reviewer", "Administrator"])
def test_editors_see_the_counts_and_change_nothing(client: Client, trial: Trial, role: str, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    ask(client)
    client.force_login(member(role))
    listed = client.get("/admin/trials/contactreveal/")
    assert b"NCT99000001" in listed.content
    assert client.get("/admin/trials/contactreveal/add/").status_code == 403


def test_get_shows_nothing(client: Client, trial: Trial) -> None:
    response = client.get("/trials/NCT99000001/contacts/")
    assert (response.status_code, response["Location"]) == (302, "/trials/NCT99000001/#contacts")


def test_one_network_gets_so_many_an_hour(client: Client, trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "PER_HOUR", 2)
    assert [ask(client).status_code for _ in range(3)] == [200, 200, 429]
    response = ask(client)
    assert response["Retry-After"] == "3600"
    assert b"ada@example.org" not in response.content
    elsewhere = client.post("/trials/NCT99000001/contacts/", {"contact": "study-0"}, REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 200


def test_neighbours_in_one_network_share_the_count(
    client: Client, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "PER_HOUR", 1)
    answers = [
        client.post("/trials/NCT99000001/contacts/", {"contact": "study-0"}, REMOTE_ADDR=address).status_code
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
    ]
    assert answers == [200, 429, 200]


def test_a_forwarded_address_is_believed_from_our_proxy_only(
    client: Client, trial: Trial, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(contacts, "PER_HOUR", 1)

    def status(forwarded: str) -> int:
        return ask(client, **{"X-Forwarded-For": forwarded}).status_code

    assert [status("203.0.113.1"), status("198.51.100.1")] == [200, 429]
    cache.clear()
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]
    assert [status("203.0.113.1"), status("198.51.100.1")] == [200, 200]
    assert status("192.0.2.7, 203.0.113.1") == 429, "what the visitor claims before our proxy's word counts for nothing"


def test_without_a_cache_contacts_stay_closed(client: Client, trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(cache, "add", broken)
    response = ask(client)
    assert response.status_code == 429
    assert b"ada@example.org" not in response.content


def test_foreign_posts_are_refused(client: Client, trial: Trial) -> None:
    assert ask(client, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_contacts_of_a_gone_trial_are_gone(client: Client, trial: Trial) -> None:
    Trial.objects.update(gone_at=trial.first_seen_at)
    response = ask(client)
    assert response.status_code == 410
    assert b"ada@example.org" not in response.content
