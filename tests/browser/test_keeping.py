"""Trials that a reader keeps in the browser, and those compared side by side."""

from typing import Any

import pytest

from tests.browser.watching import NO_SCRIPT, STORED, watch

pytestmark = pytest.mark.django_db(transaction=True)
PHONE, TABLET, DESK = ({"viewport": {"width": width, "height": 844}} for width in (390, 768, 1280))


# --- kept trials


def test_a_trial_is_kept_from_its_page_and_from_a_list_and_taken_off(tab: Any, site: str) -> None:
    sent = watch(tab)
    tab.goto(f"{site}/trials/NCT99000001/")
    tab.wait_for_load_state("networkidle")
    keep = tab.get_by_role("button", name="Keep this trial")
    before = len(sent)
    keep.focus()
    tab.keyboard.press("Enter")
    assert tab.get_by_text("Kept in this browser. See your list (1)").is_visible()
    assert sent[before:] == []
    tab.goto(f"{site}/trials/?q=nurses")
    tab.get_by_role("button", name="Keep this trial NCT99000002").click()
    assert tab.get_by_role("button", name="Take off my list NCT99000001").is_visible()
    tab.goto(f"{site}/kept/")
    assert tab.locator(".kept-rows h2").all_inner_texts() == ["Tea for nurses", "Water for nurses"]
    assert [url for _, url, _ in sent if "kept" in url and "id=" in url] == [], "nobody is told what is on the list"
    tab.get_by_role("button", name="Take off my list NCT99000001").click()
    assert tab.locator(".kept-rows h2").all_inner_texts() == ["Water for nurses"]
    tab.goto(f"{site}/trials/NCT99000001/")
    assert tab.get_by_role("button", name="Keep this trial").is_visible()


def test_nothing_moves_when_a_kept_trial_is_opened_again(tab: Any, site: str) -> None:
    def boxes() -> list[Any]:
        return [tab.locator(part).first.bounding_box() for part in ("[data-keep]", "[data-copy]", "h2")]

    tab.route("**/keep*.js", lambda route: route.abort())
    tab.goto(f"{site}/trials/NCT99000001/")
    plain = boxes()
    tab.unroute("**/keep*.js")
    tab.reload()
    tab.get_by_role("button", name="Keep this trial").click()
    tab.reload()
    assert tab.get_by_role("button", name="Take off my list").is_visible()
    assert boxes() == plain


def _keep_both(tab: Any, site: str) -> None:
    for nct_id in ("NCT99000001", "NCT99000002"):
        tab.goto(f"{site}/trials/{nct_id}/")
        tab.get_by_role("button", name="Keep this trial").click()
    tab.goto(f"{site}/kept/")


def test_a_list_is_compared_shared_and_cleared(tab: Any, site: str) -> None:
    _keep_both(tab, site)
    mail = tab.get_by_role("link", name="Send by mail").get_attribute("href")
    assert mail.startswith("mailto:?subject=")
    assert "NCT99000001%2BNCT99000002" in mail
    tab.get_by_role("link", name="See how they stand now").click()
    assert tab.url == f"{site}/kept/?id=NCT99000001+NCT99000002"
    assert tab.locator(".kept-rows .pill").count() == 2
    tab.get_by_role("button", name="Compare the ticked").click()
    assert tab.url == f"{site}/trials/compare/?id=NCT99000001&id=NCT99000002"
    assert tab.get_by_role("table").count() >= 5
    tab.goto(f"{site}/kept/")
    tab.once("dialog", lambda dialog: dialog.dismiss())
    tab.get_by_role("button", name="Clear the list").click()
    assert tab.locator(".kept-rows li").count() == 2
    tab.once("dialog", lambda dialog: dialog.accept())
    tab.get_by_role("button", name="Clear the list").click()
    assert tab.get_by_text("Nothing is on your list yet").is_visible()
    assert tab.evaluate(STORED) == "[{},{}]"


def test_somebody_elses_list_can_be_kept_whole(tab: Any, site: str) -> None:
    tab.goto(f"{site}/kept/?id=NCT99000001+NCT99000002")
    tab.get_by_role("button", name="Keep all of these in this browser").click()
    tab.goto(f"{site}/kept/")
    assert tab.locator(".kept-rows li").count() == 2


def test_at_most_four_are_compared(tab: Any, site: str) -> None:
    five = [{"id": f"NCT9900000{n}", "title": f"Trial {n}", "on": "2026-11-21"} for n in range(1, 6)]
    tab.goto(site)
    tab.evaluate("list => localStorage.setItem('kept-trials', JSON.stringify(list))", five)
    tab.goto(f"{site}/kept/")
    boxes = tab.locator(".kept-rows input")
    assert boxes.evaluate_all("all => all.map(box => [box.checked, box.disabled])") == [[True, False]] * 4 + [
        [False, True]
    ]
    boxes.first.uncheck()
    assert boxes.last.is_enabled()


def test_a_title_is_shown_as_text(tab: Any, site: str) -> None:
    hostile = [{"id": "NCT99000001", "title": "<img src=x onerror=alert(1)>", "on": "x"}, {"id": "javascript:1"}]
    tab.goto(site)
    tab.evaluate("list => localStorage.setItem('kept-trials', JSON.stringify(list))", hostile)
    tab.goto(f"{site}/kept/")
    assert tab.locator(".kept-rows li").count() == 1
    assert tab.locator(".kept-rows img").count() == 0


@pytest.mark.parametrize("tab", [NO_SCRIPT], indirect=True)
def test_without_scripts_a_list_is_an_address(tab: Any, site: str) -> None:
    tab.goto(f"{site}/kept/")
    assert tab.get_by_text("they do not run here").is_visible()
    tab.goto(f"{site}/trials/NCT99000001/")
    assert not tab.get_by_role("button", name="Copy the link").is_visible()
    tab.get_by_role("link", name="Keep this trial").click()
    assert tab.url == f"{site}/kept/?id=NCT99000001"
    tab.get_by_label("NCT IDs").fill("NCT99000001 NCT99000002")
    tab.get_by_role("button", name="Show them").click()
    assert tab.locator(".kept-rows li").count() == 2
    tab.get_by_role("button", name="Compare the ticked").click()
    assert "Compare trials" in tab.locator("h1").inner_text()


@pytest.mark.parametrize("tab", [{"permissions": ["clipboard-read", "clipboard-write"]}], indirect=True)
def test_the_link_of_a_trial_is_copied(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/")
    tab.get_by_role("button", name="Copy the link").click()
    tab.get_by_role("button", name="Link copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()").endswith("/trials/NCT99000001/")


# --- comparing


@pytest.mark.parametrize("tab", [PHONE, TABLET, DESK], indirect=True, ids=["390", "768", "1280"])
def test_each_value_is_labelled_and_nothing_scrolls_sideways(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/compare/?id=NCT99000001+NCT99000002&near=Boston")
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert tab.locator(".comparison").evaluate_all("all => all.every(t => t.scrollWidth <= t.clientWidth + 1)")
    row = tab.locator("tr", has_text="Nearest site to Boston")
    values = [cell.inner_text() for cell in row.locator("td").all()]
    is_narrow = tab.viewport_size["width"] < 700
    assert values[0].startswith("A") == is_narrow, "the letter stands where the column's head does not"
    assert "recruiting" in values[1]
    assert row.locator(".differs").inner_text() == "alike"
