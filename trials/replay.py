"""Read every stored study again with today's parser: columns, sites, chips and hashes follow, silently.

What was told stays as it was told: rows of change and older versions are not touched, as docs/adr/0005 says why.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import msgspec

from trials import conditions, records, text, tolerant
from trials.batches import batches
from trials.flight import single_flight
from trials.incoming import Glance, Incoming, read
from trials.models import SyncRun, Trial, TrialDocument
from trials.records import Site
from trials.storing import Stored, replace
from trials.sync import Run


class Replay(Run):
    """A baseline whose studies come from our own store, so that their hash says nothing and all are written."""

    def _holds(self, known: dict[str, Stored], seen: Glance) -> bool:
        return False

    def _store_batch(self, known: dict[str, Stored], items: list[Incoming]) -> None:
        pairs = [(known[item.nct_id], _elsewhere(item.record), item) for item in items]
        replace(pairs, conditions=self.conditions, places=self.places, served=False)
        self.row.unchanged += len(pairs)


def replay(*, now: datetime, progress: Callable[[SyncRun, int | None], None]) -> SyncRun:
    """Batch by batch in the order of ids; goes on where it was stopped if the parser is still the same."""
    with single_flight():
        run, after = _begun(now)
        trials = Trial.objects.listed().filter(id__gt=after).order_by("id")
        total = run.row.seen + trials.count()

        def work() -> None:
            for ids in batches(trials.values_list("id", flat=True).iterator(chunk_size=5000)):
                items = [read(document.study) for document in TrialDocument.objects.filter(trial_id__in=ids)]
                run.row.seen += len(items)
                run.take_read(items, cursor=f"{_parser()}:{ids[-1]}")
                progress(run.row, total)

        return run.carry_out(work)


def _begun(now: datetime) -> tuple[Replay, int]:
    """A new run, or the last one where it was stopped; and the id after which it goes on."""
    last = SyncRun.objects.filter(kind=SyncRun.Kind.REPLAY).order_by("-id").first()
    if last and last.state == SyncRun.State.FAILED and last.cursor.startswith(f"{_parser()}:"):
        return Replay.reopen(last, now=now), int(last.cursor.partition(":")[2])
    return Replay.open(SyncRun.Kind.REPLAY, baseline=True, now=now), 0


def _parser() -> str:
    """A mark of the code that reads a study: half a store read by each of two parsers would be neither."""
    sources = [Path(str(module.__file__)).read_bytes() for module in (records, tolerant, text, conditions)]
    return blake2b(b"\0".join(sources), digest_size=8).hexdigest()


def _elsewhere(record: records.TrialRecord) -> records.TrialRecord:
    """The record with other sites, so that its locations are written anew whatever they were read as before."""
    return msgspec.structs.replace(record, sites=(*record.sites, Site()))
