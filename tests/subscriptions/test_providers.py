"""One mailbox provider is not flooded, and nobody else's mail waits for it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from pytest_django import Settings

from config.environment import Environment
from subscriptions import delivery, providers, tasks
from subscriptions.message_ids import new_message_id
from subscriptions.models import Email, ProviderPace, Subscriber
from subscriptions.outbox import Cleared
from tests.factories import TrialFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory, update
from tests.subscriptions.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)
DIGESTS, ALERTS, CONFIRMATIONS = Email.Lane.DIGESTS, Email.Lane.ALERTS, Email.Lane.CONFIRMATIONS


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        monkeypatch.setattr("subscriptions.providers.timezone.now", lambda: self.now)

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Clock:
    settings.MAIL_DOMAIN_RATE = {"": 10.0}
    return Clock(monkeypatch)


@pytest.fixture
def reader() -> Subscriber:
    return SubscriberFactory(email="reader@big.example")


def mails(number: int, reader: Subscriber, *, due: datetime = NOW, first: int = 1) -> list[Cleared]:
    return [
        Cleared(Email(pk=first + n, created_at=NOW, due_at=due, message_id=new_message_id()), reader, None, [])
        for n in range(number)
    ]


def test_a_burst_goes_and_the_rest_is_spread_at_the_rate(clock, reader):
    late = providers.to_put_off(DIGESTS, mails(25, reader))
    assert sorted(late) == list(range(11, 26)), "ten may go at once"
    times = [late[pk] for pk in sorted(late)]
    assert times[0] == NOW + timedelta(seconds=1)
    assert {b - a for a, b in pairwise(times)} == {timedelta(seconds=0.1)}


def test_a_mail_whose_time_has_come_finds_its_place(clock, reader):
    late = providers.to_put_off(DIGESTS, mails(11, reader))
    clock.passes(1)
    assert providers.to_put_off(DIGESTS, mails(1, reader, due=late[11], first=11)) == {}


@pytest.mark.parametrize(("lane", "room"), [(ALERTS, 10), (CONFIRMATIONS, 30)])
def test_a_more_urgent_lane_finds_room_behind_any_number_of_digests(clock, reader, lane, room):
    providers.to_put_off(DIGESTS, mails(500, reader))
    assert len(providers.to_put_off(lane, mails(40, reader))) == 40 - room


def test_lanes_together_keep_to_the_rate(clock, reader):
    went = 0
    for _ in range(300):
        for lane in (DIGESTS, ALERTS, CONFIRMATIONS):
            went += 5 - len(providers.to_put_off(lane, mails(5, reader, due=NOW + timedelta(days=1))))
        clock.passes(0.1)
    assert 300 <= went <= 300 + providers.AHEAD[CONFIRMATIONS]


def test_another_domain_is_not_slowed(clock, reader):
    providers.to_put_off(DIGESTS, mails(500, reader))
    assert providers.to_put_off(DIGESTS, mails(10, SubscriberFactory(email="reader@small.example"))) == {}


def test_after_a_standstill_the_missed_places_are_given_anew_and_not_all_at_once(clock, reader):
    providers.to_put_off(DIGESTS, mails(500, reader))
    clock.passes(3600)
    late = providers.to_put_off(DIGESTS, mails(100, reader, due=NOW + timedelta(seconds=20)))
    assert len(late) == 90
    assert max(late.values()) - min(late.values()) == timedelta(seconds=8.9)


def test_a_mail_that_comes_back_early_waits_a_little_and_keeps_its_place_in_time(clock, reader):
    providers.to_put_off(ALERTS, mails(500, reader))
    ((_, due),) = providers.to_put_off(DIGESTS, mails(1, reader, due=NOW + timedelta(seconds=1), first=900)).items()
    assert timedelta(seconds=5) <= due - NOW <= timedelta(seconds=30)


def test_the_slow_provider_waits_and_the_others_go(sink: Sink, settings: Settings):
    settings.MAIL_DOMAIN_RATE = {"slow.example": 0.5}
    trial = TrialFactory()
    for n in range(30):
        SubscriptionFactory(trial=trial, subscriber=SubscriberFactory(email=f"r{n}@slow.example"))
    for n in range(6):
        SubscriptionFactory(trial=trial, subscriber=SubscriberFactory(email=f"r{n}@quick.example"))
    update(trial)
    tasks.sweep()
    delivery.deliver(ALERTS)
    to = [address.partition("@")[2] for address, _ in sink.ledger]
    assert (to.count("slow.example"), to.count("quick.example")) == (20, 6)
    waiting = Email.objects.filter(state=Email.State.PENDING).order_by("due_at")
    assert waiting.count() == 10
    assert not waiting.exclude(token=None, attempts=0).exists()
    first, last = waiting[0].due_at, waiting[9].due_at
    assert timedelta(seconds=17) < last - first < timedelta(seconds=19)
    Email.objects.update(due_at=first - timedelta(days=1), created_at=first - timedelta(days=2))
    ProviderPace.objects.update(next_at=first - timedelta(days=1), alerts_to=None)
    delivery.deliver(ALERTS)
    assert len(sink.ledger) == 36


def test_no_address_and_no_domain_is_kept(clock, reader):
    providers.to_put_off(DIGESTS, mails(1, reader))
    (row,) = ProviderPace.objects.values()
    assert "big" not in str(row)


def test_idle_providers_are_forgotten(clock, reader):
    providers.to_put_off(DIGESTS, mails(20, reader))
    assert providers.forget_idle(now=NOW + timedelta(hours=1)) == 0
    assert providers.forget_idle(now=NOW + timedelta(days=2)) == 1


def test_the_default_is_a_share_of_the_sites_rate_and_a_domain_may_have_its_own(settings):
    settings.MAIL_RATE, settings.MAIL_DOMAIN_RATE = 25, {}
    assert providers.rate("big.example") == 10
    settings.MAIL_DOMAIN_RATE = Environment({"X": "4 Big.example=0.5"}).rates("X")
    assert (providers.rate("big.example"), providers.rate("other.example")) == (0.5, 4)
