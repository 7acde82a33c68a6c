"""One poll by hand; the last line of stdout is one JSON object."""

import json
import sys
import time
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from trials import polling, replay, upkeep
from trials.flight import StayAway, SyncBusy
from trials.models import SyncRun
from trials.progress import ProgressBar
from trials.registry import canonical_nct_id

PATIENCE = 6.0
"""Seconds that a sync by hand waits for one that is at work."""
_NOTHING = {"run": None, "seen": 0, "new": 0, "changed": 0, "unchanged": 0, "failed": 0, "gone": 0, "held": 0,
            "seconds": 0.0}  # fmt: skip


def _date(text: str) -> date:
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Fetches trials from the registry, or reads them from a file, and stores what is new or changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--full", action="store_true", help="every study of the scope")
        source.add_argument("--since", type=_date, metavar="DATE", help="what the registry updated from this day on")
        source.add_argument("--ids", nargs="+", metavar="NCT", help="these studies")
        source.add_argument("--file", type=Path, metavar="PATH", help=".json, .jsonl (also .gz) or .zip of such files")
        source.add_argument("--replay", action="store_true", help="what is stored, read again with today's parser")
        parser.add_argument("--baseline", action="store_true", help="store silently: nobody is told")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with ProgressBar(sys.stderr) as progress:
                run = self._once_free(options, progress)
        except SyncBusy as error:
            self.stdout.write(json.dumps(_NOTHING))
            raise CommandError(f"{error}; this one leaves.") from error
        except StayAway as error:
            raise CommandError(f"{error}.") from error
        if run is None:
            self.stdout.write(json.dumps(_NOTHING))
            return
        self.stdout.write(json.dumps(_summary(run)))
        if run.state == SyncRun.State.FAILED:
            raise CommandError(run.error)
        if run.state == SyncRun.State.HELD:
            self.stderr.write(f"Run {run.pk} is held: {run.held_because} "
                              f"Release it with `release_sync {run.pk}` or `discard_sync {run.pk}`.")  # fmt: skip

    def _once_free(self, options: dict[str, Any], progress: ProgressBar) -> SyncRun | None:
        """The site's own poll takes a few seconds; a person at a keyboard can wait that long."""
        patience = time.monotonic() + PATIENCE
        while True:
            try:
                return self._run(options, progress)
            except SyncBusy:
                if time.monotonic() > patience:
                    raise
                time.sleep(0.25)

    def _all_of_it(self, baseline: bool, progress: ProgressBar) -> SyncRun:
        """Every study, then an inventory: what a crawl cannot see is what is no longer there."""
        run = polling.sync_full(baseline=baseline, now=timezone.now(), progress=progress)
        if run.state == SyncRun.State.PUBLISHED and (taken := upkeep.take_inventory(now=timezone.now())):
            run.gone += taken.gone
        return run

    def _run(self, options: dict[str, Any], progress: ProgressBar) -> SyncRun | None:
        now, baseline = timezone.now(), options["baseline"]
        if options["file"]:
            return polling.sync_file(options["file"], baseline=baseline, now=now, progress=progress)
        if options["ids"]:
            return polling.sync_ids(_nct_ids(options["ids"]), baseline=baseline, now=now, progress=progress)
        if options["since"]:
            return polling.sync_since(options["since"], baseline=baseline, now=now, progress=progress)
        if options["full"]:
            return self._all_of_it(baseline, progress)
        if options["replay"]:
            return replay.replay(now=now, progress=progress)
        return polling.poll(baseline=baseline, now=now, progress=progress)


def _nct_ids(words: list[str]) -> list[str]:
    """`NCT1,NCT2 NCT3` -> three ids. Raises CommandError for what is no NCT ID."""
    ids = [word for words_ in words for word in words_.split(",") if word]
    if wrong := [word for word in ids if canonical_nct_id(word) is None]:
        raise CommandError(f"Not an NCT ID: {', '.join(wrong[:5])}")
    return ids


def _summary(run: SyncRun) -> dict[str, Any]:
    counts = {name: getattr(run, name) for name in ("seen", "new", "changed", "unchanged", "failed", "gone", "held")}
    return {"run": run.pk, **counts, "seconds": round(run.seconds, 3)}
