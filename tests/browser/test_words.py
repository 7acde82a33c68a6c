"""A hard word in a plain summary is explained to whoever has a keyboard, a finger or no scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from explainers.models import GlossaryTerm
from tests.explainers.factories import TEXT, make_trial, published_summary

pytestmark = pytest.mark.django_db(transaction=True)
MEANING = "Effects that are not wanted."
IN_SIGHT = """() => { const box = document.querySelector('#word-side-effects').getBoundingClientRect();
return location.hash === '#word-side-effects' && box.top >= 0 && box.bottom <= innerHeight; }"""


@pytest.fixture
def page(live_server):
    GlossaryTerm.objects.create(term="side effects", slug="side-effects", definition=MEANING)
    published_summary(make_trial("NCT99000001"), text=TEXT)
    return f"{live_server.url}/trials/NCT99000001/"


@pytest.mark.parametrize(
    "tab",
    [{}, {"has_touch": True}, {"java_script_enabled": False}],
    indirect=True,
    ids=["keys", "finger", "no-scripts"],
)
def test_a_marked_word_leads_to_what_it_means(tab, page, request):
    tab.goto(page)
    word = tab.locator("a.term", has_text="side effects")
    assert word.count() == 1
    if "finger" in request.node.name:
        word.tap()
    else:
        word.focus()
        tab.keyboard.press("Enter")
    tab.wait_for_url("**/#word-side-effects")
    assert tab.locator("#word-side-effects:target").inner_text() == f"side effects: {MEANING}"
    if "no-scripts" not in request.node.name:
        tab.wait_for_function(IN_SIGHT)


@pytest.mark.parametrize("tab", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True)
def test_marks_and_meanings_please_axe(tab, page):
    tab.goto(page)
    assert [each["id"] for each in Axe().run(tab).response["violations"]] == []
