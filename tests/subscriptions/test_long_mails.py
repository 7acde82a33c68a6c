"""A mail about more than it can show: nothing is dropped silently, and nobody else can read it."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.test import Client

from subscriptions import composing, leaving, letters, links, matching
from subscriptions.items import in_short
from subscriptions.models import Email, Notification, Subscription
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory, published_run, update
from trials.models import Trial

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)


def long_mail(trials: int = 60) -> Email:
    reader, run = SubscriberFactory(), published_run()
    for number in range(trials):
        trial = TrialFactory(brief_title=f"Trial number {number}.")
        SubscriptionFactory(subscriber=reader, trial=trial)
        update(trial, run=run)
    matching.match_new_runs(now=NOW)
    composing.compose_alerts(now=NOW)
    return Email.objects.get()


def message(email: Email) -> EmailMessage:
    assert email.subscriber is not None
    letter = letters.alert(email, email.subscriber, list(Notification.objects.filter(email=email)), now=NOW)
    assert max(map(len, letter.message.split(b"\r\n"))) <= 998
    parsed = message_from_bytes(letter.message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def bodies(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def rest_path(mail: EmailMessage) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/updates/mail/\S+/)", bodies(mail)[0])
    assert found
    return found.group(1)


def test_the_header_lists_every_trial_past_those_shown_too():
    mail = message(long_mail())
    told = {key.strip() for key in str(mail["X-Trial-Changes"]).split(",")}
    assert told == {f"{nct_id}/2" for nct_id in Trial.objects.values_list("nct_id", flat=True)}
    text, html = bodies(mail)
    assert text.count("NCT ID ") == html.count("NCT ID ") == 25
    assert "And 35 more trials." in text
    assert "And 35 more trials." in html
    assert ".invalid" not in text + html
    assert len(mail.as_bytes()) < 100_000


def test_the_rest_is_one_link_away_and_shows_all(client: Client):
    email = long_mail()
    page = client.get(rest_path(message(email)))
    assert page.status_code == 200
    assert page.content.decode().count("NCT ID ") == 60
    assert page["Cache-Control"] == "no-store"
    assert email.subscriber.email not in page.content.decode()


def test_reading_the_rest_costs_the_same_however_long(client: Client, django_assert_max_num_queries):
    path = rest_path(message(long_mail()))
    with django_assert_max_num_queries(6):
        client.get(path)


def test_the_page_of_the_rest_can_only_be_read(client: Client):
    path = rest_path(message(long_mail(30)))
    assert client.post(path).status_code == 405
    assert client.options(path).status_code in (200, 405)
    assert Subscription.objects.live().count() == 30


def test_an_altered_link_and_a_link_of_another_kind_open_nothing(client: Client):
    email = long_mail(30)
    path = rest_path(message(email))
    swapped = links.unsubscribe_url(email.subscriber, []).split("/unsubscribe/")[1]
    for wrong in (path[:-3] + "xy/", f"/updates/mail/{swapped}"):
        assert b"All of your mail" not in client.get(wrong).content


def test_it_shows_what_the_mail_told_and_nothing_once_the_reader_is_erased(client: Client):
    email = long_mail(30)
    path = rest_path(message(email))
    Email.objects.update(state="sent", sent_at=NOW)
    first, second = Subscription.objects.order_by("pk")[:2]
    for each, ended_at in ((first, NOW - timedelta(hours=1)), (second, NOW + timedelta(hours=1))):
        Subscription.objects.filter(pk=each.pk).update(ended_at=ended_at, ended_reason="unsubscribed")
    page = client.get(path).content.decode()
    assert first.trial.nct_id not in page
    assert second.trial.nct_id in page
    leaving.erase(email.subscriber, now=NOW)
    assert b"All of your mail" not in client.get(path).content


@pytest.mark.parametrize("followed", [True, False])
def test_other_trials_are_offered_near_the_readers_own_place(followed):
    lupus = ConditionFactory(name="lupus")
    for name in ("first", "second"):
        reader = SubscriberFactory()
        SubscriptionFactory(subscriber=reader, trial=TrialFactory(subscription_condition=lupus) if name == "first"
                            else Trial.objects.get())  # fmt: skip
    if followed:
        SubscriptionFactory(subscriber=reader, trial=None, condition=lupus, place_latitude=42.4,
                            place_longitude=-71.1, radius_km=50, topic_name="Boston, MA")  # fmt: skip
    update(Trial.objects.get(), kind="status_terminated", field="status", new="TERMINATED")
    matching.match_new_runs(now=NOW)
    composing.compose_alerts(now=NOW)
    near = "condition=lupus&near=42.4,-71.1&within=50km"
    others, mine = (bodies(message(email)) for email in Email.objects.order_by("subscriber"))
    assert (near in mine[0]) == followed
    assert (near.replace("&", "&amp;") in mine[1]) == followed
    assert "near=" not in "".join(others)


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ([{"status_opened"}], ""),
        ([{"status_opened"}, {"status_opened"}], "2 trials opened."),
        ([{"listed"}, {"eligibility", "sponsor"}], "1 trial was newly listed and 1 changed who can join."),
        ([{"sponsor"}, {"results_posted"}, {"gone"}], "1 trial closed, 1 posted results and 1 changed in other ways."),
    ],
)
def test_a_mail_about_several_trials_says_first_what_happened(kinds, words):
    assert in_short(kinds) == words
