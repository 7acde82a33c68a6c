"""Benchmarks on throw-away data; each figure beside its floor or peer, measured in the same run."""

import importlib
import json
import math
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

BENCHES = ("sync", "search", "pages", "mail")


def _at_least_one(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise ArgumentTypeError(f"{text} is not a whole number of at least 1.")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise ArgumentTypeError(f"{text} is not a number of seconds above 0.")
    return seconds


class Command(BaseCommand):
    help = "Measures the site beside a floor or a peer; the last line of stdout is one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bench", nargs="?", default="all", choices=[*BENCHES, "all"])
        parser.add_argument("--studies", type=_at_least_one, default=100_000)
        parser.add_argument("--subscribers", type=_at_least_one, default=1_000_000)
        parser.add_argument("--load", action="store_true", help="with pages: a steady mix, then a crowd")
        parser.add_argument("--seconds", type=_seconds, default=60, help="how long each part of --load takes")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = BENCHES if options["bench"] == "all" else (options["bench"],)
        figures = {}
        for name in chosen:
            try:
                bench = importlib.import_module(f"benchmarks.{name}")
            except ModuleNotFoundError as error:
                if options["bench"] != "all":
                    raise CommandError(f"There is no bench {name} yet.") from error
                continue
            figures[name] = bench.run(options, out=self.stdout)
        self.stdout.write(json.dumps(figures))
