"""From trial to trial inside a search: links of the list carry its question, and the page of a trial stays cheap."""

import re
from html import unescape
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.trials.finding import findable, site
from tests.trials.test_list_page import page
from trials.models import TrialSearch

pytestmark = pytest.mark.django_db


def many(count: int, title: str = "Green Tea") -> list[str]:
    """Trials of a list, in its order."""
    ids = [f"NCT99{number:06d}" for number in range(count)]
    for nct_id in ids:
        findable(nct_id, identificationModule={"briefTitle": title})
    return ids[::-1]


def links(html: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'<h2><a href="(/trials/NCT\d{8}/[^"]*)"', html)]


def link(html: str, words: str) -> str:
    found = re.search(rf'<a (?:rel="[^"]*" )?href="([^"]*)">{words}', html)
    return unescape(found[1]) if found else ""


def walk(client: Client, start: str, words: str) -> str:
    """The address behind Next or Previous on a trial's page."""
    html = client.get(start).content.decode()
    response = client.get(urlsplit(start).path + link(html, words))
    assert response.status_code == 302
    return str(response["Location"])


def test_next_and_previous_go_through_the_list_and_over_its_pages(client: Client) -> None:
    order = many(23)
    start = links(page(client, q="green tea", phase="phase2"))[0]
    assert urlsplit(start).path == f"/trials/{order[0]}/"
    assert parse_qs(urlsplit(start).query) == {"in": ["q=green+tea&phase=phase2"], "at": ["1"]}
    seen, here = [], start
    for _ in order:
        seen.append(urlsplit(here).path.split("/")[2])
        last, here = here, walk(client, here, "Next")
    assert seen == order
    assert here == "/trials/?q=green+tea&phase=phase2&page=2", "behind the last one is the list"
    assert walk(client, last, "Previous") == links(page(client, q="green tea", phase="phase2", page="2"))[1]


def test_the_page_leads_back_to_its_place_in_the_results(client: Client) -> None:
    many(23)
    html = client.get(links(page(client, q="tea", page="2"))[2]).content.decode()
    assert link(html, "Back to results") == "/trials/?q=tea&page=2"
    assert "Trial 23 in this search" in html
    first = client.get(links(page(client, q="tea"))[0]).content.decode()
    assert link(first, "Back to results") == "/trials/?q=tea"
    assert link(first, "Previous") == ""


def test_the_plain_page_knows_nothing_of_searches_and_the_other_is_not_for_search_engines(client: Client) -> None:
    many(1)
    plain = client.get("/trials/NCT99000000/").content.decode()
    inside = client.get("/trials/NCT99000000/?in=q%3Dtea&at=1").content.decode()
    assert "in-search" not in plain
    assert "noindex" not in plain
    assert '<meta name="robots" content="noindex, follow">' in inside
    for html in (plain, inside):
        assert re.search(r'<link rel="canonical" href="[^"?]*/trials/NCT99000000/">', html)


def test_the_way_costs_the_page_no_query_and_a_step_two(client: Client) -> None:
    many(3)
    client.get("/trials/NCT99000001/")
    counts = []
    for address in ("/trials/NCT99000001/", "/trials/NCT99000001/?in=q%3Dtea&at=2"):
        with CaptureQueriesContext(connection) as caught:
            client.get(address)
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 6
    with CaptureQueriesContext(connection) as caught:
        client.get("/trials/NCT99000001/step/?in=q%3Dtea&at=2&to=next")
    assert len(caught) == 2


def test_the_way_goes_on_where_the_list_has_moved(client: Client) -> None:
    order = many(6)
    at_third = links(page(client, q="tea"))[2]
    TrialSearch.objects.filter(trial__nct_id=order[0]).delete()
    assert order[3] in walk(client, at_third, "Next"), "it is the second one now"
    assert order[1] in walk(client, at_third, "Previous")


