"""A backup of yesterday is restored: who left since gets no mail."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from subscriptions import leaving
from subscriptions.models import Email, Subscriber, Subscription, Suppression
from tests.factories import ConditionFactory
from tests.subscriptions.factories import SubscriptionFactory, update

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "suppressions.jsonl"


def run(verb: str, file: Path) -> int:
    out = StringIO()
    call_command("suppressions", verb, str(file), stdout=out)
    return int(json.loads(out.getvalue())[verb])


def test_an_export_grows_and_never_repeats(file: Path) -> None:
    one, other = SubscriptionFactory(), SubscriptionFactory(trial=None, condition=ConditionFactory())
    leaving.unsubscribe(one.subscriber_id, [], now=timezone.now())
    assert run("export", file) == 1
    first = file.read_text()
    assert run("export", file) == 0
    leaving.unsubscribe(other.subscriber_id, [], now=timezone.now())
    assert run("export", file) == 1
    assert file.read_text().startswith(first)
    assert "@" not in file.read_text()


def test_a_restored_backup_forgets_nobody_who_left(file: Path) -> None:
    now = timezone.now()
    left, bounced, erased, stayed = (SubscriptionFactory() for _ in range(4))
    keys = {each.pk: (each.subscriber.key, each.subscriber.email) for each in (left, bounced, erased, stayed)}
    leaving.unsubscribe(left.subscriber_id, [left.pk], now=now)
    Suppression.objects.create(key=keys[bounced.pk][0], reason="bounced", created_at=now)
    leaving.erase(Subscriber.objects.get(pk=erased.subscriber_id), now=now)
    run("export", file)

    # yesterday's backup
    Suppression.objects.all().delete()
    Subscription.objects.update(ended_at=None, ended_reason="")
    Subscriber.objects.filter(pk=erased.subscriber_id).update(
        email=keys[erased.pk][1], key=keys[erased.pk][0], erased_at=None
    )
    update(left.trial)

    assert run("apply", file) == 3
    assert {each.pk for each in Subscription.objects.live()} == {bounced.pk, stayed.pk}
    assert Suppression.objects.get(key=keys[bounced.pk][0]).reason == "bounced"
    assert Subscriber.objects.get(pk=erased.subscriber_id).email is None
    assert run("apply", file) == 0
    assert not Email.objects.exists()


def test_who_came_back_after_leaving_stays(file: Path) -> None:
    gone = SubscriptionFactory()
    leaving.unsubscribe(gone.subscriber_id, [], now=timezone.now() - timedelta(hours=2))
    back = SubscriptionFactory(subscriber=gone.subscriber, trial=gone.trial, confirmed_at=timezone.now())
    run("export", file)
    assert run("apply", file) == 0
    assert list(Subscription.objects.live()) == [back]


@pytest.mark.parametrize(("reason", "suppressed"), [("erased", 0), ("bounced", 0), ("complained", 1)])
def test_who_confirmed_again_after_bouncing_or_erasing_stays(file: Path, reason: str, suppressed: int) -> None:
    before = timezone.now() - timedelta(hours=2)
    back = SubscriptionFactory(confirmed_at=timezone.now())
    Suppression.objects.create(key=back.subscriber.key, reason=reason, created_at=before)
    run("export", file)
    Suppression.objects.all().delete()
    assert run("apply", file) == suppressed
    assert Suppression.objects.count() == suppressed
    assert Subscriber.objects.get(pk=back.subscriber_id).email


def test_a_file_that_is_no_export_is_refused(file: Path) -> None:
    file.write_text("not json\n")
    with pytest.raises(CommandError):
        run("apply", file)
