"""The rules of a trial that a visitor goes through alone, and the sheet for the appointment, in a browser."""

import json
import re
from typing import Any

import pytest

from tests.browser.watching import NO_SCRIPT, STORED, watch
from tests.factories import TrialChangeFactory, TrialFactory
from tests.real_records import needs_records, studies
from trials.pages import questions
from trials.records import parse

pytestmark = pytest.mark.django_db(transaction=True)
FIT = "/trials/NCT99000001/fit/"


def answer(tab: Any, rule: str, words: str) -> None:
    tab.get_by_role("group", name=rule).get_by_label(words).check()


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


# --- the rules


def test_the_rules_open_on_the_trial_page_and_no_request_carries_an_answer(tab: Any, site: str) -> None:
    sent = watch(tab)
    tab.goto(f"{site}/trials/NCT99000001/")
    tab.get_by_role("link", name="Go through the rules yourself").click()
    tab.get_by_role("heading", name="Go through the rules yourself").wait_for()
    assert tab.evaluate("document.activeElement.id") == "fit"
    before = len(sent)
    answer(tab, "Rule 3 that", "True for me")
    answer(tab, "Rule 4 that", "Not true")
    answer(tab, "Allergy to tea", "Not sure")
    tab.get_by_label("Keep my answers in this browser").check()
    tab.get_by_role("group", name="Rule 3 that").get_by_label("True for me").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_timeout(300)
    assert sent[before:] == [], "ticking asks nobody for anything"
    tab.get_by_role("link", name="Put them on my sheet").click()
    tab.get_by_role("heading", name="What I ticked beside the rules").wait_for()
    tab.get_by_role("button", name="Make my sheet").click()
    tab.wait_for_load_state("networkidle")
    keys = [rule for rule, _, _ in json.loads(tab.evaluate("localStorage.getItem('fit-NCT99000001')"))]
    for method, url, body in sent:
        assert method == "GET", url
        assert not body
        assert url.startswith(site)
        for word in (*keys, "unsure", "rule-", "Allergy", "fit-NCT"):
            assert word not in url, url


def test_answers_are_on_the_sheet_the_doubts_first_and_nothing_judges_them(tab: Any, site: str) -> None:
    tab.goto(site + FIT)
    answer(tab, "Rule 1 that", "True for me")
    answer(tab, "Rule 2 that", "Not true")
    answer(tab, "Allergy to tea", "Not sure")
    status = tab.locator("[data-fit-status]").inner_text()
    assert status == "You have gone through 3 of 10 rules."
    looks = {
        tab.get_by_role("group", name=rule).get_by_label(words).evaluate("e => getComputedStyle(e).accentColor")
        for rule, words in (("Rule 1 that", "True for me"), ("Rule 2 that", "Not true"), ("Allergy", "Not sure"))
    }
    assert len(looks) == 1, "one look for every answer"
    tab.goto(f"{site}/trials/NCT99000001/sheet/")
    lines = tab.locator("[data-fit-answers] li").all_inner_texts()
    assert [line.split(":")[0] for line in lines] == ["Not sure", "Not true", "True for me"]
    said = tab.locator("main").inner_text().lower()
    for word in ("score", "eligible", "match", "qualify", "%"):
        assert word not in said


def test_answers_last_as_long_as_the_tab_unless_asked_to_stay(tab: Any, site: str) -> None:
    tab.goto(site + FIT)
    answer(tab, "Rule 1 that", "True for me")
    assert tab.evaluate("localStorage.length") == 0
    tab.reload()
    assert tab.get_by_role("group", name="Rule 1 that").get_by_label("True for me").is_checked()
    other = tab.context.new_page()
    other.goto(site + FIT)
    assert other.locator("input[type=radio]:checked").count() == 0
    tab.get_by_label("Keep my answers in this browser").check()
    other.reload()
    assert other.locator("input[type=radio]:checked").count() == 1
    assert other.get_by_label("Keep my answers in this browser").is_checked()
    other.get_by_label("Keep my answers in this browser").uncheck()
    assert other.evaluate("localStorage.length") == 0


def test_one_button_clears_every_answer(tab: Any, site: str) -> None:
    tab.goto(site + FIT)
    answer(tab, "Rule 1 that", "True for me")
    tab.get_by_label("Keep my answers in this browser").check()
    assert "fit-NCT99000001" in tab.evaluate(STORED)
    tab.get_by_role("button", name="Clear my answers").click()
    assert tab.evaluate(STORED) == "[{},{}]"
    assert tab.locator("input:checked").count() == 0
    assert tab.get_by_text("Your answers are cleared.").is_visible()
    tab.goto(f"{site}/trials/NCT99000001/sheet/")
    assert not tab.locator("[data-fit-answers]").is_visible()


