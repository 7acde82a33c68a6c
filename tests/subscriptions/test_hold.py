"""MAIL_HOLD holds until an administrator, freshly confirmed, lets mail go; and holds again when it is set again."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from subscriptions import pace
from subscriptions.models import Email, MailSwitch
from tests.subscriptions.factories import SubscriptionFactory, update
from tests.subscriptions.sink import Sink

pytestmark = pytest.mark.django_db
RELEASE, HOLD = "/admin/subscriptions/mailswitch/1/release/", "/admin/subscriptions/mailswitch/1/hold/"
ALERTS = Email.Lane.ALERTS


@pytest.fixture(autouse=True)
def held(settings: Settings) -> None:
    settings.MAIL_HOLD = True
    pace.allowance(ALERTS)


@pytest.fixture
def boss(client: Client) -> Client:
    user = User.objects.create_user("boss", is_staff=True)
    user.groups.add(Group.objects.get(name="Administrator"))
    client.force_login(user)
    return client


def may_send() -> bool:
    return pace.allowance(ALERTS).mails > 0


def test_nothing_goes_while_it_holds():
    assert not may_send()
    assert pace.allowance(Email.Lane.CONFIRMATIONS).mails == 0


@pytest.mark.django_db(transaction=True)
def test_held_mail_goes_once_an_administrator_lets_it(sink: Sink, work, client):
    client.force_login(User.objects.create_superuser("boss"))
    update(SubscriptionFactory().trial)
    work()
    assert sink.ledger == []
    page = client.get(RELEASE).content.decode()
    assert "alerts" in page
    assert not may_send(), "looking is not doing"
    assert client.post(RELEASE).status_code == 302
    work()
    assert len(sink.ledger) == 1


def test_it_is_written_down_who_let_how_much_go(boss):
    boss.post(RELEASE)
    switch = MailSwitch.objects.get()
    assert (switch.hold_released_by, switch.hold_released_at is not None) == ("boss", True)
    entry = LogEntry.objects.get()
    assert entry.user.username == "boss"
    assert entry.change_message == "Let held mail go: nothing waited"
    assert "boss let mail go" in boss.get("/admin/subscriptions/mailswitch/1/change/").content.decode()


def test_it_asks_for_a_fresh_code(boss, settings, monkeypatch):
    monkeypatch.setattr("config.admin_site.is_fresh", lambda request: False)
    for answer in (boss.get(RELEASE), boss.post(RELEASE)):
        assert answer.status_code == 302
        assert "/second-factor/" in answer["Location"]
    assert not may_send()


@pytest.mark.parametrize("group", ["Editor", "Reviewer"])
def test_nobody_else_may(client, group):
    user = User.objects.create_user("editor", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    for answer in (client.get(RELEASE), client.post(RELEASE), client.post(HOLD)):
        assert answer.status_code == 403
    assert not may_send()


def test_it_can_be_held_again(boss):
    boss.post(RELEASE)
    assert boss.get(HOLD).status_code == 405
    boss.post(HOLD)
    assert not may_send()
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")][-1] == "Held mail again"


def test_without_the_setting_the_release_is_forgotten_and_setting_it_again_holds(boss, settings):
    boss.post(RELEASE)
    settings.MAIL_HOLD = False
    assert may_send()
    settings.MAIL_HOLD = True
    assert not may_send()


def test_a_release_does_not_hold_for_a_database_restored_elsewhere(boss, monkeypatch):
    boss.post(RELEASE)
    assert may_send()
    monkeypatch.setattr("subscriptions.home.here", lambda: "another/1")
    assert not may_send()
    boss.post(RELEASE)
    assert may_send(), "one decision lets a restored database's mail go"


def test_letting_go_twice_says_so(boss):
    boss.post(RELEASE)
    answer = boss.post(RELEASE, follow=True)
    assert "No mail is held" in answer.content.decode()
    assert LogEntry.objects.count() == 1


def test_the_breaker_and_the_pause_stay_what_they_were(boss):
    MailSwitch.objects.update(is_bulk_paused=True, open_until=timezone.now())
    boss.post(RELEASE)
    assert not may_send()
    assert MailSwitch.objects.get().is_bulk_paused
