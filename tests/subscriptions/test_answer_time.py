"""A sign-up does the same work for every address, so that its time tells nobody who is known here."""

import os
import statistics
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from subscriptions import addresses
from subscriptions.models import Confirmation, Suppression
from tests.factories import TrialFactory
from tests.subscriptions.factories import LONG_AGO, SubscriberFactory, SubscriptionFactory
from trials.models import Trial

pytestmark = pytest.mark.django_db

EACH = int(os.environ.get("ANSWER_TIME_EACH", "40"))
"""For a measurement by hand: ANSWER_TIME_EACH=500."""


@pytest.fixture
def trial() -> Trial:
    return TrialFactory(nct_id="NCT99000001")


def statements(client: Client, path: str, form: dict[str, str]) -> tuple[list[str], int, bytes]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.post(path, form)
    # what is asked, without the values
    asked = [query["sql"].split(" VALUES ")[0].split(" WHERE ")[0] for query in captured]
    return asked, response.status_code, response.content


@pytest.mark.parametrize("path", ["/updates/", "/updates/manage/"])
def test_new_known_and_suppressed_addresses_cost_the_same_statements_and_get_the_same_page(client, trial, path):
    SubscriptionFactory(subscriber=SubscriberFactory(email="known@example.org"), trial=trial)
    for reason in Suppression.Reason.values:
        Suppression.objects.create(key=addresses.key(f"{reason}@example.org"), reason=reason, created_at=LONG_AGO)
    names = ["new", "known", *Suppression.Reason.values]
    answers = [statements(client, path, {"email": f"{name}@example.org", "trial": trial.nct_id}) for name in names]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][1] == 200


def test_the_median_time_is_printed_for_known_and_new_addresses(client, trial, settings, capsys):
    settings.SIGNUP_LIMITS = "network=10000 site=10000 domain=10000"
    for number in range(EACH):
        SubscriptionFactory(subscriber=SubscriberFactory(email=f"known{number}@example.org"), trial=trial)
    taken: dict[str, list[float]] = {"known": [], "new": []}
    counts: dict[str, set[int]] = {"known": set(), "new": set()}
    for number in range(EACH):
        for kind in ("known", "new") if number % 2 else ("new", "known"):
            form = {"email": f"{kind}{number}@example.org", "trial": trial.nct_id}
            began = time.perf_counter()
            with CaptureQueriesContext(connection) as captured:
                assert client.post("/updates/", form).status_code == 200
            taken[kind].append(time.perf_counter() - began)
            counts[kind].add(len(captured))
    medians = {kind: 1000 * statistics.median(times) for kind, times in taken.items()}
    with capsys.disabled():
        print(f"\nsign-up, {EACH} addresses each: new {medians['new']:.2f} ms, known {medians['known']:.2f} ms")
    assert counts["known"] == counts["new"]
    assert Confirmation.objects.count() == 2 * EACH
