"""What an editor typed survives a lost line, an ended session and a colleague who was faster."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from explainers.models import Category, Explainer, ExplainerItem, PlainSummary
from tests.browser.desk import PASSWORD, WIDE, complaints, log_in, staff
from tests.explainers.factories import NOON
from tests.factories import TrialFactory

pytestmark = pytest.mark.parametrize("tab", [WIDE], indirect=True)
DRAFTS = "Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length"
OFFER = "#draft >> text=We kept what you typed at"


@pytest.fixture
def site(transactional_db, live_server):
    ContentType.objects.clear_cache()
    import_module("explainers.migrations.0002_roles").give_roles(apps, None)
    staff("Editor", "Reviewer")
    TrialFactory(nct_id="NCT99000001")
    return live_server.url


@pytest.fixture
def row(site):
    category = Category.objects.create(name="Cells", slug="cells")
    made = Explainer.objects.create(slug="cells", title="Cells", category=category, body="<p>One</p>", edited_at=NOON)
    ExplainerItem.objects.create(explainer=made, kind="step", position=1, text="First")
    return made


def summary_page(site):
    return f"{site}/admin/explainers/plainsummary/write/NCT99000001/"


def explainer_page(site, row):
    return f"{site}/admin/explainers/explainer/{row.pk}/change/"


def type_offline(tab, title):
    tab.context.set_offline(True)
    tab.fill("#id_title", title)
    tab.wait_for_selector("text=Kept in this browser at")
    tab.wait_for_selector("text=There is no connection. What you type stays in this browser.")
    tab.context.set_offline(False)


def come_back(tab, address):
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.goto(address)


def test_what_was_typed_without_a_line_is_offered_brought_back_and_gone_once_saved(tab, site):
    log_in(tab, site, "editor")
    refused = complaints(tab, site)
    tab.goto(summary_page(site))
    assert tab.evaluate(DRAFTS) == 0
    type_offline(tab, "Typed without a line")
    come_back(tab, summary_page(site))
    tab.wait_for_selector(OFFER)
    assert tab.input_value("#id_title") != "Typed without a line"
    tab.click("text=Bring it back")
    assert tab.input_value("#id_title") == "Typed without a line"
    tab.click("text=Save draft")
    tab.wait_for_selector("text=Saved. Readers do not see it yet.")
    assert PlainSummary.objects.get().title == "Typed without a line"
    assert tab.evaluate(DRAFTS) == 0
    assert not tab.is_visible(OFFER)
    assert [each for each in refused if "ERR_INTERNET_DISCONNECTED" not in each] == []


def test_what_was_sent_after_the_session_ended_is_offered_after_the_log_in(tab, site):
    log_in(tab, site, "editor")
    tab.goto(summary_page(site))
    tab.context.clear_cookies()
    tab.fill("#id_title", "Sent too late")
    tab.wait_for_selector("text=You are logged out. What you type stays in this browser.")
    assert "Log in" not in tab.inner_text("#gauge")
    tab.click("text=Save draft")
    tab.wait_for_load_state()
    assert not PlainSummary.objects.exists()
    log_in(tab, site, "editor")
    tab.goto(summary_page(site))
    tab.click("#draft >> text=Bring it back")
    assert tab.input_value("#id_title") == "Sent too late"


def test_it_can_be_thrown_away_and_nobody_else_is_offered_it(tab, site):
    log_in(tab, site, "editor")
    tab.goto(summary_page(site))
    type_offline(tab, "Not for others")
    tab.on("dialog", lambda dialog: dialog.accept())
    log_in(tab, site, "reviewer")
    tab.goto(summary_page(site))
    assert not tab.is_visible(OFFER)
    log_in(tab, site, "editor")
    tab.goto(summary_page(site))
    tab.click("#draft >> text=Throw it away")
    tab.reload()
    assert tab.evaluate(DRAFTS) == 0
    assert not tab.is_visible(OFFER)


def test_what_was_typed_and_taken_back_is_no_draft(tab, site, row):
    log_in(tab, site, "editor")
    tab.goto(explainer_page(site, row))
    tab.fill("#id_title", "Other cells")
    tab.wait_for_function(f"() => {DRAFTS} === 1")
    tab.fill("#id_title", "Cells")
    tab.wait_for_function(f"() => {DRAFTS} === 0")


def test_what_the_server_keeps_is_not_kept_twice(tab, site):
    log_in(tab, site, "editor")
    tab.goto(summary_page(site))
    tab.fill("#id_title", "Kept by the server")
    tab.wait_for_selector("#autosaved >> text=Kept at")
    assert tab.evaluate(DRAFTS) == 0


def test_an_explainer_comes_back_with_its_rich_text_and_the_rows_of_its_lists(tab, site, row):
    log_in(tab, site, "editor")
    refused = complaints(tab, site)
    tab.goto(explainer_page(site, row))
    tab.click(".prose [aria-label='Body']")
    tab.keyboard.press("Control+End")
    tab.keyboard.type(" and two")
    tab.fill("#id_items-0-text", "First, changed")
    tab.click("#items-group .add-row a")
    tab.select_option("#id_items-1-kind", "ask")
    tab.fill("#id_items-1-position", "1")
    tab.fill("#id_items-1-text", "A new question")
    tab.wait_for_selector("#draft-said >> text=Kept in this browser at")
    come_back(tab, explainer_page(site, row))
    tab.click("#draft >> text=Bring it back")
    assert tab.inner_text(".prose [aria-label='Body']") == "One and two"
    tab.click("[name=_save]")
    tab.wait_for_selector(".messagelist")
    row.refresh_from_db()
    assert row.body == "<p>One and two</p>"
    assert list(row.items.order_by("kind").values_list("text", flat=True)) == ["A new question", "First, changed"]
    assert tab.evaluate(DRAFTS) == 0
    assert refused == []


def test_what_is_brought_back_does_not_go_over_what_a_colleague_saved_since(tab, site, row):
    log_in(tab, site, "editor")
    tab.goto(explainer_page(site, row))
    tab.fill("#id_title", "My title")
    tab.wait_for_selector("#draft-said >> text=Kept in this browser at")
    Explainer.objects.update(title="Their title", revision=row.revision + 1)
    come_back(tab, explainer_page(site, row))
    tab.wait_for_selector("#draft >> text=The text was saved again since then")
    tab.click("#draft >> text=Bring it back")
    tab.click("[name=_save]")
    tab.wait_for_selector("text=Saved by somebody else: Their title")
    assert tab.input_value("#id_title") == "My title"
    assert Explainer.objects.get().title == "Their title"
    tab.click("[name=_save]")
    tab.wait_for_selector(".messagelist")
    assert Explainer.objects.get().title == "My title"
    assert tab.evaluate(DRAFTS) == 0


def test_a_new_explainer_is_kept_before_it_is_first_saved(tab, site, row):
    address = f"{site}/admin/explainers/explainer/add/"
    log_in(tab, site, "editor")
    tab.goto(address)
    tab.fill("#id_title", "Not yet anywhere")
    tab.wait_for_selector("#draft-said >> text=Kept in this browser at")
    come_back(tab, address)
    tab.click("#draft >> text=Bring it back")
    assert tab.input_value("#id_title") == "Not yet anywhere"


def test_the_password_of_a_log_in_is_never_kept(tab, site):
    log_in(tab, site, "editor")
    assert PASSWORD not in tab.evaluate("JSON.stringify({...localStorage})")
