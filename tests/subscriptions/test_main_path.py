"""From the form to the mailbox and out again, through the pages, the tables and a real mail server."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.test import Client

from subscriptions.models import Email, Notification, Subscription
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.factories import listing, published_run, update
from tests.subscriptions.sink import Sink, html_of, text_of
from trials.models import Condition, Trial, TrialCondition

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "ada@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def condition() -> Condition:
    return ConditionFactory(name="fatigue")


@pytest.fixture
def trial(condition: Condition) -> Trial:
    trial = TrialFactory(nct_id="NCT99000001", subscription_condition=condition)
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    return trial


def path_in(text: str, name: str) -> str:
    found = re.search(rf"http://127\.0\.0\.1:8000(/updates/{name}/\S+)", text)
    assert found, text
    return found.group(1)


def one_click_path(message: object) -> str:
    return urlsplit(str(message["List-Unsubscribe"]).strip("<>")).path  # type: ignore[index]


def subscribe(client: Client, trial: Trial, condition: Condition) -> None:
    form = {"email": ADDRESS, "trial": trial.nct_id, "condition": condition.slug,
            "follow_trial": "on", "follow_condition": "on"}  # fmt: skip
    assert client.post("/updates/", form).status_code == 200


@pytest.fixture
def follower(client: Client, trial: Trial, condition: Condition, sink: Sink, work: Callable[[], None]) -> Client:
    subscribe(client, trial, condition)
    work()
    client.post(path_in(text_of(sink.to(ADDRESS)[0]), "confirm"))
    sink.ledger.clear()
    return client


def later(run_fields: dict[str, object] | None = None) -> object:
    from datetime import timedelta

    from django.utils import timezone

    return published_run(finished_at=timezone.now() + timedelta(seconds=1), **(run_fields or {}))


def test_a_form_sent_makes_no_subscription_until_the_mailed_button_is_pressed(client, trial, condition, sink, work):
    subscribe(client, trial, condition)
    assert not sink.ledger
    work()
    path = path_in(text_of(sink.to(ADDRESS)[0]), "confirm")
    for method in (client.get, client.head, client.options):
        for _ in range(3):
            method(path)
    assert not Subscription.objects.exists()
    assert b"<button" in client.get(path).content
    assert client.post(path).status_code == 200
    assert {s.topic_key for s in Subscription.objects.live()} == {f"trial {trial.pk}", f"condition {condition.pk}"}


def test_a_change_brings_one_mail_that_explains_itself(follower, trial, sink, work):
    update(trial, run=later())
    work()
    work()
    (message,) = sink.to(ADDRESS)
    text = text_of(message)
    assert "no longer" in text or "ended" in text or "recruit" in text.lower()
    assert "You asked for updates about the trial NCT99000001." in text
    assert "/trials/NCT99000001/changes/2/" in text
    assert "This did not change: " in text
    assert "Next step: " in text
    assert message["X-Trial-Changes"] == "NCT99000001/2"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Email.objects.get(kind="alert").message_id == message["Message-ID"]


def test_one_click_ends_the_mails_without_cookies_redirect_or_token(follower, trial, sink, work):
    update(trial, run=later())
    work()
    path = one_click_path(sink.to(ADDRESS)[0])
    stranger = Client(enforce_csrf_checks=True, headers={"origin": "null", "sec-fetch-site": "cross-site"})
    for _ in range(3):
        assert stranger.post(path, ONE_CLICK).status_code == 200
    update(trial, run=later(), version=3, kind="status_opened", old="ACTIVE_NOT_RECRUITING", new="RECRUITING")
    work()
    assert len(sink.to(ADDRESS)) == 1


@pytest.mark.parametrize("body", [b"List-Unsubscribe=One-Click", b"List-Unsubscribe=One-Click\r\n"])
def test_one_click_may_end_with_a_line_break(follower, trial, sink, work, body):
    update(trial, run=later())
    work()
    path = one_click_path(sink.to(ADDRESS)[0])
    assert Client().post(path, body, content_type="application/x-www-form-urlencoded").status_code == 200
    assert Subscription.objects.live().count() < 2


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "no"}, {"other": "One-Click"}])
def test_one_click_with_another_body_changes_nothing(follower, trial, sink, work, body):
    update(trial, run=later())
    work()
    assert follower.post(one_click_path(sink.to(ADDRESS)[0]), body).status_code == 400
    assert Subscription.objects.live().count() == 2


def test_opening_the_links_of_a_mail_changes_nothing(follower, trial, sink, work):
    update(trial, run=later())
    work()
    (message,) = sink.to(ADDRESS)
    paths = {
        urlsplit(url).path
        for url in re.findall(r"http://127\.0\.0\.1:8000/updates/[^\s\"<]+", text_of(message) + html_of(message))
    }
    paths.add(one_click_path(message))
    assert len(paths) == 3
    for path in paths:
        for method in (follower.get, follower.head, follower.options):
            for _ in range(5):
                method(path)
    assert Subscription.objects.live().count() == 2


def test_the_link_in_the_text_stops_these_mails_or_all_by_a_button(follower, trial, sink, work):
    update(trial, run=later())
    work()
    path = path_in(text_of(sink.to(ADDRESS)[0]), "unsubscribe")
    assert b"NCT99000001" in follower.get(path).content
    assert b"We ended 1 subscription" in follower.post(path, {"stop": "these"}).content
    assert [s.condition_id is not None for s in Subscription.objects.live()] == [True]
    assert b"We ended 1 subscription" in follower.post(path, {"stop": "all"}).content
    assert b"nothing left to end" in follower.post(path, {"stop": "all"}).content


def test_followers_of_a_condition_hear_of_its_new_trials_and_of_those_that_open(follower, condition, sink, work):
    newcomer = TrialFactory(nct_id="NCT99000002")
    TrialCondition.objects.create(trial=newcomer, condition=condition, position=0)
    listing(newcomer, run=later())
    work()
    update(newcomer, run=later(), version=2)
    work()
    update(newcomer, run=later(), version=3, kind="status_opened", new="RECRUITING")
    work()
    assert [m["X-Trial-Changes"] for m in sink.to(ADDRESS)] == ["NCT99000002/new", "NCT99000002/3"]


def test_who_follows_a_trial_and_its_condition_hears_of_a_change_once(follower, trial, sink, work):
    update(trial, run=later(), kind="status_opened", new="RECRUITING")
    work()
    (message,) = sink.to(ADDRESS)
    assert message["X-Trial-Changes"] == "NCT99000001/2"
    assert Notification.objects.count() == 2
    assert text_of(message).count("NCT ID NCT99000001") == 1


def test_a_mail_links_to_no_other_site_and_stays_small(follower, trial, sink, work):
    update(trial, run=later())
    work()
    (message,) = sink.to(ADDRESS)
    html = html_of(message)
    assert "<img" not in html
    assert not re.findall(r"https?://(?!127\.0\.0\.1:8000)", html)
    assert len(message.raw) < 100_000
    assert max(map(len, message.raw.split(b"\r\n"))) <= 998
    assert b"ada@" not in re.sub(rb"(?m)^To: .*$", b"", message.raw)


def test_another_sites_page_cannot_press_the_mailed_button(client, trial, condition, sink, work):
    subscribe(client, trial, condition)
    work()
    path = path_in(text_of(sink.to(ADDRESS)[0]), "confirm")
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    assert client.post(path, headers=foreign).status_code == 403
    assert not Subscription.objects.exists()
    own = {"sec-fetch-site": "same-origin", "origin": "null"}  # what a browser says on a page without referrer
    assert client.post(path, headers=own).status_code == 200
