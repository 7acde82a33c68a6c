"""Takes one message from standard input that came back to a return path: for a mail server's pipe, or an inbox.

bounces  unix  -  n  n  -  4  pipe  argv=manage.py receive_bounce --to ${recipient}
"""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from subscriptions import bounces, reports


class Command(BaseCommand):
    help = "Reads a bounce or complaint from standard input; prints what it was. Anything else is ignored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", action="append", default=[], help="the envelope's recipient; else the headers say")

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(reports.BIGGEST + 1)
        self.stdout.write(json.dumps({"report": bounces.receive(raw, to=options["to"], now=timezone.now())}))
