"""The page of the search: words, counts, filters to take away, what to widen, and how many queries it takes."""

import csv
import json
import re
from io import StringIO

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.trials.finding import findable, site
from trials.models import Condition, Trial
from trials.search import suggesting

pytestmark = pytest.mark.django_db


def page(client: Client, expected: int = 200, **parameters: str) -> str:
    response: HttpResponse = client.get("/trials/", parameters)
    assert response.status_code == expected
    return response.content.decode()


def queries(client: Client, **parameters: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        page(client, **parameters)
    return len(caught)


def many(count: int) -> None:
    near_boston = [site("Boston", 42.36, -71.06), site("Oslo", 59.91, 10.75, country="Norway")]
    for number in range(count):
        findable(f"NCT9900{number:04d}", contactsLocationsModule={"locations": near_boston})


@pytest.mark.parametrize(
    "parameters",
    [{}, {"q": "tea"}, {"q": "fatigue tea", "country": "norway", "age": "40", "phase": "phase2"},
     {"q": "fatigue", "near": "Boston", "condition": "fatigue"}],
)  # fmt: skip
def test_a_list_takes_at_most_six_queries_however_many_trials_it_shows(
    client: Client, parameters: dict[str, str]
) -> None:
    many(3)
    few = queries(client, **parameters)
    for number in range(20):
        findable(f"NCT9901{number:04d}", contactsLocationsModule={"locations": [site("Boston", 42.36, -71.06)]})
    assert queries(client, **parameters) == few <= 6


def test_open_now_is_shown_as_a_choice_that_can_be_taken_away(client: Client) -> None:
    findable("NCT99000001")
    findable("NCT99000002", statusModule={"overallStatus": "COMPLETED"})
    html = page(client)
    assert "<strong>1</strong> trial open now" in html
    assert re.search(r'<a href="/trials/\?status=any"><span class="hidden-words">Take away: </span>Open now', html)
    assert '<option value="any">Any status (2)</option>' in html


def test_filters_carry_counts(client: Client) -> None:
    findable("NCT99000001")
    findable("NCT99000002", designModule={"phases": ["PHASE2", "PHASE3"]})
    html = page(client)
    assert '<option value="phase2">Phase 2 (2)</option>' in html
    assert '<option value="phase3">Phase 3 (1)</option>' in html
    assert '<option value="united-states">United States (2)</option>' in html
    assert "Phase 4" not in html


def test_what_was_asked_stays_in_the_form_and_in_every_link(client: Client) -> None:
    many(21)
    html = page(client, phase="phase2", q="tea", age="40")
    assert '<option value="phase2" selected>' in html
    assert 'name="q" value="tea"' in html
    assert 'rel="next" href="/trials/?q=tea&amp;phase=phase2&amp;age=40&amp;page=2"' in html


def test_a_filtered_page_is_not_for_search_engines_and_names_its_one_address(client: Client) -> None:
    findable("NCT99000001")
    html = page(client, sex="female", q="tea", status="open", page="1")
    assert '<meta name="robots" content="noindex, follow">' in html
    assert re.search(r'<link rel="canonical" href="[^"]*/trials/\?q=tea&amp;sex=female">', html)
    assert "noindex" not in page(client)


def test_a_condition_by_another_name_says_what_is_shown(client: Client) -> None:
    findable("NCT99000001", conditionsModule={"conditions": ["Stomach Neoplasms"]})
    html = page(client, q="stomach cancer")
    assert (
        'Showing trials for <a href="/conditions/stomach-neoplasms/">stomach neoplasms</a>, also called stomach' in html
    )


def test_near_a_place_each_trial_says_where_and_how_far(client: Client) -> None:
    sites = [site("Oslo", 59.91, 10.75, country="Norway"), site("Bethesda", 38.98, -77.1)]
    findable("NCT99000001", contactsLocationsModule={"locations": sites})
    findable("NCT99000002", contactsLocationsModule={"locations": [site("Bethesda", 38.98, -77.1, "")]})
    html = page(client, near="Washington, DC", within="100km")
    assert "Bethesda, 11 km, recruiting" in html
    assert "Bethesda, 11 km, status not stated" in html
    assert "to the middle of the city where a site lies" in html
    assert "7 mi, recruiting" in page(client, near="Washington, DC")


def test_nothing_near_says_how_many_are_farther_away(client: Client) -> None:
    many(2)
    html = page(client, near="Chicago", within="50km", q="tea")
    assert "No trial fits all of that" in html
    assert '<a href="/trials/?q=tea">2 trials in any place</a>' in html


def test_an_unknown_place_is_said_and_finds_nothing(client: Client) -> None:
    many(1)
    html = page(client, near="Nowhereville")
    assert "We do not know the place “Nowhereville”" in html
    assert "NCT9900" not in html


def test_one_result(client: Client) -> None:
    findable("NCT99000001")
    html = page(client, q="tea")
    assert "<strong>1</strong> trial open now" in html
    assert 'class="pager"' not in html


def test_a_thousand_and_more_are_counted_to_a_thousand(client: Client) -> None:
    many(1)
    row = Trial.objects.get().search
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO trials_trial SELECT (jsonb_populate_record(t, jsonb_build_object('id', 10000 + n, 'nct_id',
            'NCT98' || lpad(n::text, 6, '0')))).* FROM trials_trial t, generate_series(1, 1005) n
            """
        )
        cursor.execute(
            """
            INSERT INTO trials_trialsearch
            SELECT (jsonb_populate_record(s, jsonb_build_object('trial_id', 10000 + n))).*
            FROM trials_trialsearch s, generate_series(1, 1005) n WHERE s.trial_id = %s
            """,
            [row.pk],
        )
    html = page(client)
    assert "<strong>1,000+</strong> trials open now" in html
    assert "Page 1 of 50" in html
    last = page(client, page="50")
    assert "Add a filter to see others" in last
    assert 'rel="next"' not in last
    assert "You can page through the first 1,000 trials" in page(client, 404, page="51")


@pytest.mark.parametrize("parameters", [{"page": "999999999"}, {"q": "tea", "page": "3"}])
def test_a_page_behind_the_last_one_leads_back(client: Client, parameters: dict[str, str]) -> None:
    many(1)
    assert "Go to the first page" in page(client, 404, **parameters)


@pytest.mark.parametrize(
    "query", ["q=" + "a" * 600, "near=Boston&within=NaN", "age=-1", "near=900,900", "status=zzz", "page=0", "sort=best"]
)
def test_what_cannot_be_asked_is_told_in_words(client: Client, query: str) -> None:
    many(1)
    response = client.get(f"/trials/?{query}")
    assert response.status_code == 400
    assert 'class="notice bad"' in response.content.decode()


@pytest.mark.parametrize("q", ["a" * 1_000_000, "word " * 100_000, "\x00"])
def test_a_megabyte_or_a_null_byte_is_refused_at_the_door(client: Client, q: str) -> None:
    assert client.get("/trials/", {"q": q}).status_code in (400, 414)


@pytest.mark.parametrize("q", ["%", "'\"", "\u202etea", "<script>alert(1)</script>", "{{ 7*7 }}", "\ud83d"])
def test_odd_letters_get_an_answer_and_are_never_markup(client: Client, q: str) -> None:
    many(1)
    response = client.get("/trials/", {"q": q.encode("utf-8", "surrogatepass")})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_an_nct_id_leads_to_its_trial(client: Client) -> None:
    findable("NCT99000001")
    response = client.get("/trials/", {"q": " nct99000001 "})
    assert (response.status_code, response["Location"]) == (302, "/trials/NCT99000001/")


def test_suggestions_begin_with_what_is_typed_and_come_once(client: Client) -> None:
    findable("NCT99000001", conditionsModule={"conditions": ["Stomach Neoplasms", "Asthma"]})
    Condition.objects.update(trial_count=1, open_count=1)
    answer = json.loads(client.get("/trials/suggest/", {"q": "Stomach"}).content)
    assert [s["url"] for s in answer["suggestions"]] == ["/conditions/stomach-neoplasms/"]
    by_another = json.loads(client.get("/trials/suggest/", {"q": "gastric c"}).content)["suggestions"][0]
    assert (by_another["name"], by_another["also"]) == ("gastric cancer", "stomach neoplasms")


@pytest.mark.parametrize("typed", ["", "s", "%", "_%", "\\", "\x00\x00", "x" * 100_000])
def test_suggestions_for_nothing_are_none(typed: str) -> None:
    assert suggesting.suggestions(typed) == []


def test_the_twins_answer_the_same_question(client: Client) -> None:
    findable("NCT99000001")
    findable("NCT99000002", designModule={"phases": ["PHASE4"]})
    answer = json.loads(client.get("/trials.json", {"phase": "phase4"}).content)
    assert (answer["total"], answer["or_more"], answer["trials"][0]["nct_id"]) == (1, False, "NCT99000002")
    rows = list(csv.DictReader(StringIO(client.get("/trials.csv", {"phase": "phase4"}).content.decode())))
    assert [row["nct_id"] for row in rows] == ["NCT99000002"]
    assert client.get("/trials.json", {"age": "old"}).status_code == 400
    assert client.get("/trials.csv", {"age": "old"}).status_code == 400


def test_a_cell_that_a_spreadsheet_would_run_is_quoted(client: Client) -> None:
    findable("NCT99000001", identificationModule={"briefTitle": "=HYPERLINK(1)"})
    assert "'=HYPERLINK(1)" in client.get("/trials.csv").content.decode()
