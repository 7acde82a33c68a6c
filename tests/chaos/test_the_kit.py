"""The kit itself: it finds builds that are broken on purpose."""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from subscriptions import confirmations, links, signup
from subscriptions.models import Subscription
from tests.chaos import broken
from tests.chaos.driver import SLOTS, World
from tests.chaos.oracle import Reader, judge
from tests.factories import TrialFactory

EVENT = "NCT99100001/2"


def line(address: str, message_id: str = "<1@x>") -> dict[str, object]:
    return {"to": address, "keys": [EVENT], "id": message_id}


def complaints(ledger, *, policy="resend", kills=1, readers=None):
    readers = readers or [Reader("a@x.org", ("NCT99100001",)), Reader("b@x.org", ("NCT99100001",), left=True)]
    return judge(readers, [EVENT], ledger).complaints(policy=policy, kills=kills, slots=1)


@pytest.mark.parametrize(
    "ledger, word",
    [
        ([], "lost"),
        ([line("a@x.org"), line("b@x.org")], "wrong"),
        ([line("a@x.org")] * 3, "copies"),
        ([line("a@x.org"), line("a@x.org", "<2@x>")], "Message-ID"),
    ],
)
def test_the_oracle_sees(ledger, word):
    assert any(word in each for each in complaints(ledger))


def test_the_oracle_lets_pass_what_a_kill_explains_and_no_more():
    twice = [line("a@x.org")] * 2
    assert complaints([line("a@x.org")]) == complaints(twice) == []
    assert complaints(twice, kills=0)
    assert complaints(twice, policy="hold")


def test_a_sender_that_marks_in_batches_fails(world: World):
    world.begin(mails=120)
    world.send_with_kills(kills=3, seed=1, mode="naive")
    verdict = world.verdict()
    assert any("doubled" in each for each in verdict.complaints(policy="resend", kills=3, slots=SLOTS))


def opened_without_effect(client: Client) -> bool:
    """What a mail scanner does to a confirmation link; True when nobody was subscribed by it."""
    asked = signup.ask(signup.Wish("ada@example.org", trial=TrialFactory()), now=timezone.now())
    confirmations.prepare(now=timezone.now())
    asked.refresh_from_db()
    path = urlsplit(links.confirm_url(asked)).path
    for _ in range(3):
        for method in (client.get, client.head, client.options):
            method(path)
    return not Subscription.objects.exists()


@pytest.mark.django_db
def test_a_confirmation_that_acts_on_get_fails(client, monkeypatch):
    broken.confirm_on_get(monkeypatch)
    assert not opened_without_effect(client)


@pytest.mark.django_db
def test_the_real_confirmation_passes(client):
    assert opened_without_effect(client)
