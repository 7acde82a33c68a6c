"""What is too old goes by itself, a little every hour, and what still serves somebody stays."""

from datetime import UTC, datetime, timedelta

import pytest

from subscriptions import leaving
from subscriptions.models import Email, MailSwitch, Notification, Subscriber, Subscription
from tests.subscriptions.factories import SubscriptionFactory, update

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)
DAY, YEAR = timedelta(days=1), timedelta(days=365)


def tidy(now: datetime) -> None:
    MailSwitch.objects.update(tidied_at=None)
    leaving.tidy(now=now)


def told(followed: Subscription, *, mailed: bool) -> Notification:
    mail = None
    if mailed:
        mail = Email.objects.create(
            kind="alert", lane="alerts", state="sent", subscriber=followed.subscriber, message_id=f"<{followed.pk}@x>",
            sent_at=NOW, created_at=NOW, due_at=NOW,
        )  # fmt: skip
    return Notification.objects.create(
        subscription=followed, subscriber=followed.subscriber, change=update(followed.trial), is_urgent=True,
        created_at=NOW, email=mail, dropped_at=None if mailed else NOW,
    )  # fmt: skip


@pytest.mark.parametrize("mailed", [True, False])
def test_what_was_told_or_dropped_goes_after_a_year(mailed):
    told(SubscriptionFactory(), mailed=mailed)
    tidy(NOW + YEAR - DAY)
    assert Notification.objects.count() == 1
    tidy(NOW + YEAR)
    assert not Notification.objects.exists()
    assert not Email.objects.exists()
    assert Subscription.objects.live().count() == 1


def test_what_a_nameless_reader_followed_goes_a_year_later_and_then_their_row():
    followed, other = SubscriptionFactory(), SubscriptionFactory()
    told(followed, mailed=True)
    leaving.erase(followed.subscriber, now=NOW)
    tidy(NOW + YEAR - DAY)
    assert Subscription.objects.count() == 2
    tidy(NOW + YEAR)
    tidy(NOW + YEAR)
    assert list(Subscription.objects.all()) == [other]
    assert list(Subscriber.objects.all()) == [other.subscriber]


def test_somebody_who_left_one_thing_and_stays_keeps_their_history():
    followed = SubscriptionFactory()
    SubscriptionFactory(subscriber=followed.subscriber)
    leaving.unsubscribe(followed.subscriber_id, [followed.pk], now=NOW)
    tidy(NOW + 2 * YEAR)
    assert Subscription.objects.count() == 2
