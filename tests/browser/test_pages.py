"""What only a browser can tell: journeys with and without scripts, keyboard, small screens, stillness, print."""

from typing import Any

import pytest

from tests.factories import EARLIER, ConditionFactory, TrialChangeFactory, TrialFactory, study
from tests.trials.listed import locate
from trials import search_index
from trials.directory import filling
from trials.models import Trial, TrialCondition, TrialVersion
from trials.packing import pack

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = (
    "/",
    "/trials/",
    "/conditions/",
    "/conditions/fatigue/",
    "/treatments/",
    "/treatments/green-tea/",
    "/sites/",
    "/sites/in/spain/-/boston/",
    "/sites/hospital-20-with-a-long-name-in-a-town-boston/",
    "/trials/NCT99000001/",
    "/trials/NCT99000001/changes/",
    "/trials/NCT99000001/changes/2/",
    "/trials/NCT99000001/changes/?from=1&to=2",
    "/trials/NCT99000001/sheet/",
    "/trials/NCT99000001/fit/",
    "/trials/NCT99000001/sites/",
    "/kept/",
    "/kept/?id=NCT99000001+NCT99000002",
    "/terms/",
    "/trials/compare/?id=NCT99000001+NCT99000002",
    "/basics/",
    "/safety/",
    "/privacy/",
    "/nothing/here/",
)
NO_SCRIPT, NARROW = {"java_script_enabled": False}, {"viewport": {"width": 320, "height": 640}}
ZOOMED = {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2}
DARK = {"color_scheme": "dark"}
WATCH = """window.seen = [];
document.addEventListener('securitypolicyviolation', e => seen.push('policy: ' + e.violatedDirective));
new PerformanceObserver(l => l.getEntries().forEach(e => seen.push('shift: ' + e.value)))
  .observe({type: 'layout-shift', buffered: true});"""


def _site(n: int, country: str) -> dict[str, Any]:
    return {
        "facility": f"Hospital {n} with a long name in a town",
        "status": "RECRUITING",
        "city": "Boston",
        "country": country,
        "geoPoint": {"lat": 42.4, "lon": -71.1},
        "contacts": [{"phone": "+1-555-0101", "email": f"site{n}@example.org"}],
    }


@pytest.fixture
def site(live_server: Any) -> str:
    countries = ["United States"] * 20 + ["Spain"] * 5
    sites = [_site(n, country) for n, country in enumerate(countries)]
    central = study()["protocolSection"]["contactsLocationsModule"]["centralContacts"]
    raw = study(contactsLocationsModule={"locations": sites, "centralContacts": central})
    condition = ConditionFactory(name="fatigue", trial_count=2, open_count=2)
    trial = TrialFactory(nct_id="NCT99000001", document=raw, version=2, subscription_condition=condition)
    other = TrialFactory(nct_id="NCT99000002")
    for row in (trial, other):
        TrialCondition.objects.create(trial=row, condition=condition, position=0)
    old, new = {"count": 120, "type": "ESTIMATED"}, {"count": 150, "type": "ESTIMATED"}
    TrialChangeFactory(trial=trial, old=old, new=new, field="enrollment", kind="enrollment")
    before = pack(study(designModule={"enrollmentInfo": {"count": 90, "type": "ESTIMATED"}}))
    TrialVersion.objects.create(trial=trial, version=1, packed=before, replaced_at=EARLIER)
    locate(trial, raw)
    search_index.rebuild()
    filling.rebuild()
    return str(live_server.url)


def main_text(tab: Any) -> str:
    return str(tab.locator("main").inner_text())


