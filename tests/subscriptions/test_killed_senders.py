"""Senders killed without warning, again and again, against a server that keeps a ledger of its own."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from subscriptions import composing, matching, outbox
from subscriptions.models import Email
from tests.factories import TrialFactory
from tests.subscriptions.factories import SubscriptionFactory, update
from tests.subscriptions.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

MAILS = 200
KILLS = 6
SLOTS = 3
_SENDER = f"""
import os, django
django.setup()
from datetime import timedelta
from subscriptions import delivery, outbox
outbox.LEASE, delivery.RENEW_EVERY = timedelta(seconds=1), 0.2
delivery.SLOTS["alerts"] = {SLOTS}
while True:
    outbox.recover()
    delivery.deliver("alerts")
"""


class Senders:
    """A sender in a process of its own, killed and replaced."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", _SENDER], env=self._environment, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        if self._child is not None:
            os.kill(self._child.pid, signal.SIGKILL)
            self._child.wait()
            self._child = None


@pytest.fixture
def senders(sink: Sink) -> Iterator[Senders]:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    senders = Senders(
        {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": url,
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
            "MAIL_RATE": "100000",
        }
    )
    yield senders
    senders.kill()


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_killed_senders_lose_nothing_and_double_only_what_was_on_the_wire(sink, senders, settings, policy):
    settings.MAIL_AMBIGUOUS = policy  # this process recovers too
    senders._environment["MAIL_AMBIGUOUS"] = policy
    sink.before_answer = lambda: time.sleep(0.01)
    addresses = fill_outbox()
    for kill in range(KILLS):
        senders.start()
        wait_for(lambda so_far=kill: len(sink.ledger) > so_far * MAILS // (KILLS * 2) or is_done())
        senders.kill()
    senders.start()
    wait_for(is_done)
    senders.kill()

    copies = Counter(address for address, _ in sink.ledger)
    doubled = [address for address, count in copies.items() if count > 1]
    parked = set(Email.objects.filter(state="unknown").values_list("subscriber__email", flat=True))
    assert set(copies) | parked == set(addresses)
    assert max(copies.values()) <= 2
    assert all(len({m["Message-ID"] for m in sink.to(address)}) == 1 for address in doubled)
    if policy == "hold":
        assert doubled == []
        assert len(parked) <= KILLS * SLOTS
    else:
        assert parked <= set(copies)  # in doubt twice: its reader has it
        assert len(doubled) <= KILLS * SLOTS


def fill_outbox() -> list[str]:
    trial = TrialFactory()
    addresses = [SubscriptionFactory(trial=trial).subscriber.email for _ in range(MAILS)]
    update(trial)
    matching.match_new_runs(now=timezone.now())
    composing.compose_alerts(now=timezone.now())
    return addresses


def is_done() -> bool:
    outbox.recover()
    return not Email.objects.exclude(state__in=("sent", "unknown")).exists()


def wait_for(is_so) -> None:
    deadline = time.monotonic() + 40
    while not is_so():
        assert time.monotonic() < deadline, Counter(Email.objects.values_list("state", flat=True))
        time.sleep(0.05)
