"""From an empty queue entry to the page and back through a change to "still correct", with the keyboard alone."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from explainers.models import PlainSummary
from tests.browser.desk import PASSWORD, WIDE, complaints, log_in, press, reach, staff, write_into
from tests.explainers.factories import NOON, TEXT
from tests.factories import TrialChangeFactory, TrialFactory
from trials.models import Trial, TrialChange

pytestmark = pytest.mark.parametrize("tab", [WIDE], indirect=True)
COUNT_POINTERS = """
for (const kind of ["pointerdown", "mousedown", "touchstart", "wheel"]) {
  addEventListener(kind, () => sessionStorage.setItem("pointers", 1), true);
}
"""

FRAMED = "document.getElementById('preview').contentDocument"
IN_FRAME = f"(words) => {FRAMED}?.querySelector('h1')?.innerText.includes(words)"
HEAD_IS_HIDDEN = f"() => getComputedStyle({FRAMED}.querySelector('.site-head')).display === 'none'"


@pytest.fixture
def people(transactional_db):
    # A test that commits is followed by a flush, which takes the roles that the migrations made
    ContentType.objects.clear_cache()
    import_module("explainers.migrations.0002_roles").give_roles(apps, None)
    staff("Editor", "Reviewer")


def change_places(tab, name):
    """The one goes, the other comes, at the same keyboard."""
    press(tab, "LOG OUT|")
    press(tab, "Log in again")
    type_in(tab, name)


def type_in(tab, name):
    tab.wait_for_selector("#id_username:focus")
    tab.keyboard.type(name)
    tab.keyboard.press("Tab")
    tab.keyboard.type(PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_selector("text=Your queue")


def test_an_editor_and_a_reviewer_publish_and_check_with_the_keyboard_alone(tab, people, live_server):
    trial = TrialFactory(nct_id="NCT99000001", first_posted="2026-06-01")
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.add_init_script(COUNT_POINTERS)
    tab.goto(f"{live_server.url}/admin/")  # the only address that is typed
    type_in(tab, "editor")

    press(tab, trial.brief_title)
    for name, text in TEXT.as_dict().items():
        write_into(tab, name, text)
    press(tab, "Send to review")

    change_places(tab, "reviewer")
    press(tab, TEXT.title)
    press(tab, "Approve and publish")
    press(tab, "Its page")
    assert tab.url == f"{live_server.url}/trials/NCT99000001/"
    assert tab.inner_text("h1") == TEXT.title
    tab.go_back()  # Alt+Left: a headless browser has no such key
    tab.wait_for_selector("text=Your queue")

    Trial.objects.update(version=2)
    TrialChangeFactory(trial=trial, version=2, rank=TrialChange.Ranks.TELL_NOW, detected_at=NOON)
    press(tab, "Filter")
    assert "The record changed after the text was checked (1)" in tab.inner_text("main")
    press(tab, "Still correct")
    assert "1 text found still correct" in tab.inner_text("body")
    assert PlainSummary.objects.get().checked_version == 2
    assert tab.evaluate("sessionStorage.getItem('pointers')") is None


def test_the_gauge_follows_the_typing_and_the_text_is_kept(tab, people, live_server):
    TrialFactory(nct_id="NCT99000001")
    tab.on("dialog", lambda dialog: dialog.accept())
    log_in(tab, live_server.url, "editor")
    refused = complaints(tab, live_server.url)
    tab.goto(f"{live_server.url}/admin/explainers/plainsummary/write/NCT99000001/")
    write_into(tab, "title", "A breakthrough for tired nurses")
    tab.wait_for_selector("#gauge >> text=Promises more than a trial can")
    tab.wait_for_selector("#autosaved >> text=Kept at")
    tab.reload()
    tab.wait_for_selector("text=Bring it back")
    assert refused == []


def test_page_mail_and_paper_follow_the_typing(tab, people, live_server):
    TrialFactory(nct_id="NCT99000001")
    tab.on("dialog", lambda dialog: dialog.accept())
    log_in(tab, live_server.url, "editor")
    refused = complaints(tab, live_server.url)
    tab.goto(f"{live_server.url}/admin/explainers/plainsummary/write/NCT99000001/")
    write_into(tab, "title", "A new tea for tired nurses")
    tab.wait_for_function(IN_FRAME, arg="A new tea for tired nurses")
    for link, address in (("In a mail", "/summary-mail/"), ("On paper", "/preview/paper/")):
        reach(tab, f"{link}|")
        with tab.expect_response(lambda answer, address=address: address in answer.url) as answer:
            tab.keyboard.press("Enter")
        assert answer.value.url.endswith("?typed")
        assert answer.value.ok
    tab.wait_for_function(IN_FRAME, arg="A new tea for tired nurses")
    tab.wait_for_function(HEAD_IS_HIDDEN)
    assert [entry for entry in refused if "sandboxed" not in entry] == []
