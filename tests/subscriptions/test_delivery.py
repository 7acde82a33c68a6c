"""Sending against a real server that refuses, hangs up and forgets."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from subscriptions import composing, delivery, leaving, matching, outbox
from subscriptions import readers as settings_of
from subscriptions.models import Email, MailSwitch, Notification, Subscription, Suppression
from tests.factories import TrialFactory
from tests.subscriptions.factories import SubscriptionFactory, published_run, update
from tests.subscriptions.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)
State = Email.State


@pytest.fixture
def readers() -> Callable[[int], list[str]]:
    """That many mails in the outbox; their addresses."""

    def prepare(count: int) -> list[str]:
        trial = TrialFactory()
        addresses = [SubscriptionFactory(trial=trial).subscriber.email for _ in range(count)]
        update(trial)
        matching.match_new_runs(now=timezone.now())
        assert composing.compose_alerts(now=timezone.now()) == count
        return addresses

    return prepare


def deliver() -> int:
    return delivery.deliver(Email.Lane.ALERTS)


def make_due() -> None:
    Email.objects.filter(state=State.RETRY).update(due_at=Now())


def test_sending_twice_sends_one_mail(sink: Sink, readers):
    (address,) = readers(1)
    assert [deliver(), deliver()] == [1, 0]
    assert len(sink.to(address)) == 1
    assert Email.objects.get().state == State.SENT


def test_two_senders_at_once_send_each_mail_once(sink: Sink, readers):
    addresses = readers(60)

    def run() -> None:
        deliver()
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver()
    assert sorted(address for address, _ in sink.ledger) == sorted(addresses)


def test_no_transaction_is_open_while_the_server_thinks(sink: Sink, readers):
    readers(2)
    open_ones: list[int] = []

    def look() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
            open_ones.append(cursor.fetchone()[0])
        connection.close()

    sink.before_answer = look
    deliver()
    assert open_ones == [0, 0]


def test_one_connection_carries_many_mails(sink: Sink, readers):
    readers(10)
    deliver()
    assert (len(sink.ledger), sink.connections) == (10, 1)


@pytest.mark.parametrize("answer", ["450 4.2.1 busy", "451 try later", "452 4.3.1 full"])
def test_a_temporary_no_is_tried_again_and_is_no_bounce(sink: Sink, readers, answer):
    (address,) = readers(1)
    sink.at_recipient = lambda _: answer
    deliver()
    mail = Email.objects.get()
    assert (mail.state, mail.attempts) == (State.RETRY, 1)
    assert timezone.now() < mail.due_at < timezone.now() + timedelta(minutes=1, seconds=1)
    sink.at_recipient = lambda _: ""
    make_due()
    deliver()
    assert len(sink.to(address)) == 1
    assert not Suppression.objects.exists()


def test_twelve_tries_then_it_is_given_up_and_seen(sink: Sink, readers):
    readers(1)
    sink.at_recipient = lambda _: "450 4.2.1 busy"
    for _ in range(15):
        deliver()
        make_due()
    mail = Email.objects.get()
    assert (mail.state, mail.attempts, mail.code) == (State.FAILED, 12, 450)
    assert sink.attempts == 12
    assert Subscription.objects.live().exists()


def test_the_pause_between_tries_grows_to_six_hours_at_most():
    longest = [max(outbox.retry_delay(n) for _ in range(200)) for n in (1, 2, 5, 12)]
    assert longest == sorted(longest)
    assert longest[0] <= timedelta(minutes=1)
    assert timedelta(hours=5) < longest[-1] <= timedelta(hours=6)


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "550 unknown", "553 5.1.3 bad"])
def test_an_address_that_does_not_exist_gets_no_more_mail_and_delays_nobody(sink: Sink, readers, answer):
    gone, *others = readers(3)
    sink.at_recipient = lambda address: answer if address == gone else ""
    deliver()
    assert Email.objects.get(subscriber__email=gone).state == State.FAILED
    assert Suppression.objects.get().reason == "bounced"
    assert Subscription.objects.get(subscriber__email=gone).ended_reason == "bounced"
    assert [len(sink.to(address)) for address in others] == [1, 1]


@pytest.mark.parametrize("answer", ["554 5.7.1 policy", "550 5.4.4 no route"])
def test_refused_by_policy_stops_the_lot_and_blames_nobody(sink: Sink, readers, answer):
    readers(6)
    sink.at_recipient = lambda _: answer
    deliver()
    deliver()
    assert not Suppression.objects.exists()
    assert sink.attempts <= 6
    assert MailSwitch.objects.get().open_until is not None
    assert not Email.objects.filter(state=State.FAILED).exists()


def test_a_full_mailbox_fails_the_mail_but_keeps_the_reader(sink: Sink, readers):
    readers(1)
    sink.at_data = lambda _: "552 5.2.2 mailbox full"
    deliver()
    assert Email.objects.get().state == State.FAILED
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("stored", [True, False])
def test_after_the_dot_one_more_try_under_the_same_message_id(sink: Sink, readers, stored):
    (address,) = readers(1)
    sink.hang_up_after_dot, sink.stores_before_hanging_up = 1, stored
    deliver()
    mail = Email.objects.get()
    assert (mail.state, mail.ambiguous, mail.phase) == (State.RETRY, 1, "dot")
    make_due()
    deliver()
    assert len(sink.to(address)) == (2 if stored else 1)
    assert {m["Message-ID"] for m in sink.to(address)} == {mail.message_id}


def test_a_second_doubt_parks_the_mail(sink: Sink, readers):
    readers(1)
    sink.hang_up_after_dot = 2
    for _ in range(3):
        deliver()
        make_due()
    assert Email.objects.get().state == State.UNKNOWN
    assert len(sink.ledger) == 2


def test_with_the_policy_hold_a_doubt_is_parked_at_once(sink: Sink, readers, settings):
    settings.MAIL_AMBIGUOUS = "hold"
    readers(1)
    sink.hang_up_after_dot = 1
    deliver()
    make_due()
    deliver()
    assert Email.objects.get().state == State.UNKNOWN
    assert len(sink.ledger) == 1


def test_a_server_that_is_not_there_costs_no_try_and_is_probed_once_a_minute(sink: Sink, readers, settings):
    readers(3)
    settings.EMAIL_PORT = 9
    deliver()
    deliver()
    assert set(Email.objects.values_list("state", "attempts")) == {(State.PENDING, 0)}
    switch = MailSwitch.objects.get()
    assert timezone.now() < switch.open_until <= timezone.now() + timedelta(seconds=60)


def test_mail_goes_on_when_the_server_is_back(sink: Sink, readers, settings):
    readers(3)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    deliver()
    settings.EMAIL_PORT = port
    MailSwitch.objects.update(open_until=timezone.now())
    deliver()
    assert len(sink.ledger) == 3
    assert MailSwitch.objects.get().open_until is None


def test_held_mail_stays(sink: Sink, readers, settings):
    readers(1)
    settings.MAIL_HOLD = True
    assert deliver() == 0
    assert Email.objects.get().state == State.PENDING


def test_who_left_meanwhile_gets_nothing(sink: Sink, readers):
    addresses = readers(2)
    left = Subscription.objects.get(subscriber__email=addresses[0])
    Subscription.objects.filter(pk=left.pk).update(ended_at=timezone.now(), ended_reason="unsubscribed")
    deliver()
    assert [address for address, _ in sink.ledger] == addresses[1:]
    assert Email.objects.get(subscriber__email=addresses[0]).state == State.CANCELLED


def test_who_leaves_while_the_mail_is_on_the_wire_gets_nothing(sink: Sink, readers, monkeypatch):
    readers(2)
    first = Subscription.objects.order_by("pk")[0]
    real, left = outbox.fence, []

    def leave_first(cleared, token):
        if not left:
            left.append(leaving.unsubscribe(first.subscriber_id, [], now=timezone.now()))
        return real(cleared, token)

    monkeypatch.setattr(outbox, "fence", leave_first)
    assert deliver() == 1
    assert not sink.to(first.subscriber.email)
    assert Email.objects.get(subscriber=first.subscriber).state == State.CANCELLED


def test_who_unsubscribes_has_the_waiting_mail_cancelled(readers):
    readers(1)
    leaving.unsubscribe(Subscription.objects.get().subscriber_id, [], now=timezone.now())
    assert Email.objects.get().state == State.CANCELLED


def test_a_suppressed_address_gets_nothing(sink: Sink, readers):
    readers(1)
    reader = Subscription.objects.get().subscriber
    Suppression.objects.create(key=reader.key, reason="complained", created_at=timezone.now())
    assert deliver() == 0
    assert not sink.ledger


def test_a_paused_reader_is_told_when_the_pause_is_over(sink: Sink, readers):
    (address,) = readers(1)
    reader = Subscription.objects.get().subscriber
    settings_of.pause(reader, until=timezone.now() + timedelta(days=30))
    deliver()
    assert not sink.ledger
    settings_of.pause(reader, until=None)
    composing.compose_alerts(now=timezone.now())
    deliver()
    assert len(sink.to(address)) == 1


def test_mails_of_a_dead_sender_are_taken_over(sink: Sink, readers):
    readers(2)
    token = uuid.uuid4()
    first, second = outbox.claim(Email.Lane.ALERTS, token, most=2)
    assert outbox.fence(outbox.load([second], token)[second], token)
    assert outbox.recover() == 0  # its lease still runs
    Email.objects.update(leased_until=Now() - timedelta(seconds=1))
    assert outbox.recover() == 2
    assert Email.objects.get(pk=first).ambiguous == 0
    assert Email.objects.get(pk=second).ambiguous == 1
    assert deliver() == 2


def test_who_lost_the_lease_settles_nothing(readers):
    readers(1)
    late, fresh = uuid.uuid4(), uuid.uuid4()
    (pk,) = outbox.claim(Email.Lane.ALERTS, late, most=1)
    Email.objects.update(leased_until=Now() - timedelta(seconds=1))
    outbox.recover()
    assert outbox.claim(Email.Lane.ALERTS, fresh, most=1) == [pk]
    cleared = outbox.load([pk], fresh)[pk]
    assert outbox.load([pk], late) == {}
    assert not outbox.fence(cleared, late)
    assert outbox.fence(cleared, fresh)
    outbox.settle_sent(pk, late)
    assert Email.objects.get().state == State.SENDING


def test_a_slow_server_does_not_cost_the_lease(sink: Sink, readers, monkeypatch):
    readers(1)
    monkeypatch.setattr(delivery, "RENEW_EVERY", 0.05)
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=0.3))
    taken: list[int] = []

    def wait() -> None:
        threading.Event().wait(1)
        taken.append(outbox.recover())
        connection.close()

    sink.before_answer = wait
    deliver()
    assert taken == [0]
    assert Email.objects.get().state == State.SENT


def test_one_mail_that_cannot_be_written_does_not_stop_the_others(sink: Sink, readers, monkeypatch):
    readers(3)
    from subscriptions import letters

    real, broken = letters.alert, Email.objects.order_by("pk").values_list("pk", flat=True)[0]

    def alert(email, *args, **kwargs):
        if email.pk == broken:
            raise ValueError("cannot be written")
        return real(email, *args, **kwargs)

    monkeypatch.setattr(letters, "alert", alert)
    assert deliver() == 2
    assert Email.objects.get(pk=broken).state == State.RETRY


def test_the_outbox_keeps_no_address(sink: Sink, readers):
    readers(1)
    sink.at_recipient = lambda address: f"550 5.1.1 <{address}> unknown"
    deliver()
    assert "@" not in Email.objects.get().error
    assert Notification.objects.exists()


def test_the_pace_holds_across_senders(sink: Sink, readers, settings):
    readers(15)
    settings.MAIL_RATE = 10
    start = timezone.now()
    deliver()
    assert timezone.now() - start > timedelta(seconds=0.9)
    assert len(sink.ledger) == 15


def test_a_run_brings_no_mail_when_it_is_a_baseline_or_held(readers):
    trial = SubscriptionFactory().trial
    update(trial, run=published_run(is_baseline=True))
    update(trial, run=published_run(state="held", held_because="too many"), version=3)
    assert matching.match_new_runs(now=timezone.now()) == 0
