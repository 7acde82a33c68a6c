"""Somebody changes to an address that follows things too: the two become one, and no news is lost or told twice."""

import pytest
from django.utils import timezone

from subscriptions import composing, matching, signup
from subscriptions.models import Email, Notification, Subscriber, Subscription
from tests.factories import TrialFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory, update
from trials.models import Trial, TrialChange

pytestmark = pytest.mark.django_db
OLD, NEW = "ada@example.org", "ada@new.example.org"


@pytest.fixture
def trial() -> Trial:
    return TrialFactory(nct_id="NCT99000001")


@pytest.fixture
def old(trial: Trial) -> Subscription:
    return SubscriptionFactory(subscriber__email=OLD, trial=trial)


@pytest.fixture
def new() -> Subscriber:
    return SubscriberFactory(email=NEW)


def news(trial: Trial) -> TrialChange:
    change = update(trial)
    matching.match(change.run_id, now=timezone.now())
    return change


def change_address(old: Subscription) -> None:
    signup.confirm(signup.ask_to_change(old.subscriber, NEW, now=timezone.now()), now=timezone.now())


def alerts() -> list[Email]:
    composing.compose_alerts(now=timezone.now())
    return list(Email.objects.filter(kind="alert").exclude(state="cancelled"))


def test_news_that_no_mail_holds_yet_goes_to_the_new_address(old: Subscription, new: Subscriber, trial: Trial) -> None:
    change = news(trial)
    change_address(old)
    (mail,) = alerts()
    assert mail.subscriber == new
    assert [told.change for told in mail.notifications.all()] == [change]


def test_a_mail_that_waits_is_written_anew_for_the_new_address(
    old: Subscription, new: Subscriber, trial: Trial
) -> None:
    news(trial)
    (waiting,) = alerts()
    change_address(old)
    (mail,) = alerts()
    waiting.refresh_from_db()
    assert waiting.state == Email.State.CANCELLED
    assert (mail.subscriber, mail.notifications.count()) == (new, 1)


def test_what_was_sent_to_the_old_address_is_not_told_again(old: Subscription, new: Subscriber, trial: Trial) -> None:
    news(trial)
    (sent,) = alerts()
    Email.objects.filter(pk=sent.pk).update(state="sent", sent_at=timezone.now())
    change_address(old)
    assert alerts() == [sent]


def test_who_followed_the_same_trial_twice_hears_of_it_once(old: Subscription, new: Subscriber, trial: Trial) -> None:
    SubscriptionFactory(subscriber=new, trial=trial)
    news(trial)
    change_address(old)
    (mail,) = alerts()
    assert mail.subscriber == new
    assert Notification.objects.filter(email=mail).count() == 1
    assert Subscription.objects.live().count() == 1