def test_a_place_is_kept_by_no_cache(client: Client) -> None:
    findable("NCT99000001", contactsLocationsModule={"locations": [site("Boston", 42.36, -71.06)]})
    findable("NCT99000002", contactsLocationsModule={"locations": [site("Worcester", 42.2626, -71.8023)]})
    near = links(page(client, near="Boston"))
    assert client.get(near[0])["Cache-Control"] == "private"
    assert "private" not in client.get("/trials/NCT99000001/?in=q%3Dtea&at=1").get("Cache-Control", "")
    assert walk(client, near[0], "Next") == near[1]


def test_a_question_that_was_put_right_is_walked_as_it_was_meant(client: Client) -> None:
    many(2)
    from trials.models import Trial
    from trials.search import spelling
    from trials.search.words import name_words

    spelling.note([name_words(trial.record) for trial in Trial.objects.select_related("document")])
    html = page(client, q="gren tea")
    assert "No trial fits “gren tea”" in html
    assert parse_qs(urlsplit(links(html)[0]).query)["in"] == ["q=green+tea"]


@pytest.mark.parametrize(
    "query",
    ["in=q%3Dtea", "in=q%3Dtea&at=0", "in=q%3Dtea&at=1001", "in=q%3Dtea&at=1e3", "in=q%3Dtea&at=%D9%A3", "at=1",
     "in=status%3Dzzz&at=1", "in=near%3DNowhereville&at=1", "in=near%3DBoston%26within%3DNaN&at=1",
     "in=" + "%26" * 90 + "&at=1", "in=" + "a" * 1500 + "&at=1", "in=page%3D10000000000000&at=1",
     "in=" + quote("q=" + "word+" * 120) + "&at=1"],
)  # fmt: skip
def test_what_makes_no_sense_is_the_plain_page_and_no_step(client: Client, query: str) -> None:
    many(1)
    response = client.get(f"/trials/NCT99000000/?{query}")
    assert response.status_code == 200
    assert b"in-search" not in response.content
    assert client.get(f"/trials/NCT99000000/step/?{query}&to=next").status_code == 404


@pytest.mark.parametrize(
    "q", ["%", "'\"", "\x00", "\u202etea", "<script>alert(1)</script>", "100%", "{{ 7*7 }}", "日本"]
)
def test_odd_letters_in_the_question_are_walked_or_ignored_and_never_markup(client: Client, q: str) -> None:
    many(1)
    query = f"in={quote('q=' + quote(q))}&at=1"
    html = client.get(f"/trials/NCT99000000/?{query}").content.decode()
    assert "<script>alert" not in html
    assert client.get(f"/trials/NCT99000000/step/?{query}&to=next").status_code == 302


def test_a_question_too_long_to_carry_leaves_the_links_plain(client: Client) -> None:
    many(1, title="日本 " * 40)
    assert links(page(client, q="日本 " * 80)) == ["/trials/NCT99000000/"]


@pytest.mark.parametrize("size", [3_000, 1_000_000])
def test_a_giant_address_is_refused_at_the_door(client: Client, size: int) -> None:
    many(1)
    for path in ("", "step/"):
        answer = client.get(f"/trials/NCT99000000/{path}?in=q%3D{'a' * size}&at=1&to=next")
        assert answer.status_code in (400, 404, 414)


@pytest.mark.parametrize("query", ["", "in=q%3Dtea&at=1", "in=q%3Dtea&at=1&to=there", "to=next"])
def test_a_step_to_nowhere_is_not_found(client: Client, query: str) -> None:
    many(1)
    assert client.get(f"/trials/NCT99000000/step/?{query}").status_code == 404


def test_a_step_leads_only_into_this_site(client: Client) -> None:
    many(2)
    query = f"in={quote('q=tea&next=https://example.org//evil')}&at=1&to=next"
    answer = client.get(f"/trials/NCT99000001/step/?{query}")
    assert answer["Location"] == "/trials/NCT99000000/?in=q%3Dtea&at=2"
    assert answer["X-Robots-Tag"] == "noindex"


def test_a_list_of_everything_is_walked_too(client: Client) -> None:
    order = many(2)
    start = links(page(client))[0]
    assert start == f"/trials/{order[0]}/?in=&at=1"
    assert walk(client, start, "Next") == f"/trials/{order[1]}/?in=&at=2"
