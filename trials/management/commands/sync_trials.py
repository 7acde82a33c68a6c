"""One poll by hand; the last line of stdout is one JSON object."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from trials import polling, replay, upkeep
from trials.flight import StayAway, SyncBusy
from trials.models import SyncRun
from trials.patience import once_free
from trials.progress import ProgressBar
from trials.registry import canonical_nct_id

_NOTHING = {"run": None, "seen": 0, "new": 0, "changed": 0, "unchanged": 0, "failed": 0, "gone": 0, "held": 0,
            "seconds": 0.0}  # fmt: skip
MOST_NAMED = 20


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no day; write it like 2026-06-27") from error


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
        self._absent: list[str] = []
        try:
            options["ids"] = _nct_ids(options["ids"] or [])
            with ProgressBar(sys.stderr) as progress:
                run = once_free(lambda: self._run(options, progress), self.stderr.write)
        except SyncBusy as error:
            self._refuse(f"{error}; this one leaves.", error)
        except (StayAway, _NoIds) as error:
            self._refuse(f"{error}.", error)
        self.stdout.write(json.dumps(_summary(run) if run else _NOTHING))
        if run:
            self._tell(run)

    def _refuse(self, why: str, error: Exception) -> NoReturn:
        self.stdout.write(json.dumps(_NOTHING))
        raise CommandError(why) from error

    def _tell(self, run: SyncRun) -> None:
        """What a person has to know beside the figures. Raises CommandError where the run did not do what was asked."""
        if run.state == SyncRun.State.FAILED:
            raise CommandError(run.error)
        if run.state == SyncRun.State.HELD:
            self.stderr.write(f"Run {run.pk} is held: {run.held_because} "
                              f"Release it with `release_sync {run.pk}` or `discard_sync {run.pk}`.")  # fmt: skip
        if self._absent:
            raise CommandError(f"The registry does not have: {_some(self._absent)}.")
        if run.seen and run.failed >= run.seen:
            raise CommandError("No study could be read; the reasons are in the admin, under Quarantined studies.")

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
            return self._named(options["ids"], baseline, progress)
        if options["since"]:
            return polling.sync_since(options["since"], baseline=baseline, now=now, progress=progress)
        if options["full"]:
            return self._all_of_it(baseline, progress)
        if options["replay"]:
            return replay.replay(now=now, progress=progress)
        return polling.poll(baseline=baseline, now=now, progress=progress)

    def _named(self, ids: list[str], baseline: bool, progress: ProgressBar) -> SyncRun:
        def report(found: set[str]) -> None:
            self._absent = [nct_id for nct_id in ids if nct_id not in found]

        return polling.sync_ids(ids, baseline=baseline, now=timezone.now(), progress=progress, report=report)


class _NoIds(Exception):
    """Among the ids is what can be none; nothing was asked for."""


def _nct_ids(words: list[str]) -> list[str]:
    """`NCT1,NCT2 NCT3` -> three ids. Raises _NoIds for what is no NCT ID."""
    ids = {word: canonical_nct_id(word) for words_ in words for word in words_.split(",") if word}
    if wrong := [word for word, nct_id in ids.items() if nct_id is None]:
        raise _NoIds(f"Not an NCT ID: {_some(wrong)}; write it like NCT03323944")
    if words and not ids:
        raise _NoIds("--ids names no study; write it like --ids NCT03323944")
    return list(dict.fromkeys(nct_id for nct_id in ids.values() if nct_id))


def _some(words: list[str]) -> str:
    more = f" and {len(words) - MOST_NAMED} more" if len(words) > MOST_NAMED else ""
    return ", ".join(word[:40] for word in words[:MOST_NAMED]) + more


def _summary(run: SyncRun) -> dict[str, Any]:
    counts = {name: getattr(run, name) for name in ("seen", "new", "changed", "unchanged", "failed", "gone", "held")}
    return {"run": run.pk, **counts, "seconds": round(run.seconds, 3)}
