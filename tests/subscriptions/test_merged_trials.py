"""The registry merges one study into another: who followed the one hears of the other, once, and can still leave."""

from datetime import UTC, datetime

import pytest

from subscriptions import closing, composing, digests, leaving, matching
from subscriptions.forms import SubscribeForm
from subscriptions.items import Item, told
from subscriptions.models import Email, Notification
from subscriptions.models.people import Frequency
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory, listing, update
from tests.subscriptions.sink import Sink, text_of
from trials.models import Trial, TrialAlias, TrialCondition

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)


@pytest.fixture
def now_named() -> Trial:
    return TrialFactory(nct_id="NCT09000002")


@pytest.fixture
def merged(now_named: Trial) -> Trial:
    trial = TrialFactory(nct_id="NCT09000001", moved_to=now_named, gone_at=NOW)
    TrialAlias.objects.create(alias=trial.nct_id, trial=now_named)
    return trial


def tell() -> int:
    matching.match_new_runs(now=NOW)
    return composing.compose_alerts(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_follower_of_the_merged_trial_is_told_what_happens_to_the_other(sink: Sink, work, merged, now_named):
    follower = SubscriptionFactory(trial=merged)
    update(now_named)
    work()
    (message,) = sink.to(follower.subscriber.email)
    assert message["X-Trial-Changes"] == "NCT09000002/2"
    assert "the trial NCT09000001. The registry has made it part of NCT09000002." in text_of(message)


def test_who_follows_both_gets_one_mail_with_one_item(merged, now_named):
    reader = SubscriberFactory()
    for trial in (merged, now_named):
        SubscriptionFactory(subscriber=reader, trial=trial)
    update(now_named)
    assert tell() == 1
    rows = list(Notification.objects.filter(email=Email.objects.get()))
    assert len(rows) == 2
    items: list[Item] = told(rows).items
    assert [len(item.sentences) for item in items] == [1]


def test_who_follows_both_at_two_paces_is_told_by_one_route(merged, now_named):
    reader = SubscriberFactory(digest_hour=NOW.hour)
    SubscriptionFactory(subscriber=reader, trial=merged, frequency=Frequency.DAILY)
    SubscriptionFactory(subscriber=reader, trial=now_named)
    update(now_named)
    assert tell() == 1
    assert digests.run(Frequency.DAILY, NOW.replace(minute=0), now=NOW) == 0


def test_news_of_the_old_row_and_of_strangers_stay_where_they_are(merged, now_named):
    other = SubscriptionFactory()
    follower = SubscriptionFactory(trial=now_named)
    update(merged)
    update(other.trial)
    matching.match_new_runs(now=NOW)
    assert not follower.notifications.exists()
    assert other.notifications.count() == 1


def test_a_study_that_stands_for_itself_again_is_followed_by_itself(merged, now_named):
    follower = SubscriptionFactory(trial=merged)
    Trial.objects.filter(pk=merged.pk).update(moved_to=None)
    update(now_named)
    update(merged)
    matching.match_new_runs(now=NOW)
    assert [each.change.trial_id for each in follower.notifications.select_related("change")] == [merged.pk]


def test_leaving_the_merged_trial_silences_the_other_for_its_condition_too(merged, now_named):
    condition = ConditionFactory(name="lupus")
    TrialCondition.objects.create(trial=now_named, condition=condition, position=0)
    reader = SubscriberFactory()
    left = SubscriptionFactory(subscriber=reader, trial=merged)
    leaving.unsubscribe(reader.pk, [left.pk], now=NOW)
    SubscriptionFactory(subscriber=reader, trial=None, condition=condition)
    listing(now_named)
    matching.match_new_runs(now=NOW)
    assert not Notification.objects.exists()


def test_it_ends_quietly_when_the_other_is_over(merged, now_named):
    follower = SubscriptionFactory(trial=merged)
    Trial.objects.filter(pk=now_named.pk).update(status="WITHDRAWN")
    update(now_named, kind="status_withdrawn", new="WITHDRAWN")
    tell()
    Email.objects.update(state="sent", sent_at=NOW)
    assert closing.end_quietly(now=NOW) == 1
    follower.refresh_from_db()
    assert follower.ended_reason == "closed"


def test_it_does_not_end_because_the_old_row_is_over(merged):
    follower = SubscriptionFactory(trial=merged)
    Trial.objects.filter(pk=merged.pk).update(status="COMPLETED", has_results=True)
    assert closing.end_quietly(now=NOW) == 0
    follower.refresh_from_db()
    assert follower.ended_at is None


def test_a_sign_up_for_the_old_id_follows_the_trial_that_is_left(merged, now_named):
    form = SubscribeForm({"email": "ada@example.org", "trial": merged.nct_id})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["trial"] == now_named
