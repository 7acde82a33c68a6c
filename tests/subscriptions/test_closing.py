"""A trial that is over: the mail says so, and the mails end after it, never before."""

from datetime import UTC, datetime, timedelta

import pytest

from subscriptions import closing, composing, leaving, matching
from subscriptions.items import told
from subscriptions.models import Email, Notification, Subscription
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.factories import SubscriptionFactory, published_run, update
from trials.models import Trial

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)
YEAR = timedelta(days=366)


@pytest.fixture
def trial() -> Trial:
    return TrialFactory(status="TERMINATED", subscription_condition=ConditionFactory(name="lupus"))


@pytest.fixture
def follower(trial: Trial) -> Subscription:
    return SubscriptionFactory(trial=trial)


def ends(trial: Trial, status: str = "TERMINATED", **fields: object) -> None:
    kind = {"COMPLETED": "status"}.get(status, f"status_{status.lower()}")
    update(trial, kind=kind, field="status", old="RECRUITING", new=status, **fields)


def posts_results(trial: Trial) -> None:
    Trial.objects.filter(pk=trial.pk).update(has_results=True)
    update(trial, kind="results_posted", field="results", old=None, new="2026-07-01", version=3)


def tell() -> None:
    matching.match_new_runs(now=NOW)
    composing.compose_alerts(now=NOW)


def send() -> None:
    Email.objects.filter(state="pending").update(state="sent", sent_at=NOW)


def ended(subscription: Subscription, now: datetime = NOW) -> str:
    closing.end_quietly(now=now)
    subscription.refresh_from_db()
    return subscription.ended_reason


def last_item() -> object:
    email = Email.objects.latest("pk")
    (item,) = told(list(Notification.objects.filter(email=email))).items
    return item


def test_results_are_waited_for_after_the_end_and_close_it_once_the_mail_has_gone(trial, follower):
    ends(trial)
    tell()
    send()
    assert "results are posted within a year" in last_item().ending
    assert ended(follower) == ""
    posts_results(trial)
    assert ended(follower) == "", "the results are not matched yet"
    tell()
    assert ended(follower) == "", "their mail has not gone yet"
    assert "end with this one" in last_item().ending
    send()
    assert ended(follower) == "closed"
    assert closing.end_quietly(now=NOW) == 0


def test_the_hourly_tidying_ends_what_is_over(trial, follower):
    ends(trial)
    posts_results(trial)
    tell()
    send()
    leaving.tidy(now=NOW)
    follower.refresh_from_db()
    assert follower.ended_reason == "closed"


def test_a_withdrawn_trial_ends_with_the_mail_that_says_so(trial, follower):
    Trial.objects.update(status="WITHDRAWN")
    ends(trial, "WITHDRAWN")
    tell()
    assert ended(follower) == ""
    send()
    assert ended(follower) == "closed"


def test_a_year_without_results_ends_the_wait(trial, follower):
    ends(trial, detected_at=NOW)
    tell()
    send()
    assert ended(follower, NOW + YEAR - timedelta(days=3)) == ""
    assert ended(follower, NOW + YEAR) == "closed"


def test_a_trial_that_runs_again_ends_nothing(trial, follower):
    ends(trial, detected_at=NOW)
    tell()
    send()
    Trial.objects.update(status="RECRUITING")
    assert ended(follower, NOW + YEAR) == ""


def test_who_begins_to_follow_a_trial_that_is_over_waits_for_results(trial):
    ends(trial, detected_at=NOW - 3 * YEAR)
    late = SubscriptionFactory(trial=trial, confirmed_at=NOW - 2 * YEAR)
    matching.match_new_runs(now=NOW)
    assert ended(late, NOW) == ""


def test_results_of_a_trial_that_goes_on_end_nothing(trial, follower):
    Trial.objects.update(status="ACTIVE_NOT_RECRUITING")
    posts_results(trial)
    tell()
    send()
    assert last_item().ending == ""
    assert ended(follower) == ""


def test_a_completion_reaches_every_follower_though_not_at_once(trial, follower):
    Trial.objects.update(status="COMPLETED")
    ends(trial, "COMPLETED", rank=2)
    assert matching.match_new_runs(now=NOW) == 1
    assert composing.compose_alerts(now=NOW) == 0
    assert not Notification.objects.get().is_urgent


def test_a_mail_that_waits_keeps_the_subscription_of_a_closed_trial(trial, follower):
    ends(trial, detected_at=NOW)
    tell()
    send()
    update(trial, run=published_run(), version=4, field="why", kind="eligibility")
    tell()
    assert ended(follower, NOW + YEAR) == ""


def test_a_closed_trial_offers_open_trials_for_its_condition(trial, follower):
    ends(trial)
    tell()
    assert "condition=lupus" in last_item().other_trials_url
    assert last_item().other_trials == "Open trials for lupus"
