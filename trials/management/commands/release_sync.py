"""What the admin's Release button does for a held run."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from trials import decisions
from trials.flight import SyncBusy
from trials.models import SyncRun
from trials.patience import once_free


class Command(BaseCommand):
    help = "Publishes a held run: its changes are told, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int)

    def handle(self, *args: Any, run: int, **options: Any) -> None:
        try:
            held = SyncRun.objects.get(pk=run)
            done = once_free(lambda: decisions.release(held, by=None, now=timezone.now()), self.stderr.write)
        except SyncRun.DoesNotExist as error:
            raise CommandError(f"There is no run {run}.") from error
        except (ValueError, SyncBusy) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps({"run": done.pk, "state": done.state, "changed": done.changed, "new": done.new}))