def test_a_contact_is_shown_in_its_place(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/")
    assert "ada@example.org" not in tab.content()
    tab.get_by_role("button", name="Show contact of the study").click()
    tab.get_by_role("link", name="ada@example.org").wait_for()
    assert tab.url == f"{site}/trials/NCT99000001/"
    assert tab.get_by_role("link", name="+1-555-0100").get_attribute("href") == "tel:+15550100"


@pytest.mark.parametrize("tab", [NO_SCRIPT], indirect=True)
def test_a_contact_is_shown_on_its_page_without_scripts(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/")
    tab.get_by_role("button", name="Show contact of Hospital 0").first.click()
    assert "site0@example.org" in main_text(tab)
    tab.get_by_role("link", name="Back to the trial").click()
    assert tab.url.endswith("/trials/NCT99000001/#contacts")


@pytest.mark.parametrize("tab", [NO_SCRIPT, {}], indirect=True)
def test_from_the_search_box_to_a_trial(tab: Any, site: str) -> None:
    tab.goto(site)
    tab.get_by_role("searchbox", name="Search trials").fill("green tea")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/trials/?q=green+tea")
    tab.get_by_role("link", name="Green Tea for Tired Nurses").first.click()
    assert "NCT ID" in main_text(tab)


def test_the_first_stop_of_the_keyboard_skips_to_the_content(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


def test_closed_parts_open_by_keyboard(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/")
    tab.locator("summary", has_text="Disclaimer").focus()
    tab.keyboard.press("Enter")
    assert tab.get_by_text("We take no responsibility").is_visible()


@pytest.mark.parametrize("tab", [NARROW, ZOOMED], indirect=True, ids=["320 px", "200 %"])
def test_nothing_scrolls_sideways(tab: Any, site: str) -> None:
    for path in PATHS:
        tab.goto(site + path)
        wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, path


def test_no_page_breaks_the_policy_moves_or_complains(tab: Any, site: str) -> None:
    said: list[str] = []
    tab.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    tab.on("pageerror", lambda e: said.append(str(e)))
    tab.add_init_script(WATCH)
    for path in PATHS:
        tab.goto(site + path)
        tab.mouse.wheel(0, 4000)
        tab.wait_for_timeout(150)
        assert tab.evaluate("seen") == [], path
    assert [text for text in said if "404" not in text] == []


@pytest.mark.parametrize("tab, is_dark", [(DARK, True), ({}, False)], indirect=["tab"])
def test_colours_follow_the_device(tab: Any, site: str, is_dark: bool) -> None:
    tab.goto(site)
    red = tab.evaluate("Number(getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0])")
    assert (red < 80) == is_dark


def test_a_first_visit_of_a_trial_weighs_under_100_kb(tab: Any, site: str) -> None:
    sizes: list[int] = []
    session = tab.context.new_cdp_session(tab)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tab.goto(f"{site}/trials/NCT99000001/", wait_until="load")
    tab.wait_for_timeout(300)
    assert len(sizes) >= 5
    assert sum(sizes) < 100_000


def test_first_screen_of_a_phone_answers_what_brings_people(tab: Any, site: str) -> None:
    """Is it open, what is it, is it near me, what next: without scrolling."""
    tab.goto(f"{site}/trials/NCT99000001/")
    parts = [tab.locator(".status-line"), tab.locator("h1"), tab.locator(".near a"), tab.locator(".truth")]
    parts += tab.locator(".actions a").all()
    lowest = [part.bounding_box()["y"] + part.bounding_box()["height"] for part in parts]
    assert max(lowest) < 844
    assert tab.locator(".near").inner_text() == "Where 25 sites in 2 countries: United States and Spain"
    assert tab.locator(".crumbs").bounding_box()["height"] < 60


def test_two_versions_are_chosen_and_compared(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/changes/")
    tab.get_by_label("From").select_option("1")
    tab.locator("select[name=to]").select_option("2")
    tab.get_by_role("button", name="Compare").click()
    assert tab.url.endswith("/changes/?from=1&to=2")
    assert "90 planned" in tab.locator("del").all_inner_texts()
    assert "120 planned" in tab.locator("ins").all_inner_texts()


def test_a_trial_with_many_sites_prints_on_three_pages_at_most(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/")
    assert 1 <= tab.pdf(format="A4").count(b"/Type /Page\n") <= 3


def test_sheet_prints_on_one_page(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/sheet/")
    assert tab.pdf(format="A4").count(b"/Type /Page\n") == 1


def test_trials_leave_no_contact_in_storage_or_cookies(tab: Any, site: str) -> None:
    tab.goto(f"{site}/trials/NCT99000001/")
    assert tab.context.cookies() == []
    assert tab.evaluate("localStorage.length + sessionStorage.length") == 0
    assert Trial.objects.count() == 2
