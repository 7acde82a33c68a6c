"""Who must not be mailed, kept outside the database: a restored backup must not write to people who left since.

    manage.py suppressions export FILE    adds what ended since the file's last line; run it every ten minutes by cron
    manage.py suppressions apply FILE     after a restore, while MAIL_HOLD is on; may run any number of times
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from subscriptions import leaving
from subscriptions.models import Subscriber, Subscription, Suppression

LOOK_BACK = timedelta(hours=1)  # a transaction may commit after a later one
Line = dict[str, Any]


class Command(BaseCommand):
    help = "Export who must not be mailed, by keyed hash, or apply such an export after a restore."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=("export", "apply"))
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        count = export(file) if options["verb"] == "export" else apply(file)
        self.stdout.write(json.dumps({options["verb"]: count}))


def export(file: Path) -> int:
    """The number of lines added. Lines are never changed, so that a copy elsewhere can only grow."""
    known = set(file.read_text(encoding="utf-8").splitlines()) if file.exists() else set()
    newest = max((json.loads(line)["at"] for line in known), default="")
    since = datetime.fromisoformat(newest) - LOOK_BACK if newest else None
    fresh = [line for line in map(_written, _events(since)) if line not in known]
    with file.open("a", encoding="utf-8") as target:
        target.writelines(f"{line}\n" for line in fresh)
    return len(fresh)


def _events(since: datetime | None) -> Iterator[Line]:
    suppressed = Suppression.objects.order_by("created_at", "pk")
    ended = Subscription.objects.filter(ended_at__isnull=False, subscriber__key__isnull=False)
    if since:
        suppressed, ended = suppressed.filter(created_at__gt=since), ended.filter(ended_at__gt=since)
    for row in suppressed.iterator():
        yield {"at": row.created_at.isoformat(), "key": row.key, "reason": row.reason}
    for each in ended.select_related("subscriber").order_by("ended_at", "pk").iterator():
        assert each.ended_at is not None
        event = {"at": each.ended_at.isoformat(), "key": each.subscriber.key, "reason": each.ended_reason}
        yield event | {"subscription": each.pk}


def _written(event: Line) -> str:
    return json.dumps(event, sort_keys=True)


def apply(file: Path) -> int:
    """The number of rows changed. A subscription confirmed again after it had ended stays."""
    try:
        events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    return sum(_apply_one(event) for event in sorted(events, key=lambda event: event["at"]))


@transaction.atomic
def _apply_one(event: Line) -> int:
    at = datetime.fromisoformat(event["at"])
    subscriber = Subscriber.objects.filter(key=event["key"]).first()
    if "subscription" in event:
        return _end(subscriber, event, at) if subscriber else 0
    if subscriber and event["reason"] != Suppression.Reason.COMPLAINED and _came_back(subscriber, at):
        return 0
    if event["reason"] == Suppression.Reason.ERASED and subscriber:
        leaving.erase(subscriber, now=timezone.now())
        return 1
    _, is_new = Suppression.objects.get_or_create(
        key=event["key"], defaults={"reason": event["reason"], "created_at": at}
    )
    return int(is_new)


def _came_back(subscriber: Subscriber, at: datetime) -> bool:
    return subscriber.subscriptions.live().filter(confirmed_at__gt=at).exists()


def _end(subscriber: Subscriber, event: Line, at: datetime) -> int:
    """By row and by owner: a number given anew after the restore belongs to somebody else, or was confirmed later."""
    live = subscriber.subscriptions.live().filter(pk=event["subscription"], confirmed_at__lt=at)
    ids = list(live.values_list("pk", flat=True))
    return leaving.unsubscribe(subscriber.pk, ids, now=at, reason=event["reason"]) if ids else 0
