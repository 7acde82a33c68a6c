"""From an empty queue entry to the page and back through a change to "still correct", with the keyboard alone."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from explainers.models import Category, PlainSummary
from tests.explainers.factories import NOON, TEXT, member
from tests.factories import TrialChangeFactory, TrialFactory
from trials.models import Trial, TrialChange

PASSWORD = "correct horse battery"


@pytest.fixture
def people(transactional_db):
    # A test that commits is followed by a flush, which takes the roles that the migrations made
    ContentType.objects.clear_cache()
    import_module("explainers.migrations.0002_roles").give_roles(apps, None)
    for role in ("Editor", "Reviewer"):
        user = member(role, username=role.lower())
        user.set_password(PASSWORD)
        user.save()


def log_in(tab, site, name):
    tab.context.clear_cookies()
    tab.goto(f"{site}/admin/")
    tab.keyboard.type(name)  # the field has the focus
    tab.keyboard.press("Tab")
    tab.keyboard.type(PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_selector("text=Your queue")


def reach(tab, what):
    """Tab until `what`, a part of the element's text, name or value, has the focus."""
    for _ in range(150):
        tab.keyboard.press("Tab")
        here = tab.evaluate(
            "() => { const e = document.activeElement;"
            " return [e.innerText, e.name, e.value, e.getAttribute('aria-label')].join('|') }"
        )
        if what in here:
            return
    raise AssertionError(f"the keyboard does not reach {what}")


def press(tab, what):
    reach(tab, what)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")


def write_into(tab, name, text):
    reach(tab, f"|{name}|")
    tab.keyboard.press("Control+A")
    tab.keyboard.type(text)


@pytest.mark.parametrize("tab", [{"viewport": {"width": 1280, "height": 900}}], indirect=True)
def test_an_editor_and_a_reviewer_publish_and_check_with_the_keyboard_alone(tab, people, live_server):
    trial = TrialFactory(nct_id="NCT99000001", first_posted="2026-06-01")
    tab.on("dialog", lambda dialog: dialog.accept())

    log_in(tab, live_server.url, "editor")
    press(tab, trial.brief_title)
    for name, text in TEXT.as_dict().items():
        write_into(tab, name, text)
    press(tab, "Send to review")

    log_in(tab, live_server.url, "reviewer")
    press(tab, TEXT.title)
    press(tab, "Approve and publish")
    assert tab.goto(f"{live_server.url}/trials/NCT99000001/").ok
    assert tab.inner_text("h1") == TEXT.title

    Trial.objects.update(version=2)
    TrialChangeFactory(trial=trial, version=2, rank=TrialChange.Ranks.TELL_NOW, detected_at=NOON)
    log_in(tab, live_server.url, "reviewer")
    assert "The record changed after the text was checked (1)" in tab.inner_text("main")
    press(tab, "Still correct")
    assert "1 text found still correct" in tab.inner_text("body")
    assert PlainSummary.objects.get().checked_version == 2


@pytest.mark.parametrize("tab", [{"viewport": {"width": 1280, "height": 900}}], indirect=True)
def test_the_gauge_follows_the_typing_and_the_text_is_kept(tab, people, live_server):
    TrialFactory(nct_id="NCT99000001")
    refused = []
    tab.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    tab.on("dialog", lambda dialog: dialog.accept())
    log_in(tab, live_server.url, "editor")
    tab.goto(f"{live_server.url}/admin/explainers/plainsummary/write/NCT99000001/")
    write_into(tab, "title", "A breakthrough for tired nurses")
    tab.wait_for_selector("#gauge >> text=Promises more than a trial can")
    tab.wait_for_selector("#autosaved >> text=Kept at")
    tab.reload()
    tab.wait_for_selector("text=Bring it back")
    assert refused == []


@pytest.mark.parametrize("tab", [{"viewport": {"width": 1280, "height": 900}}], indirect=True)
def test_a_text_is_marked_with_the_keyboard_and_pasted_html_comes_in_clean(tab, people, live_server):
    Category.objects.create(name="Cells", slug="cells")
    refused = []
    tab.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    log_in(tab, live_server.url, "editor")
    tab.goto(f"{live_server.url}/admin/explainers/explainer/add/")
    reach(tab, "|body|")
    tab.keyboard.press("Control+b")
    tab.keyboard.type("Strong words")
    tab.wait_for_selector(".markup-preview strong >> text=Strong words")
    tab.evaluate(
        """() => { const data = new DataTransfer();
        data.setData('text/html',
        '<p onclick="alert(1)">Pasted<script>alert(1)</script> <b style="color:red">text</b></p>');
        document.getElementById('id_body').dispatchEvent(new ClipboardEvent('paste', {clipboardData: data,
        cancelable: true, bubbles: true})); }"""
    )
    tab.wait_for_selector(".markup-preview b >> text=text")
    assert "<p>Pasted <b>text</b></p>" in tab.input_value("#id_body")
    assert refused == []
