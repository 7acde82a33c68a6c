"""axe looks at every page that those who work here meet: in light on a wide screen, in dark on a phone."""

from importlib import import_module

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from explainers import publishing
from explainers.models import Category, Correction, Explainer, ExplainerItem, GlossaryTerm, ReaderReport
from tests.browser.desk import PASSWORD, WIDE, log_in, staff
from tests.explainers.factories import NOON, TEXT, make_trial, published_summary
from tests.factories import ConditionFactory, SyncRunFactory, TrialChangeFactory
from tests.subscriptions.factories import SubscriptionFactory
from trials.models import ConditionName, QuarantinedStudy, SyncRun, Trial, TrialChange

DARK_PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
both = pytest.mark.parametrize("tab", [WIDE, DARK_PHONE], indirect=True, ids=["light", "dark-phone"])
EDITORS = (
    "", "?mine", "explainers/", "explainers/plainsummary/", "explainers/plainsummary/?pending_state=",
    "explainers/plainsummary/write/NCT99000001/", "explainers/plainsummary/write/NCT99000002/",
    "explainers/plainsummary/write/NCT99000003/", "explainers/explainer/", "explainers/explainer/add/",
    "explainers/explainer/{explainer}/change/", "explainers/explainer/{explainer}/history/",
    "explainers/explainer/{explainer}/preview/", "explainers/glossaryterm/", "explainers/glossaryterm/add/",
    "explainers/glossaryterm/{term}/change/", "explainers/glossaryterm/{term}/delete/", "explainers/readerreport/",
    "explainers/readerreport/{report}/change/", "explainers/correction/", "explainers/correction/add/",
    "explainers/explainerimage/add/", "trials/condition/", "trials/condition/{condition}/change/",
    "trials/condition/{condition}/merge/", "trials/trial/", "trials/trial/{trial}/change/", "password_change/",
)  # fmt: skip
ADMINISTRATORS = (
    "second-factor/", "trials/syncrun/", "trials/syncrun/{run}/change/", "trials/syncrun/{run}/release/",
    "trials/syncrun/{run}/discard/", "trials/quarantinedstudy/", "trials/quarantinedstudy/{study}/change/",
    "trials/missingstudy/", "trials/treatment/", "trials/site/", "trials/learnedname/", "subscriptions/subscriber/",
    "subscriptions/subscriber/{reader}/change/", "subscriptions/subscription/", "subscriptions/email/",
    "subscriptions/mailswitch/", "subscriptions/suppression/", "subscriptions/providerevent/", "auth/user/",
    "auth/user/{user}/change/", "auth/user/add/", "auth/group/", "auth/group/{group}/change/", "admin/logentry/",
    "config/signinattempt/",
)  # fmt: skip


@pytest.fixture
def site(transactional_db, live_server):
    ContentType.objects.clear_cache()
    import_module("explainers.migrations.0002_roles").give_roles(apps, None)
    staff("Editor", "Reviewer")
    User.objects.create_superuser("boss", password=PASSWORD)
    return live_server.url


@pytest.fixture
def rows(site):
    """A row of each kind; their keys by name."""
    summary = published_summary(make_trial("NCT99000001"))
    TrialChangeFactory(trial=summary.trial, version=2, rank=TrialChange.Ranks.TELL_NOW, detected_at=NOON)
    Trial.objects.filter(pk=summary.trial_id).update(version=2)
    editor = User.objects.get(username="editor")
    draft = publishing.start(make_trial("NCT99000002"), by=editor)
    publishing.submit(publishing.save_draft(draft, TEXT, by=editor), by=editor)
    make_trial("NCT99000003")
    category = Category.objects.create(name="Cells", slug="cells")
    explainer = Explainer.objects.create(
        slug="cells", title="Cells", category=category, body="<p>One [1]</p>", author=editor, edited_at=NOON
    )
    ExplainerItem.objects.create(explainer=explainer, kind="step", position=1, text="First")
    explainer.resources.create(name="A place", url="https://ok.example/", position=1)
    report = ReaderReport.objects.create(page="/trials/NCT99000001/", message="Is this right?", received_at=NOON)
    Correction.objects.create(corrected_on=NOON, page="/", page_title="Home", was="Wrong", now="Right")
    condition = ConditionFactory(name="tired nurses", trial_count=2)
    ConditionName.objects.create(condition=condition, name="tiredness", key="tiredness")
    return {
        "explainer": explainer.pk, "report": report.pk, "condition": condition.pk, "trial": summary.trial_id,
        "term": GlossaryTerm.objects.create(term="placebo", slug="placebo", definition="It has no drug.").pk,
        "run": SyncRunFactory(state=SyncRun.State.HELD, held_because="Too much at once.").pk,
        "study": QuarantinedStudy.objects.create(
            nct_id="NCT99000009", reason="No title", packed=b"", first_failed_at=NOON, retry_at=NOON).pk,
        "reader": SubscriptionFactory().subscriber_id, "user": editor.pk, "group": editor.groups.get().pk,
    }  # fmt: skip


def violations(tab, name):
    """In words that tell what to mend and where."""
    if tab.query_selector("#markup-address"):
        tab.wait_for_selector("text=Edit as")
    found = Axe().run(tab).response["violations"]
    return [f"{name}: {each['id']} at {node['target']}" for each in found for node in each["nodes"]]


def visit(tab, site, paths, keys):
    found = []
    for path in paths:
        answer = tab.goto(f"{site}/admin/{path.format(**keys)}")
        found += [f"{path}: {answer.status}"] if answer.status != 200 else violations(tab, path)
    return "\n".join(found)


@both
def test_the_way_in_and_out(tab, site):
    tab.goto(f"{site}/admin/")
    found = violations(tab, "log-in")
    tab.fill("#id_username", "editor")
    tab.fill("#id_password", "wrong")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".errornote")
    found += violations(tab, "wrong password")
    log_in(tab, site, "editor")
    tab.click("text=Log out")
    tab.wait_for_selector("text=Log in again")
    assert found + violations(tab, "logged out") == []


@both
def test_the_pages_of_an_editor(tab, site, rows):
    log_in(tab, site, "boss")
    assert visit(tab, site, EDITORS, rows) == ""


@both
def test_the_pages_of_an_administrator(tab, site, rows):
    log_in(tab, site, "boss")
    assert visit(tab, site, ADMINISTRATORS, rows) == ""


@both
def test_the_pages_that_tell_what_went_wrong(tab, site, rows):
    """A conflict with both texts, a refused form, a draft that is offered, a text that must be mended."""
    tab.on("dialog", lambda dialog: dialog.accept())
    log_in(tab, site, "editor")
    tab.goto(f"{site}/admin/explainers/plainsummary/write/NCT99000002/")
    tab.evaluate("document.querySelector('[name=revision]').value = 0")
    tab.fill("#id_title", "Mine")
    tab.click("text=Save draft")
    tab.wait_for_selector(".theirs")
    found = violations(tab, "conflict")
    tab.goto(f"{site}/admin/explainers/plainsummary/write/NCT99000002/")
    tab.wait_for_selector("#draft >> text=Bring it back")
    found += violations(tab, "an offered draft")
    tab.goto(f"{site}/admin/explainers/explainer/{rows['explainer']}/change/")
    tab.fill("#id_title", "")
    tab.click("[name=_save]")
    tab.wait_for_selector(".errorlist")
    assert found + violations(tab, "a refused form") == []
