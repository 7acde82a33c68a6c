"""A database that was restored from a dump sends nothing until an administrator has looked."""

import pytest
from django.utils import timezone

from subscriptions import home, pace
from subscriptions.models import MailSwitch

pytestmark = pytest.mark.django_db


def test_the_first_mail_ever_is_not_held_and_names_its_database() -> None:
    assert pace.allowance("alerts").mails > 0
    assert MailSwitch.objects.get().home == home.here()


@pytest.mark.parametrize("lane", ["confirmations", "alerts", "digests"])
def test_a_restored_database_sends_nothing_and_says_why(lane: str) -> None:
    MailSwitch.objects.create(next_slot_at=timezone.now(), home="7000000000000000001/16384")
    assert pace.allowance(lane).mails == 0
    assert pace.allowance(lane).mails == 0
    assert "restored" in MailSwitch.objects.get().reason


def test_an_administrator_lets_it_go() -> None:
    MailSwitch.objects.create(next_slot_at=timezone.now(), home="7000000000000000001/16384")
    pace.allowance("alerts")
    pace.let_go(now=timezone.now())
    assert pace.allowance("alerts").mails > 0
    assert MailSwitch.objects.get().reason == ""
