"""The registry is away for three days: pages serve what is known and say of when; only the operator hears of it."""

import logging
import re

import pytest
import time_machine
from django.test import Client

from subscriptions.models import Email, Notification
from tests.subscriptions.factories import SubscriptionFactory
from tests.trials.following import Follower
from trials import tasks
from trials.models import SyncRun, Trial

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("/", "/trials/", "/trials/{}/", "/conditions/", "/trials.json", "/changes/feed/", "/health/ready")


def test_three_days_without_the_registry_cost_nobody_a_page(
    follower: Follower, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    follower.run()
    trial = Trial.objects.order_by("nct_id")[0]
    SubscriptionFactory(trial=trial)
    alarms = []
    for hour in range(0, 72, 6):
        follower.sample.misbehave("server_error_500")
        follower.hours += 5
        follower.poll()
        with time_machine.travel(follower.now, tick=False):
            for page in PAGES:
                assert client.get(page.format(trial.nct_id)).status_code == 200, f"{page} after {hour} h"
            shown = client.get(f"/trials/{trial.nct_id}/").content.decode()
            assert re.search(r"(checked|looked)[^<]{0,80}", shown, re.IGNORECASE)
            caplog.clear()
            with caplog.at_level(logging.WARNING):
                tasks.check_freshness()
            alarms.append(bool(caplog.records))
    assert alarms == [hour >= 26 for hour in range(6, 78, 6)]
    assert not Email.objects.exists()
    assert not Notification.objects.exists()
    assert Trial.objects.filter(pk=trial.pk).exists()
    assert SyncRun.objects.order_by("-pk")[0].state == "failed"
