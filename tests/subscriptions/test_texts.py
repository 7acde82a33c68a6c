"""Following one of our long texts: a new version with a note, a correction and a withdrawal reach its followers."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from explainers.models import Category, Correction, Explainer, ExplainerUpdate
from explainers.publishing import explainers as publishing
from explainers.publishing import updates
from subscriptions import composing, digests, items, leaving, matching, readers, signup, text_matching
from subscriptions.forms import SubscribeForm
from subscriptions.models import Email, MatchedUpdate, Notification, Subscription
from subscriptions.models.people import Frequency
from tests.explainers.factories import UserFactory, member
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.factories import LONG_AGO, SubscriberFactory, SubscriptionFactory, published_run, update
from tests.subscriptions.sink import Sink, html_of, text_of

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> User:
    return UserFactory(username="ann")


@pytest.fixture
def reviewer() -> User:
    return UserFactory(username="rob")


@pytest.fixture
def text(author: User, reviewer: User) -> Explainer:
    category = Category.objects.create(name="Basics", slug="basics")
    row = Explainer.objects.create(
        title="What is a placebo?", slug="placebo", dek="A text.", body="<p>Our view of placebos.</p>",
        our_view="<p>It is a fair test.</p>", our_view_by="The editors", category=category, edited_at=LONG_AGO,
        author=author,
    )  # fmt: skip
    return renew(row, author, reviewer, note="", at=LONG_AGO)


def renew(row: Explainer, author: User, reviewer: User, *, note: str, at: datetime = BEFORE) -> Explainer:
    row = publishing.saved(row, by=author, at=at)
    row = publishing.submit(row, by=author, at=at)
    return publishing.publish(row, by=reviewer, what_changed=note, at=at)


@pytest.fixture(autouse=True)
def _short_texts_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explainers.checklist.blockers", lambda content: [])


def follow(text: Explainer, **fields: object) -> Subscription:
    return SubscriptionFactory(trial=None, explainer=text, **fields)


def tell() -> int:
    text_matching.match_new_updates(now=NOW)
    return composing.compose_alerts(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_new_version_with_a_note_is_mailed_to_those_who_follow_the_text(sink: Sink, work, text, author, reviewer):
    follower, other = follow(text), SubscriptionFactory()
    renew(text, author, reviewer, note="We added what the 2026 review found.")
    work()
    (message,) = sink.to(follower.subscriber.email)
    assert message["Subject"] == "A text you follow has changed"
    assert message["X-Explainer-Updates"] == ExplainerUpdate.objects.get().key
    assert message["X-Trial-Changes"] is None
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for words in (text_of(message), html_of(message)):
        assert "We added what the 2026 review found." in words
        assert "/explainers/placebo/" in words
        assert "You asked for corrections and new versions of our text" in words
        assert "NCT" not in words
    assert sink.to(other.subscriber.email) == []
    work()
    assert len(sink.ledger) == 1


@pytest.mark.django_db(transaction=True)
def test_a_neutral_mail_names_nothing_in_its_subject(sink: Sink, work, text, author, reviewer):
    follow(text, subscriber__is_neutral=True)
    renew(text, author, reviewer, note="New.")
    work()
    ((_, message),) = sink.ledger
    assert message["Subject"] == "An update you asked for"


def test_a_version_without_a_note_is_told_to_nobody(text, author, reviewer):
    follow(text)
    renew(text, author, reviewer, note="   ")
    assert tell() == 0
    assert not ExplainerUpdate.objects.exists()


def test_the_first_version_is_no_update(text):
    assert text.live is not None
    updates.tell_of_version(text.live, "Everything is new.")
    assert not ExplainerUpdate.objects.exists()


def test_a_published_correction_is_told_once_however_often_it_is_saved(text, client):
    follow(text)
    client.force_login(member("Administrator", is_superuser=True))
    fields = {"corrected_on": "2026-07-05", "page": "/explainers/placebo/", "page_title": "What is a placebo?",
              "was": "Half of all people.", "now": "A third of all people.", "found_by": "A reader"}  # fmt: skip
    assert client.post("/admin/explainers/correction/add/", fields).status_code == 302
    pk = Correction.objects.get().pk
    client.post(f"/admin/explainers/correction/{pk}/change/", {**fields, "found_by": "An editor"})
    SubscriptionFactory()
    Subscription.objects.update(confirmed_at=LONG_AGO)
    assert tell() == 1
    (item,) = items.told(list(Notification.objects.all())).items
    assert item.headline == "We corrected a text you follow"
    assert item.sentences == ["The page said: Half of all people.", "It now says: A third of all people."]
    assert tell() == 0


@pytest.mark.parametrize("page", ["/trials/NCT07103668/", "/explainers/", "/explainers/unknown/", "/nowhere/"])
def test_a_correction_of_another_page_is_no_news_of_a_text(text, page):
    correction = Correction.objects.create(corrected_on=NOW.date(), page=page, page_title="x", was="a", now="b")
    updates.tell_of_correction(correction, at=NOW)
    assert not ExplainerUpdate.objects.exists()


def test_a_withdrawn_text_says_why(text, reviewer):
    follow(text)
    publishing.withdraw(text, because="The study was retracted.", by=reviewer, at=BEFORE)
    assert tell() == 1
    (item,) = items.told(list(Notification.objects.all())).items
    assert item.headline == "We have withdrawn a text you follow"
    assert item.sentences == ["Why: The study was retracted."]


def test_who_began_after_the_update_or_has_left_does_not_hear_of_it(text, author, reviewer):
    follow(text, confirmed_at=NOW)
    left = follow(text)
    renew(text, author, reviewer, note="New.")
    leaving.unsubscribe(left.subscriber_id, [], now=BEFORE)
    assert tell() == 0


def test_matching_twice_writes_nothing_twice(text, author, reviewer):
    follow(text)
    renew(text, author, reviewer, note="New.")
    assert text_matching.match_new_updates(now=NOW) == 1
    MatchedUpdate.objects.all().delete()
    assert text_matching.match_new_updates(now=NOW) == 0
    assert Notification.objects.count() == 1


def test_a_trial_and_a_text_of_one_reader_share_a_mail_with_both_headers(text, author, reviewer):
    reader, trial = SubscriberFactory(), TrialFactory()
    follow(text, subscriber=reader)
    SubscriptionFactory(subscriber=reader, trial=trial)
    update(trial, run=published_run())
    renew(text, author, reviewer, note="New.")
    matching.match_new_runs(now=NOW)
    assert tell() == 1
    told = items.told(list(Notification.objects.filter(email=Email.objects.get())))
    assert told.keys == [f"{trial.nct_id}/2"]
    assert told.text_keys == [ExplainerUpdate.objects.get().key]
    assert len(told.items) == 2


def test_a_weekly_follower_gets_it_with_the_digest_and_two_updates_are_one_item(text, author, reviewer):
    reader = SubscriberFactory(digest_hour=NOW.hour, digest_weekday=NOW.weekday())
    follow(text, subscriber=reader, frequency=Frequency.WEEKLY)
    text = renew(text, author, reviewer, note="First note.")
    renew(text, author, reviewer, note="Second note.", at=BEFORE + timedelta(minutes=1))
    assert tell() == 0
    assert digests.run(Frequency.WEEKLY, NOW, now=NOW) == 1
    (item,) = items.told(list(Notification.objects.filter(email__isnull=False))).items
    assert item.sentences == ["First note.", "Second note."]


def test_the_page_has_a_form_that_follows_it(client, text):
    html = client.get("/explainers/placebo/").content.decode()
    assert '<input type="hidden" name="explainer" value="placebo">' in html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert client.post("/updates/", {"email": "ada@example.org", "explainer": "placebo"}).status_code == 200
    page = client.get("/updates/?explainer=placebo").content.decode()
    assert "corrections and new versions of our text “What is a placebo?”" in page


def test_the_form_knows_only_published_texts(text):
    form = SubscribeForm({"email": "ada@example.org", "explainer": "unknown"})
    assert not form.is_valid()
    Explainer.objects.update(state="draft")
    assert not SubscribeForm({"email": "ada@example.org", "explainer": "placebo"}).is_valid()


def test_a_text_and_a_search_are_not_followed_together(text):
    form = SubscribeForm({"email": "ada@example.org", "explainer": "placebo", "search": "status=open"})
    assert not form.is_valid()


def test_a_confirmed_sign_up_follows_the_text_once(text):
    for _ in range(2):
        asked = signup.ask(signup.Wish("ada@example.org", explainer=text), now=NOW)
        signup.confirm(asked, now=NOW)
    (subscription,) = Subscription.objects.all()
    assert subscription.explainer == text
    assert subscription.topic == "our text “What is a placebo?”"
    assert [value for value, _ in subscription.scopes] == ["matters"]


def test_the_settings_and_the_export_name_the_text_as_it_was_approved(text, author, reviewer):
    follower = follow(text)
    renew(text, author, reviewer, note="New.")
    tell()
    Explainer.objects.update(title="A title that nobody approved")
    kept = readers.export(follower.subscriber, site="Plain Trials")
    assert kept["subscriptions"][0]["follows"] == "our text “What is a placebo?”"
    assert kept["mails"][0]["about"] == [ExplainerUpdate.objects.get().key]
    assert [each.topic for each in readers.followed(follower.subscriber)] == ["our text “What is a placebo?”"]


def test_a_notification_is_about_exactly_one_thing(text, author, reviewer):
    follower, change = follow(text), update(TrialFactory())
    renew(text, author, reviewer, note="New.")
    both = {"change": change, "explainer_update": ExplainerUpdate.objects.get()}
    for about in ({}, both):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notification.objects.create(
                subscription=follower, subscriber=follower.subscriber, is_urgent=True, created_at=NOW, **about
            )


def test_a_subscription_to_a_text_has_no_second_topic(text):
    with pytest.raises(IntegrityError), transaction.atomic():
        follow(text, condition=ConditionFactory())
