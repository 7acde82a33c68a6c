"""Matching and gathering: who hears what, when, and never twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from subscriptions import composing, digests, matching, readers
from subscriptions.items import told
from subscriptions.models import DigestRun, Email, MatchedRun, Notification, Subscription
from tests.factories import ConditionFactory, TrialFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory, published_run, update
from trials.models import TrialChange, TrialCondition

pytestmark = pytest.mark.django_db

MONDAY_8 = datetime(2026, 7, 6, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOW: dict[str, Any] = {"rank": TrialChange.Ranks.DIGEST, "kind": "sponsor", "field": "sponsor", "old": "A", "new": "B"}


def match(now: datetime = MONDAY_8) -> int:
    return matching.match_new_runs(now=now)


def follow(**fields: Any) -> Subscription:
    return SubscriptionFactory(**fields)


def keys() -> list[list[str]]:
    """What each mail tells, in the order in which they were composed."""
    mails = Email.objects.order_by("pk")
    return [told(list(Notification.objects.filter(email=mail).order_by("pk"))).keys for mail in mails]


def test_a_run_is_matched_once_however_often_it_is_looked_at():
    update(follow().trial)
    assert [match(), match(), match()] == [1, 0, 0]
    MatchedRun.objects.all().delete()
    assert match() == 0
    assert Notification.objects.count() == 1


def test_matching_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr(matching, "BATCH", 1)
    trial = TrialFactory()
    subscriptions = [follow(trial=trial) for _ in range(4)]
    run = published_run()
    update(trial, run=run)
    MatchedRun.objects.create(run=run, matched_to=subscriptions[1].subscriber_id, started_at=MONDAY_8)
    assert match() == 2
    assert MatchedRun.objects.get().finished_at is not None


@pytest.mark.parametrize(
    "rank, scope, hears",
    [(3, "matters", True), (2, "matters", False), (2, "everything", True), (1, "everything", False)],
)
def test_the_scope_decides_which_ranks_are_told(rank, scope, hears):
    update(follow(scope=scope).trial, rank=rank)
    assert bool(match()) is hears


def test_who_confirmed_after_the_news_does_not_hear_of_it():
    subscription = follow(confirmed_at=MONDAY_8)
    update(subscription.trial, run=published_run(finished_at=MONDAY_8 - HOUR))
    assert match() == 0


def test_who_left_or_follows_another_trial_hears_nothing():
    gone = follow(ended_at=MONDAY_8, ended_reason="unsubscribed")
    follow()
    update(gone.trial)
    assert match() == 0


def test_who_turned_a_trial_off_does_not_hear_of_it_through_its_condition():
    condition = ConditionFactory()
    off = follow(ended_at=MONDAY_8, ended_reason="unsubscribed")
    follow(subscriber=off.subscriber, trial=None, condition=condition)
    TrialCondition.objects.create(trial=off.trial, condition=condition, position=0)
    update(off.trial, kind="status_opened", new="RECRUITING")
    assert match() == 0


def test_followers_of_a_merged_condition_go_on_hearing():
    kept = ConditionFactory()
    merged = ConditionFactory(merged_into=kept)
    trial = TrialFactory()
    TrialCondition.objects.create(trial=trial, condition=kept, position=0)
    follow(trial=None, condition=merged)
    update(trial, kind="status_opened", new="RECRUITING")
    assert match() == 1


def test_several_changes_and_trials_make_one_mail():
    subscription = follow()
    other = follow(subscriber=subscription.subscriber)
    run = published_run()
    update(subscription.trial, run=run)
    update(subscription.trial, run=run, field="sex", kind="sex")
    update(other.trial, run=run)
    match()
    assert composing.compose_alerts(now=MONDAY_8) == 1
    assert composing.compose_alerts(now=MONDAY_8) == 0
    assert len(keys()[0]) == 2


def test_the_lesser_changes_of_an_update_travel_with_its_great_one():
    subscription = follow(scope="everything")
    run = published_run()
    update(subscription.trial, run=run)
    update(subscription.trial, run=run, **LOW)
    match()
    composing.compose_alerts(now=MONDAY_8)
    assert Notification.objects.filter(email__kind="alert").count() == 2


def test_a_lesser_change_waits_for_the_daily_mail_though_all_else_comes_at_once():
    update(follow(scope="everything").trial, **LOW)
    match()
    assert composing.compose_alerts(now=MONDAY_8) == 0
    assert digests.run_due(now=MONDAY_8) == 1


def test_two_paces_of_one_reader_tell_an_update_once():
    condition = ConditionFactory()
    daily = follow(frequency="daily")
    follow(subscriber=daily.subscriber, trial=None, condition=condition)
    TrialCondition.objects.create(trial=daily.trial, condition=condition, position=0)
    update(daily.trial, kind="status_opened", new="RECRUITING")
    match()
    assert composing.compose_alerts(now=MONDAY_8) == 1
    assert digests.run_due(now=MONDAY_8) == 0
    assert Notification.objects.filter(email=None).count() == 0


def test_past_ten_alerts_in_a_day_the_rest_comes_in_the_daily_mail():
    subscription = follow()
    for version in range(2, 15):
        update(subscription.trial, version=version, field=f"status-{version}")
        match()
        composing.compose_alerts(now=MONDAY_8)
    assert Email.objects.filter(kind="alert").count() == 10
    assert digests.run_due(now=MONDAY_8) == 1
    assert Notification.objects.filter(email__kind="digest").count() == 3


@pytest.mark.parametrize(
    "zone, due", [("UTC", 8), ("America/New_York", 12), ("Asia/Kolkata", None), ("Pacific/Auckland", 20)]
)
def test_a_daily_mail_comes_at_the_readers_hour(zone, due):
    update(follow(frequency="daily", subscriber__time_zone=zone).trial)
    match()
    midnight = MONDAY_8.replace(hour=0)
    DigestRun.objects.all().delete()
    served = []
    for hour in range(24):
        if digests.run(digests.Frequency.DAILY, midnight + hour * HOUR, now=midnight):
            served.append(hour)
    assert len(served) == 1
    if due is not None:
        assert served == [due]


@pytest.mark.parametrize("zone, day", [("America/New_York", (2026, 3, 8)), ("America/New_York", (2026, 11, 1)),
                                       ("Europe/Berlin", (2026, 3, 29)), ("Europe/Berlin", (2026, 10, 25)),
                                       ("Australia/Lord_Howe", (2026, 10, 4))])  # fmt: skip
@pytest.mark.parametrize("local_hour", [0, 1, 2, 3, 8])
def test_each_local_hour_is_served_once_on_the_days_the_clocks_change(zone, day, local_hour):
    SubscriberFactory(time_zone=zone)
    start = datetime(*day, tzinfo=UTC) - 16 * HOUR
    served = 0
    for step in range(56):
        _, hours, _ = digests.local_times(start + step * HOUR)
        for hour in hours:
            local_day = (start + step * HOUR).astimezone(digests.ZoneInfo(zone)).date()
            served += hour == local_hour and (local_day.year, local_day.month, local_day.day) == day
    assert served == 1


def test_a_weekly_mail_comes_on_the_readers_day():
    update(follow(frequency="weekly", subscriber__digest_weekday=2).trial)
    match()
    counts = [digests.run(digests.Frequency.WEEKLY, MONDAY_8 + timedelta(days=n), now=MONDAY_8) for n in range(7)]
    assert counts == [0, 0, 1, 0, 0, 0, 0]


def test_two_beats_make_one_digest():
    update(follow(frequency="daily").trial)
    match()
    assert [digests.run_due(now=MONDAY_8), digests.run_due(now=MONDAY_8)] == [1, 0]
    assert DigestRun.objects.filter(frequency="daily").count() == 1


def test_news_after_the_hour_waits_for_the_next_day():
    subscription = follow(frequency="daily")
    digests.run_due(now=MONDAY_8)
    update(subscription.trial)
    match()
    assert digests.run_due(now=MONDAY_8 + timedelta(minutes=30)) == 0
    assert digests.run_due(now=MONDAY_8 + timedelta(days=1)) == 1


def test_after_a_standstill_each_reader_gets_one_mail():
    subscription = follow(frequency="daily")
    digests.run_due(now=MONDAY_8)
    update(subscription.trial)
    match()
    assert digests.run_due(now=MONDAY_8 + timedelta(days=3, hours=5)) == 1
    assert digests.run_due(now=MONDAY_8 + timedelta(days=3, hours=6)) == 0


def test_a_change_that_was_undone_says_nothing():
    subscription = follow(frequency="daily")
    update(subscription.trial, old="RECRUITING", new="SUSPENDED", version=2)
    update(subscription.trial, old="SUSPENDED", new="RECRUITING", version=3)
    match()
    assert digests.run_due(now=MONDAY_8) == 0
    assert Notification.objects.filter(dropped_at=MONDAY_8).count() == 2


def test_a_change_in_steps_is_told_from_first_to_last():
    subscription = follow(frequency="daily", scope="everything")
    update(subscription.trial, version=2, **LOW)
    update(subscription.trial, version=3, **LOW | {"old": "B", "new": "C"})
    match()
    digests.run_due(now=MONDAY_8)
    (item,) = told(list(Notification.objects.all())).items
    assert len(item.sentences) == 1
    assert "C" in item.sentences[0]
    assert "B" not in item.sentences[0]
    assert len(keys()[0]) == 2


def test_past_25_trials_the_rest_is_counted_and_none_is_lost():
    reader = SubscriberFactory()
    run = published_run()
    for _ in range(30):
        update(follow(subscriber=reader, frequency="daily").trial, run=run)
    match()
    digests.run_due(now=MONDAY_8)
    all_told = told(list(Notification.objects.filter(email__isnull=False)))
    assert (len(all_told.items), all_told.hidden, len(all_told.keys)) == (25, 5, 30)


def test_what_is_untold_follows_the_new_pace():
    subscription = follow(frequency="daily")
    update(subscription.trial)
    match()
    readers.set_pace(subscription.subscriber, subscription.pk, frequency="at-once", scope="matters")
    assert composing.compose_alerts(now=MONDAY_8) == 1
    assert digests.run_due(now=MONDAY_8) == 0


def test_a_digest_run_that_died_is_finished_without_a_second_mail(monkeypatch):
    trial = TrialFactory()
    for _ in range(3):
        follow(trial=trial, frequency="daily")
    update(trial)
    match()
    monkeypatch.setattr(digests, "BATCH", 1)
    run = DigestRun.objects.create(frequency="daily", due_hour=MONDAY_8, started_at=MONDAY_8)
    digests._batch(run, 0, now=MONDAY_8)
    assert digests.run_due(now=MONDAY_8) == 3
    assert Email.objects.count() == 3


def test_no_mail_is_composed_for_a_paused_reader():
    subscription = follow(subscriber__paused_until=MONDAY_8 + timedelta(days=1))
    update(subscription.trial)
    match()
    assert composing.compose_alerts(now=MONDAY_8) == 0
    assert composing.compose_alerts(now=timezone.now()) == 1
