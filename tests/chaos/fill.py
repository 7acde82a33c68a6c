"""Writes a script's readers and its event into an empty database: python -m tests.chaos.fill < script.json"""

import json
import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402

from subscriptions import addresses, composing, matching  # noqa: E402
from subscriptions.models import Email, Subscriber, Subscription, Suppression  # noqa: E402
from tests.factories import TrialFactory  # noqa: E402
from tests.subscriptions.factories import LONG_AGO, published_run, update  # noqa: E402
from trials.models import Trial  # noqa: E402


def fill(script: dict[str, list[dict[str, object]]]) -> int:
    """The number of mails in the outbox."""
    names = sorted({str(nct_id) for reader in script["readers"] for nct_id in reader["follows"]})  # type: ignore[attr-defined]
    trials = {nct_id: _trial(nct_id) for nct_id in names}
    for reader in script["readers"]:
        _reader(reader, trials)
    run = published_run()
    for event in script["events"]:
        nct_id, _, version = str(event).partition("/")
        update(trials[nct_id], run=run, version=int(version))
    matching.match_new_runs(now=timezone.now())
    composing.compose_alerts(now=timezone.now())
    return Email.objects.filter(state="pending").count()


def _trial(nct_id: str) -> Trial:
    return Trial.objects.filter(nct_id=nct_id).first() or TrialFactory(nct_id=nct_id)


def _reader(reader: dict[str, object], trials: dict[str, Trial]) -> None:
    address = str(reader["address"])
    if not reader["confirmed"]:
        return
    key = addresses.key(address)
    row = Subscriber.objects.create(email=address, key=key, created_at=LONG_AGO)
    for nct_id in reader["follows"]:  # type: ignore[attr-defined]
        Subscription.objects.create(
            subscriber=row, trial=trials[nct_id], confirmed_at=LONG_AGO, consented_at=LONG_AGO,
            consent_version="2026-11", ended_at=timezone.now() if reader["left"] else None,
            ended_reason="unsubscribed" if reader["left"] else "",
        )  # fmt: skip
    if reader["suppressed"]:
        Suppression.objects.create(key=key, reason="bounced", created_at=LONG_AGO)


if __name__ == "__main__":
    print(fill(json.load(sys.stdin)))
