"""Health and metrics: what they say when all is well and when a part is not, and to whom."""

import re
from datetime import timedelta
from io import StringIO
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config import vitals
from config.settings import ROOT
from subscriptions.models import Confirmation, Email, MailSwitch
from tests.factories import SyncRunFactory
from tests.subscriptions.factories import SubscriberFactory, SubscriptionFactory, published_run

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def token(settings) -> dict[str, str]:
    settings.METRICS_TOKEN = "a-token-of-the-collector"
    return {"HTTP_AUTHORIZATION": "Bearer a-token-of-the-collector"}


def alert(**fields: object) -> Email:
    now = timezone.now()
    values = {"kind": "alert", "lane": "alerts", "subscriber": SubscriberFactory(), "created_at": now, "due_at": now,
              "message_id": f"<{Email.objects.count()}@x>", **fields}  # fmt: skip
    return Email.objects.create(**values)


def numbers(client: Client, token: dict[str, str]) -> dict[str, float]:
    text = client.get("/metrics", **token).content.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {each.name.removeprefix("plaintrials_") + "".join(f"/{v}" for v in each.labels.values()): each.value
            for each in samples}  # fmt: skip


def test_ready_tells_of_database_broker_sync_and_mail(client: Client) -> None:
    now = timezone.now()
    SyncRunFactory(started_at=now - 3 * HOUR, finished_at=now, confirmed_at=now - 2 * HOUR)
    alert(due_at=now - HOUR)
    answer = client.get("/health/ready")
    state = answer.json()
    assert answer.status_code == 200
    assert (state["database"], state["broker"]) == ("ok", "ok")
    assert state["last_good_sync_seconds"] == pytest.approx(7200, abs=5)
    assert state["oldest_unsent_mail_seconds"] == pytest.approx(3600, abs=5)
    assert "no-store" in answer["Cache-Control"]


def test_ready_says_no_without_a_database(client: Client, monkeypatch) -> None:
    def down(**_: object) -> None:
        raise DatabaseError("postgresql://app:secret@db/x")

    monkeypatch.setattr(vitals, "look", down)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"database": "down"})


def test_without_a_broker_the_site_is_still_ready(client: Client, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert client.get("/health/ready").json()["broker"] == "down"
    assert client.get("/health/ready").status_code == 200


def test_live_asks_nobody(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/health/live").status_code == 200


def test_metrics_are_not_there_for_strangers(client: Client, token: dict[str, str], settings) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer wrong").status_code == 404
    assert client.get("/metrics", **token).status_code == 200
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 404
    settings.METRICS_NETWORKS = [ip_network("10.1.0.0/16")]
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.2.2.3", HTTP_X_FORWARDED_FOR="10.1.2.3").status_code == 404


def test_metrics_follow_the_tables(client: Client, token: dict[str, str]) -> None:
    now = timezone.now()
    SyncRunFactory(state="held", held_because="many", finished_at=now)
    published_run(finished_at=now - HOUR)
    Confirmation.objects.create(email="a@example.org", key="k", created_at=now, mail_after=now - HOUR)
    Confirmation.objects.create(email="b@example.org", key="l", created_at=now, mail_after=now + HOUR)
    MailSwitch.objects.create(next_slot_at=now, open_until=now + HOUR, is_bulk_paused=True)
    alert(due_at=now - 2 * HOUR)
    alert(due_at=now + HOUR)
    alert(state="failed")
    found = numbers(client, token)
    assert found["held_runs"] == 1
    assert found["unmatched_run_age_seconds"] == pytest.approx(3600, abs=5)
    assert found["undecided_sign_up_age_seconds"] == pytest.approx(3600, abs=5)
    assert found["unsent_mail_age_seconds/alerts"] == pytest.approx(7200, abs=5)
    assert found["unsent_mail_age_seconds/confirmations"] == 0
    assert (found["mails/failed"], found["mails/unknown"]) == (1, 0)
    assert (found["mail_breaker_open"], found["bulk_mail_paused"]) == (1, 1)


def test_before_the_first_sync_there_is_no_age_rather_than_zero(client: Client, token: dict[str, str]) -> None:
    assert "last_good_sync_age_seconds" not in numbers(client, token)


def test_every_alarm_reads_a_metric_that_exists_and_is_explained(client: Client, token: dict[str, str]) -> None:
    rules = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"][0]["rules"]
    text = client.get("/metrics", **token).content.decode()
    handbook = Path(ROOT / "docs/operations.md").read_text()
    for rule in rules:
        for name in re.findall(r"plaintrials_\w+", rule["expr"]):
            assert f"# TYPE {name} gauge" in text, name
        assert rule["alert"] in handbook, rule["alert"]


@pytest.mark.parametrize(("frequency", "hours", "late"), [("daily", 25, False), ("daily", 27, True),
                                                          ("weekly", 27, False), ("weekly", 200, True)])  # fmt: skip
def test_a_canary_that_hears_nothing_raises_the_alarm(frequency: str, hours: int, late: bool) -> None:
    canary = SubscriptionFactory(frequency=frequency).subscriber
    alert(subscriber=canary, state="sent", sent_at=timezone.now() - hours * HOUR)
    out = StringIO()
    arguments = [f"--{frequency}", canary.email]
    if late:
        with pytest.raises(SystemExit) as left:
            call_command("canary", *arguments, stdout=out)
        assert left.value.code == 1
    else:
        call_command("canary", *arguments, stdout=out)
    assert canary.email not in out.getvalue()


def test_a_canary_that_nobody_knows_raises_the_alarm() -> None:
    with pytest.raises(SystemExit):
        call_command("canary", "--daily", "nobody@example.org", stdout=StringIO())
