"""Tell whether the canaries got their mail: addresses of our own that follow something busy, one a frequency."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Max
from django.utils import timezone

from subscriptions import addresses
from subscriptions.models import Email

WITHIN = {"at-once": timedelta(hours=50), "daily": timedelta(hours=26), "weekly": timedelta(days=8)}


class Command(BaseCommand):
    help = "Exits with 1 when a canary's last mail is older than its frequency allows. See docs/operations.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for frequency in WITHIN:
            parser.add_argument(f"--{frequency}", action="append", default=[], metavar="ADDRESS")

    def handle(self, *args: Any, **options: Any) -> None:
        late = 0
        for frequency, within in WITHIN.items():
            for address in options[frequency.replace("-", "_")]:
                sent = last_mail(address)
                age = timezone.now() - sent if sent else None
                is_late = age is None or age > within
                late += is_late
                when = f"last mail {age.total_seconds() / 3600:.1f} h ago" if age else "no mail yet"
                self.stdout.write(f"{frequency:<8} {addresses.masked(address)}: {when}{', late' if is_late else ''}")
        if late:
            raise SystemExit(1)


def last_mail(address: str) -> datetime | None:
    """When the mail server last took an alert or digest for this address."""
    sent = Email.objects.filter(subscriber__key=addresses.key(address), state=Email.State.SENT)
    at: datetime | None = sent.aggregate(at=Max("sent_at"))["at"]
    return at
