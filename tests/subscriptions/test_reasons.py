"""A trial stops, and the record says why: one item of one mail says both. A reason that comes alone can wait."""

from datetime import UTC, datetime

import pytest

from subscriptions import composing, matching
from subscriptions.items import told
from subscriptions.models import Email, Notification
from tests.subscriptions.factories import SubscriptionFactory, published_run, update
from trials.changes import Rank

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)
WHY = {"kind": "why_stopped", "field": "why_stopped", "old": None, "new": "Slow accrual", "rank": Rank.DIGEST}


@pytest.mark.parametrize("status", ["TERMINATED", "WITHDRAWN", "SUSPENDED"])
def test_the_reason_comes_at_once_with_the_stop_in_the_same_item(status):
    follower, run = SubscriptionFactory(), published_run()
    update(follower.trial, run=run, kind=f"status_{status.lower()}", new=status)
    update(follower.trial, run=run, **WHY)
    matching.match_new_runs(now=NOW)
    assert composing.compose_alerts(now=NOW) == 1
    (item,) = told(list(Notification.objects.filter(email=Email.objects.get()))).items
    assert len(item.sentences) == 2
    assert item.sentences[1] == "The sponsor’s reason: “Slow accrual”."


def test_it_stands_second_however_much_else_there_is_to_say():
    follower, run = SubscriptionFactory(scope="everything"), published_run()
    for n in range(12):
        update(follower.trial, run=run, kind="outcome_added", field=f"outcome/{n}", subject=f"Outcome {n}", old=None,
               new={"measure": f"Outcome {n}"}, rank=Rank.DIGEST)  # fmt: skip
    update(follower.trial, run=run, **WHY)
    update(follower.trial, run=run, kind="status_terminated", new="TERMINATED")
    matching.match_new_runs(now=NOW)
    composing.compose_alerts(now=NOW)
    (item,) = told(list(Notification.objects.filter(email=Email.objects.get()))).items
    assert "Slow accrual" in item.sentences[1]


def test_a_reason_by_itself_is_no_news_to_tell_at_once():
    quiet, curious = SubscriptionFactory(), None
    curious = SubscriptionFactory(trial=quiet.trial, scope="everything")
    update(quiet.trial, **WHY)
    matching.match_new_runs(now=NOW)
    assert composing.compose_alerts(now=NOW) == 0
    assert not quiet.notifications.exists()
    assert curious.notifications.filter(is_urgent=False).count() == 1


def test_a_reason_beside_a_stop_of_another_trial_stays_quiet():
    follower, run = SubscriptionFactory(), published_run()
    update(SubscriptionFactory().trial, run=run, kind="status_terminated", new="TERMINATED")
    update(follower.trial, run=run, **WHY)
    matching.match_new_runs(now=NOW)
    assert not follower.notifications.exists()