def test_a_rule_that_reads_differently_now_loses_its_answer_and_that_is_said(tab: Any, site: str) -> None:
    tab.goto(site + FIT)
    said = [["0123456789", "yes", "An old rule"]]
    tab.evaluate("said => sessionStorage.setItem('fit-NCT99000001', JSON.stringify(said))", said)
    answer(tab, "Rule 1 that", "True for me")
    tab.evaluate(
        "s => { const l = JSON.parse(sessionStorage.getItem('fit-NCT99000001'));"
        " sessionStorage.setItem('fit-NCT99000001', JSON.stringify([...s, ...l])) }",
        said,
    )
    tab.reload()
    assert "1 rule that you ticked reads differently now" in tab.locator("[data-fit-status]").inner_text()
    assert "0123456789" not in tab.evaluate(STORED)


@pytest.mark.parametrize("nonsense", ["[1]", "{}", "[[null]]", "not json", '[["a\\"]", "x\\"]", 3]]'])
def test_storage_that_holds_nonsense_breaks_nothing(tab: Any, site: str, nonsense: str) -> None:
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto(site)
    tab.evaluate("n => ['fit-NCT99000001', 'kept-trials'].forEach(key => localStorage.setItem(key, n))", nonsense)
    for path in (FIT, "/trials/NCT99000001/sheet/", "/trials/NCT99000001/", "/kept/"):
        tab.goto(site + path)
        assert tab.locator("h1").is_visible()
    assert wrong == []


@pytest.mark.parametrize("tab", [NO_SCRIPT], indirect=True)
def test_without_scripts_the_rules_are_a_list_to_tick_and_print(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/")
    tab.get_by_role("link", name="Go through the rules yourself").click()
    assert tab.url == site + FIT
    answer(tab, "Rule 1 that", "Not sure")
    assert tab.locator("input:checked").count() == 1
    assert not tab.get_by_role("button", name="Clear my answers").is_visible()
    assert not tab.get_by_role("button", name="Print this list").is_visible()
    assert tab.locator("main form").count() == 0, "no way to send it by accident"
    assert pages_of(tab.pdf(format="A4")) == 1


# --- the sheet


def _every_question(nct_id: str) -> str:
    record = parse(next(raw for raw in studies() if parse(raw).nct_id == nct_id))
    return "&".join(f"ask-{question.slug}=1" for question in questions.for_trial(record))


FULL = """id => sessionStorage.setItem('fit-' + id, JSON.stringify([...Array(30).keys()].map(n =>
  ['k' + n, 'unsure', 'A rule with as many words as rules of the longer kind have, so that each takes a line and a bit'
   + ' more of the paper than it should take'])))"""


@needs_records
def test_the_sheet_of_any_trial_is_one_page_however_much_is_on_it(tab: Any, live_server: Any) -> None:
    """Every twentieth real record and those with the longest texts, with all that a visitor can choose."""
    by_length = sorted(studies(), key=lambda raw: len(parse(raw).brief_title) + len(parse(raw).brief_summary))
    chosen = {parse(raw).nct_id: raw for raw in (*studies()[::20], *by_length[-8:])}
    for nct_id, raw in chosen.items():
        record = parse(raw)
        trial = TrialFactory(nct_id=nct_id, brief_title=record.brief_title, version=3, document=raw)
        for field in ("enrollment", "status", "completion"):
            TrialChangeFactory(trial=trial, field=field, kind="status", version=3)
        tab.goto(f"{live_server.url}/trials/{nct_id}/sheet/?near=Boston&{_every_question(nct_id)}")
        tab.evaluate(FULL, nct_id)
        tab.reload()
        assert tab.locator("[data-fit-answers] li").count() == 5
        for size in ("A4", "Letter"):
            assert pages_of(tab.pdf(format=size)) == 1, (nct_id, size)


def test_the_sheet_holds_a_line_for_each_question(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/sheet/")
    tab.get_by_label("Town or US ZIP code").fill("02115")
    tab.get_by_label("What would I have to pay").check()
    tab.get_by_role("button", name="Make my sheet").click()
    assert "near=02115" in tab.url
    assert "ask-cost=1" in tab.url
    near = tab.locator(".paper li", has_text="Sample Hospital").inner_text()
    assert re.fullmatch(r"Sample Hospital, Boston, Massachusetts, United States, \d mi, recruiting", near)
    assert tab.locator(".paper-questions li").count() == tab.locator(".paper-questions .line").count()
    for size in ("A4", "Letter"):
        assert pages_of(tab.pdf(format=size)) == 1
    href = tab.get_by_role("link", name="As plain text").get_attribute("href")
    reply = tab.request.get(site + href)
    assert "text/plain" in reply.headers["content-type"]
    assert "SITES NEAREST TO BOSTON 02115, MA" in reply.text()
