"""The pages of treatments and hospitals, and the ways to them."""

import csv
import json
import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from urllib.parse import quote

import feedparser
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import ConditionFactory, TrialChangeFactory
from tests.trials.listed import listed, place
from trials.directory import editing
from trials.models import Site, Treatment, Trial, TrialCondition
from trials.site_changes import facts

pytestmark = pytest.mark.django_db

HOSPITAL = "/sites/sample-hospital-boston/"


def get(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.content.decode()


def rows(html: str) -> list[str]:
    return re.findall(r'<h3><a href="/trials/(NCT\d{8})/">', html)


def names(html: str) -> list[str]:
    return re.findall(r'<li><a href="/(?:treatments|sites)/[^"]+/">([^<]+)</a> <span class="note">', html)


def listed_days(nct_id: str, day: int, **fields: Any) -> Trial:
    return listed(nct_id, trial={"last_update_posted": f"2026-06-{day:02d}"}, **fields)


# --- a treatment


def test_a_treatment_lists_its_trials_the_open_ones_first_then_those_updated_last(client: Client) -> None:
    listed_days("NCT99000001", 27, status="COMPLETED")
    listed_days("NCT99000002", 1)
    listed_days("NCT99000003", 9)
    html = get(client, "/treatments/green-tea/")
    assert rows(html) == ["NCT99000003", "NCT99000002", "NCT99000001"]
    assert "3 trials, 2 of them open now" in html


def test_it_tells_what_kind_it_is_and_what_else_it_is_called(client: Client) -> None:
    named = [{"type": "DRUG", "name": "Green tea", "otherNames": ["Camellia extract", "GREEN TEA", "Sencha"]}]
    listed("NCT99000001", armsInterventionsModule={"interventions": named})
    html = get(client, "/treatments/green-tea/")
    assert '<span class="tag">Drug</span>' in html
    assert "Trials also call it Camellia extract, Sencha" in html


def test_it_tells_the_conditions_it_is_tried_for_and_what_changed(client: Client) -> None:
    trial = listed("NCT99000001")
    for name, is_hidden in (("fatigue", False), ("recurrence", True)):
        condition = ConditionFactory(name=name, is_hidden=is_hidden)
        TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    change = TrialChangeFactory(trial=trial, kind="status_opened", field="status")
    html = get(client, "/treatments/green-tea/")
    assert '<a href="/conditions/fatigue/">' in html
    assert "recurrence" not in html
    assert change.sentence in html


def test_a_change_at_one_site_of_a_trial_is_no_news_of_its_treatment(client: Client) -> None:
    trial = listed("NCT99000001")
    new = facts(trial.record.sites[0])
    TrialChangeFactory(trial=trial, kind="site_opened", field="site-1", old=None, new=new, subject="Sample Hospital")
    assert "What changed lately" not in get(client, "/treatments/green-tea/")
    assert "What changed lately" in get(client, HOSPITAL)


def test_long_lists_are_paged(client: Client) -> None:
    for number in range(23):
        listed(f"NCT990000{number:02d}", treatments=["Green tea"])
    html = get(client, "/treatments/green-tea/")
    assert len(rows(html)) == 20
    assert 'rel="next" href="?page=2"' in html
    last = get(client, "/treatments/green-tea/?page=2")
    assert len(rows(last)) == 3
    assert "What it is tried for" not in last
    assert "Go to the first page" in get(client, "/treatments/green-tea/?page=9")


@pytest.mark.parametrize("number", ["0", "-1", "abc", "٣", "99999999999", "1e5", "1;2"])
def test_an_odd_page_number_is_the_first_page(client: Client, number: str) -> None:
    listed("NCT99000001")
    for path in ("/treatments/green-tea/", HOSPITAL, "/treatments/?letter=g", "/sites/in/united-states/massachusetts/"):
        separator = "&" if "?" in path else "?"
        get(client, f"{path}{separator}page={number}")


def test_a_treatment_without_trials_offers_to_write(client: Client) -> None:
    Treatment.objects.create(name="Green tea", key="green tea", slug="green-tea")
    html = get(client, "/treatments/green-tea/")
    assert "We can write to you when one is" in html
    assert '<meta name="robots" content="noindex, follow">' in html
    get(client, "/treatments/green-tea/feed/")


@pytest.mark.parametrize(
    "slug",
    ["placebo", "no-such", "x" * 400, "..%2F..%2Fetc", "'%3B--", "<script>", "%E2%80%AE", "紫杉醇", "a b", "a/b"],
)
@pytest.mark.parametrize("kind", ["treatments", "sites"])
@pytest.mark.parametrize("suffix", ["/", ".json", ".csv", "/feed/"])
def test_hostile_unknown_and_hidden_names_have_no_page(client: Client, kind: str, slug: str, suffix: str) -> None:
    listed("NCT99000001", treatments=["Placebo"], sites=[place("Placebo", city="")])
    Site.objects.update(is_hidden=True)
    assert client.get(f"/{kind}/{slug}{suffix}").status_code == 404


@pytest.mark.parametrize("suffix", ["/", ".json", ".csv", "/feed/"])
def test_a_merged_name_redirects_and_its_trials_stand_with_the_other(client: Client, suffix: str) -> None:
    listed("NCT99000001", treatments=["Keytruda"])
    listed("NCT99000002", treatments=["Pembrolizumab"])
    into = Treatment.objects.get(slug="pembrolizumab")
    editing.merge(Treatment.objects.get(slug="keytruda"), into=into)
    response = client.get(f"/treatments/keytruda{suffix}")
    assert (response.status_code, response["Location"]) == (301, f"/treatments/pembrolizumab{suffix}")
    assert sorted(rows(get(client, "/treatments/pembrolizumab/"))) == ["NCT99000001", "NCT99000002"]
    assert names(get(client, "/treatments/")) == ["Pembrolizumab"]


def test_a_hidden_target_takes_the_merged_page_with_it(client: Client) -> None:
    listed("NCT99000001", treatments=["Keytruda", "Pembrolizumab"])
    into = Treatment.objects.get(slug="pembrolizumab")
    editing.merge(Treatment.objects.get(slug="keytruda"), into=into)
    editing.hide(into)
    get(client, "/treatments/keytruda/", status=404)
    editing.show(into)
    get(client, "/treatments/pembrolizumab/")


# --- a hospital


def test_a_hospital_lists_its_trials_with_its_own_status_never_the_trials(client: Client) -> None:
    for number, status in enumerate(["RECRUITING", "", "COMPLETED"]):
        listed(f"NCT9900000{number}", sites=[place("Sample Hospital", status=status)])
    html = get(client, HOSPITAL)
    shown = re.findall(r'<a href="/trials/(NCT\d+)/">[^<]*</a></h3>\n<p class="nearest">([^<]*)<', html)
    assert dict(shown) == {
        "NCT99000000": "Recruiting here",
        "NCT99000001": "The record does not say if it recruits here",
        "NCT99000002": "Completed here",
    }
    assert rows(html)[-1] == "NCT99000002"
    assert "3 trials list this site. 2 may be open here now, and come first." in html


def test_a_hospital_says_where_it_is_and_leads_to_its_neighbours(client: Client) -> None:
    listed("NCT99000001")
    html = get(client, HOSPITAL)
    assert "Boston, Massachusetts, United States" in html
    assert 'href="/sites/in/united-states/massachusetts/boston/"' in html
    assert "/trials/?near=42.36,-71.06&amp;within=50km" in html
    assert "The point is the middle of the city" in html
    get(client, "/trials/?near=42.36,-71.06&within=50km")


def test_a_hospital_of_an_unknown_place_has_no_map(client: Client) -> None:
    listed("NCT99000001", sites=[{"facility": "Sample Hospital", "country": "France"}])
    html = get(client, f"/sites/{Site.objects.get().slug}/")
    assert "<figure" not in html
    assert "near=" not in html
    assert "City not stated" in html


def test_news_of_another_site_are_none_of_a_hospital(client: Client) -> None:
    trial = listed("NCT99000001", sites=[place("Sample Hospital"), place("Other Hospital")])
    for number, site in enumerate(trial.record.sites):
        TrialChangeFactory(trial=trial, kind="site_opened", field=f"site-{number}", old=None, new=facts(site),
                           subject=site.facility)  # fmt: skip
    html = get(client, HOSPITAL)
    changes = html[html.index("What changed lately") :]
    assert changes.count('class="when"') == 1
    assert "Other Hospital" not in changes


# --- the ways to a page


def test_treatments_begin_with_those_of_most_open_trials(client: Client) -> None:
    for number in range(3):
        listed(f"NCT9900000{number}", treatments=["Green tea"])
    listed("NCT99000003", treatments=["Aspirin"])
    listed("NCT99000004", treatments=["Zinc"], status="COMPLETED")
    html = get(client, "/treatments/")
    assert names(html) == ["Green tea", "Aspirin"]
    assert re.findall(r'href="\?letter=(\w)"', html) == ["a", "g", "z"]


def test_a_letter_with_only_hidden_names_is_not_offered(client: Client) -> None:
    listed("NCT99000001", treatments=["Placebo", "Aspirin"])
    assert re.findall(r'href="\?letter=(\w)"', get(client, "/treatments/")) == ["a"]
    assert "Placebo" not in get(client, "/treatments/?letter=p")
    assert "Placebo" not in get(client, "/treatments/?q=placebo")


def test_letters_sort_by_name_and_figures_and_other_scripts_come_first(client: Client) -> None:
    listed("NCT99000001", treatments=["Aspirin", "aspartame", "5-FU", "紫杉醇", "Évian", "Zinc"])
    assert names(get(client, "/treatments/?letter=a")) == ["aspartame", "Aspirin"]
    assert names(get(client, "/treatments/?letter=as")) == ["aspartame", "Aspirin"]
    assert names(get(client, "/treatments/?letter=e")) == ["Évian"]
    assert names(get(client, "/treatments/?letter=%23")) == ["5-FU", "紫杉醇"]
    assert names(get(client, "/treatments/?letter=z")) == ["Zinc"]


def test_a_long_letter_is_paged_and_has_second_letters(client: Client) -> None:
    listed("NCT99000001", treatments=[f"A{number:03d}x drug" for number in range(101)] + ["Aspirin"])
    html = get(client, "/treatments/?letter=a")
    assert len(names(html)) == 100
    assert 'rel="next" href="?letter=a&amp;page=2"' in html
    assert '<a href="?letter=as">As</a>' in html
    last = get(client, "/treatments/?letter=a&page=2")
    assert names(last) == ["A100x drug", "Aspirin"]
    assert "There is no page 9" in get(client, "/treatments/?letter=a&page=9")


@pytest.mark.parametrize("letter", ["", "%", "<b>", "é", "aaaa", "[", "'", "A", "\u202e"])
def test_what_is_no_letter_shows_the_commonest(client: Client, letter: str) -> None:
    listed("NCT99000001", treatments=["Aspirin"])
    assert names(get(client, f"/treatments/?letter={quote(letter)}")) == ["Aspirin"]


@pytest.mark.parametrize("asked", ["aspi", "ASPIRIN", "low aspirin", "asp low", "as"])
def test_the_box_finds_words_and_parts_of_words(client: Client, asked: str) -> None:
    listed("NCT99000001", treatments=["Aspirin low-dose", "Zinc"])
    assert names(get(client, f"/treatments/?q={quote(asked)}")) == [
        "Aspirin low-dose"
    ]


@pytest.mark.parametrize(
    "asked", ["%", "_", "%25%25%25", "\\", "'; DROP TABLE x; --", "x" * 1000, " ", "((((", "\u202e", "💊", "a " * 90]
)
@pytest.mark.parametrize("path", ["/treatments/", "/sites/"])
def test_odd_words_find_nothing_and_break_nothing(client: Client, path: str, asked: str) -> None:
    listed("NCT99000001")
    html = get(client, f"{path}?q={quote(asked)}")
    assert "Green tea" not in html or not asked.strip()


def test_hospitals_are_found_by_country_state_and_city(client: Client) -> None:
    listed("NCT99000001", sites=[place("A Hospital"), place("B Hospital", city="Salem"),
                                 place("Hôpital C", city="Paris", state="", country="France")])  # fmt: skip
    html = get(client, "/sites/")
    assert re.findall(r'href="/sites/in/([^"]+)/"', html) == ["france", "united-states"]
    assert "2 sites, 2 with open trials" in html
    assert 'href="/sites/in/united-states/massachusetts/"' in get(client, "/sites/in/united-states/")
    state = get(client, "/sites/in/united-states/massachusetts/")
    assert re.findall(r">(\w+)</a> <span class=\"note\">1 site", state) == ["Boston", "Salem"]
    assert names(get(client, "/sites/in/united-states/massachusetts/boston/")) == ["A Hospital"]


@pytest.mark.parametrize(
    ("country", "where"),
    [("United States", "the United States"), ("France", "France"), ("Dominican Republic", "the Dominican Republic")],
)
def test_a_country_reads_as_one_says_it(client: Client, country: str, where: str) -> None:
    listed("NCT99000001", sites=[place("A Hospital", country=country)])
    assert f"<h1>Hospitals and sites in {where}</h1>" in get(client, f"/sites/in/{country.lower().replace(' ', '-')}/")


def test_a_country_without_states_lists_its_cities(client: Client) -> None:
    listed("NCT99000001", sites=[place("Hôpital C", city="Paris", state="", country="France")])
    html = get(client, "/sites/in/france/")
    assert 'href="/sites/in/france/-/paris/"' in html
    assert names(get(client, "/sites/in/france/-/paris/")) == ["Hôpital C"]


def test_a_country_with_and_without_states_lists_both(client: Client) -> None:
    listed("NCT99000001", sites=[place("Hôpital C", city="Paris", state="", country="France"),
                                 place("Hôpital D", city="Nice", state="Provence", country="France")])  # fmt: skip
    html = get(client, "/sites/in/france/")
    assert 'href="/sites/in/france/provence/"' in html
    assert 'href="/sites/in/france/-/"' in html
    assert "State not stated" in html
    assert "Paris" in get(client, "/sites/in/france/-/")


def test_a_place_without_a_listed_site_is_not_there(client: Client) -> None:
    listed("NCT99000001")
    editing.hide(Site.objects.get())
    for path in ("united-states", "united-states/massachusetts", "united-states/massachusetts/boston"):
        get(client, f"/sites/in/{path}/", status=404)


@pytest.mark.parametrize(
    "path", ["nowhere", "a/b/c/d", "%25", "..", "united-states/massachusetts/boston/x", "a" * 500, "A", "a//b", "é",
             "united-states/%27", "%F0%9F%92%8A"]
)  # fmt: skip
def test_an_odd_place_is_not_there(client: Client, path: str) -> None:
    listed("NCT99000001")
    get(client, f"/sites/in/{path}/", status=404)


def test_many_cities_and_many_hospitals_are_paged(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trials.views.hospitals.CITIES_PER_PAGE", 2)
    monkeypatch.setattr("trials.views.hospitals.SITES_PER_PAGE", 2)
    listed("NCT99000001", sites=[place(f"{name} Hospital", city=city) for city in "XYZ" for name in "ABC"])
    state = "/sites/in/united-states/massachusetts/"
    assert 'rel="next" href="?page=2"' in get(client, state)
    assert re.findall(r">(\w)</a>", get(client, f"{state}?page=2")) == ["Z"]
    assert len(names(get(client, f"{state}x/"))) == 2
    assert len(names(get(client, f"{state}x/?page=2"))) == 1
    get(client, f"{state}?page=9", status=404)
    get(client, f"{state}x/?page=9", status=404)


def test_the_box_finds_a_hospital_by_name_and_city(client: Client) -> None:
    listed("NCT99000001", sites=[place("Charité"), place("Mayo Clinic", city="Rochester")])
    assert names(get(client, "/sites/?q=charite")) == ["Charité"]
    assert names(get(client, "/sites/?q=mayo+rochester")) == ["Mayo Clinic"]
    assert "We know no site of this name" in get(client, "/sites/?q=mayo+boston")


def test_an_empty_registry_says_so(client: Client) -> None:
    assert "No treatments yet" in get(client, "/treatments/")
    assert "No sites yet" in get(client, "/sites/")
    assert "treatments-" not in get(client, "/sitemap.xml")


# --- data


def test_the_twin_lists_the_trials_and_the_hospitals_own_status(client: Client) -> None:
    listed("NCT99000001")
    treatment, hospital = (json.loads(get(client, f"{path}.json")) for path in ("/treatments/green-tea", HOSPITAL[:-1]))
    assert (treatment["name"], treatment["trial_count"]) == ("Green tea", 1)
    assert treatment["trials"][0]["nct_id"] == "NCT99000001"
    assert "status_here" not in treatment["trials"][0]
    assert (hospital["city"], hospital["trials"][0]["status_here"]) == ("Boston", "RECRUITING")


def test_the_csv_has_a_row_a_trial_and_no_formula(client: Client) -> None:
    listed("NCT99000001", trial={"brief_title": "=HYPERLINK(1)"})
    table = list(csv.DictReader(StringIO(get(client, f"{HOSPITAL[:-1]}.csv"))))
    assert [row["nct_id"] for row in table] == ["NCT99000001"]
    assert table[0]["headline"] == "'=HYPERLINK(1)"
    assert table[0]["status_here"] == "RECRUITING"


def test_the_feed_has_stable_entries_and_answers_conditionally(client: Client) -> None:
    trial = listed("NCT99000001")
    TrialChangeFactory(trial=trial, kind="status_opened", field="status")
    response = client.get("/treatments/green-tea/feed/")
    parsed = feedparser.parse(response.content)
    assert [entry.id for entry in parsed.entries] == ["urn:plaintrials:NCT99000001:2"]
    again = client.get("/treatments/green-tea/feed/", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_contacts_are_in_none_of_it(client: Client) -> None:
    contacts = [{"name": "Ada Sample", "role": "CONTACT", "phone": "+1-555-0100", "email": "ada@example.org"}]
    trial = listed("NCT99000001", sites=[{**place("Sample Hospital"), "contacts": contacts}])
    TrialChangeFactory(trial=trial, kind="status_opened", field="status")
    for page in ("/treatments/green-tea", HOSPITAL[:-1]):
        for suffix in ("/", ".json", ".csv", "/feed/"):
            text = get(client, page + suffix)
            assert "ada@example.org" not in text
            assert "555-0100" not in text
            assert "Ada Sample" not in text


# --- what they cost


PAGES = [
    "/treatments/", "/treatments/?letter=g", "/treatments/?q=tea", "/treatments/green-tea/", "/sites/",
    "/sites/?q=hosp", "/sites/in/united-states/", "/sites/in/united-states/massachusetts/", HOSPITAL,
    "/treatments/green-tea.json", "/sites/in/united-states/massachusetts/boston/", f"{HOSPITAL[:-1]}.csv",
    f"{HOSPITAL}feed/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_at_most_eight_queries_however_much_it_lists(client: Client, path: str) -> None:
    taken = []
    for count in (1, 24):
        for number in range(count):
            trial = listed(f"NCT99{count:04d}{number:02d}", refresh=number == count - 1)
            condition = ConditionFactory()
            TrialCondition.objects.create(trial=trial, condition=condition, position=0)
            new = facts(trial.record.sites[0])
            TrialChangeFactory(trial=trial, kind="site_opened", field="site-1", old=None, new=new)
        with CaptureQueriesContext(connection) as caught:
            get(client, path)
        taken.append(len(caught))
        cache.clear()
    assert max(taken) <= 8
    assert taken[0] == taken[1]


# --- from other pages


def test_a_trial_links_the_treatments_and_hospitals_that_have_other_trials(client: Client) -> None:
    for number in range(2):
        listed(f"NCT9900000{number}", treatments=["Green tea", f"Only here {number}"],
               sites=[place("Sample Hospital"), place(f"Hospital {number}")])  # fmt: skip
    html = get(client, "/trials/NCT99000000/")
    assert '<a href="/treatments/green-tea/">Green tea</a>' in html
    assert f'<a href="{HOSPITAL}">Sample Hospital</a>' in html
    assert "/treatments/only-here" not in html
    assert "/sites/hospital-0" not in html
    assert f'<a href="{HOSPITAL}">Sample Hospital</a>' in get(client, "/trials/NCT99000000/sites/")


def test_a_trial_does_not_link_a_hidden_page(client: Client) -> None:
    for number in range(2):
        listed(f"NCT9900000{number}", treatments=["Placebo"])
    assert "/treatments/placebo/" not in get(client, "/trials/NCT99000000/")


def test_the_sitemap_lists_treatments_hospitals_cities_and_briefs(client: Client) -> None:
    trial = listed("NCT99000001", treatments=["Green tea", "Placebo"])
    condition = ConditionFactory(name="fatigue", trial_count=1)
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    TrialChangeFactory(trial=trial, kind="status_opened", field="status", detected_at=datetime.now(UTC))
    parts = re.findall(r"part=([^<]+)<", get(client, "/sitemap.xml"))
    assert {"0", "1", "treatments-1", "sites-1", "cities-1"} < set(parts)
    weeks = [part for part in parts if part.startswith("weekly-")]
    assert len(weeks) == 4
    found = {part: get(client, f"/sitemap.xml?part={part}") for part in parts}
    assert re.findall(r"/treatments/([^<]+)/<", found["treatments-1"]) == ["green-tea"]
    assert f"{HOSPITAL}<" in found["sites-1"]
    assert "/sites/in/united-states/massachusetts/boston/<" in found["cities-1"]
    assert "/conditions/fatigue/weekly/" in found[weeks[0]]
    assert "/conditions/" not in found[weeks[3]]
    assert "/treatments/<" in found["0"]


@pytest.mark.parametrize("part", ["weekly-1999-W01", "weekly-2026-W99", "treatments-", "sites-x", "x", "-1", "9"])
def test_an_odd_part_of_the_sitemap_is_not_there(client: Client, part: str) -> None:
    get(client, f"/sitemap.xml?part={part}", status=404)


def test_every_page_leads_to_treatments_and_hospitals(client: Client) -> None:
    html = get(client, "/")
    assert '<a href="/treatments/">Treatments A to Z</a>' in html
    assert '<a href="/sites/">Hospitals and sites</a>' in html
