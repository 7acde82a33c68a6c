"""How readers will meet what an editor writes: on the page, in a mail, on paper; before anybody saves it."""

from dataclasses import replace

import pytest

from explainers import publishing
from explainers.admin.previews import for_paper
from explainers.models import PlainSummary
from subscriptions.models import Notification
from tests.explainers.factories import TEXT, UserFactory, make_trial, member, published_summary
from tests.explainers.test_hostile_text import faults
from tests.subscriptions.factories import update
from trials.models import Trial

pytestmark = pytest.mark.django_db
BASE = "/admin/explainers/plainsummary/write/NCT99000001/preview/"
MAIL = "/admin/subscriptions/subscription/summary-mail/NCT99000001/"
ALL = (BASE, f"{BASE}paper/", MAIL, f"{MAIL}text/")
TYPED = replace(TEXT, title="A title that is only typed", summary="Words that are only typed.")


@pytest.fixture
def trial(client):
    user = member("Editor")
    client.force_login(user)
    trial = make_trial("NCT99000001")
    trial.editor = user
    return trial


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_words_that_are_typed_and_not_saved_show_everywhere(client, trial):
    published_summary(trial)
    publishing.autosave(trial, TYPED, revision=1, by=trial.editor)
    for path in ALL:
        assert "only typed" in shown(client, f"{path}?typed")
        assert "only typed" not in shown(client, path)
    assert PlainSummary.objects.get().title == TEXT.title
    assert "only typed" not in shown(client, "/trials/NCT99000001/")


def test_nobody_sees_what_another_typed(client, trial):
    published_summary(trial)
    publishing.autosave(trial, TYPED, revision=1, by=UserFactory())
    for path in ALL:
        assert "only typed" not in shown(client, f"{path}?typed")


def test_a_saved_text_that_is_not_out_shows_everywhere(client, trial):
    publishing.save_draft(published_summary(trial), TYPED, by=UserFactory())
    for path in ALL:
        assert "only typed" in shown(client, path)


def test_a_trial_without_a_text_shows_its_facts_by_rule_and_stores_nothing(client, trial):
    for path in ALL:
        assert "green tea" in shown(client, path)
    assert not PlainSummary.objects.exists()


def test_the_mail_tells_the_newest_change_and_stores_nothing(client, trial):
    update(trial, version=2)
    Trial.objects.update(version=2)
    mail = shown(client, f"{MAIL}text/")
    assert mail.startswith("Subject: A trial you follow has changed")
    assert "The trial in plain words: This trial is looking for people now. It compares green tea" in mail
    assert ".invalid" in mail
    assert "place.invalid" not in mail
    assert not Notification.objects.exists()


def test_nobody_is_said_to_have_checked_words_that_nobody_checked(client, trial):
    published_summary(trial)
    assert "checked by Rob Reviewer" in shown(client, BASE)
    publishing.autosave(trial, TYPED, revision=1, by=trial.editor)
    assert "not checked by a second person" in shown(client, f"{BASE}?typed")


def test_a_preview_is_framed_by_this_site_only_and_runs_nothing(client, trial):
    for path in ALL:
        answer = client.get(path)
        assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
        assert "no-store" in answer["Cache-Control"]
        script = answer["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
        assert script in ("", " 'self'")
    assert "sandbox" in client.get(MAIL)["Content-Security-Policy"]
    own = client.get("/admin/explainers/plainsummary/write/NCT99000001/")
    assert "frame-src 'self'" in own["Content-Security-Policy"]
    assert "unsafe" not in own["Content-Security-Policy"]
    assert faults(own.content.decode()) == ["iframe"]
    assert 'sandbox="allow-same-origin"' in own.content.decode()


def test_strangers_and_plain_staff_see_no_preview(client, trial):
    client.force_login(UserFactory())
    assert {client.get(path).status_code for path in ALL} == {403}
    client.logout()
    assert {client.get(path).status_code for path in ALL} == {302}
    client.force_login(trial.editor)
    assert {client.get(path.replace("99000001", "99000009")).status_code for path in ALL} == {404}


def test_paper_has_the_rules_of_the_style_sheets_for_paper(client, trial):
    css = shown(client, "/admin/explainers/plainsummary/paper.css")
    assert "@media" not in css.replace("@media print", "")
    assert "display: none" in css
    assert 'href="/admin/explainers/plainsummary/paper.css"' in shown(client, f"{BASE}paper/")


def test_a_block_for_paper_is_taken_out_whole():
    css = "a { b: c } @media print { p { q: r } @page { s: t } } u { v: w } @media print {x{y:z}}"
    assert list(for_paper(css)) == ["p { q: r } @page { s: t }", "x{y:z}"]


def test_the_list_of_subscriptions_names_what_is_followed(client):
    from django.contrib.auth.models import User

    from tests.subscriptions.factories import SubscriptionFactory

    SubscriptionFactory(trial=None, site_key="a|b|c", topic_name="Gulf Coast Cancer Center, Houston")
    client.force_login(User.objects.create_superuser("boss"))
    assert "Gulf Coast Cancer Center, Houston" in shown(client, "/admin/subscriptions/subscription/")
