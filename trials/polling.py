"""The ways a run gets its studies: what changed, everything, named ones, a file. Each is one run."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings

from trials import file_intake
from trials.batches import batches
from trials.days import whole_day
from trials.flight import single_flight, stay_away
from trials.models import SyncRun
from trials.registry import Registry, RegistryError, RegistryVersion, ids_of
from trials.sync import Run

log = logging.getLogger(__name__)

OVERLAP = timedelta(days=7)
"""Updates become visible hours to days after the date they carry."""
Progress = Callable[[SyncRun, int | None], None]


def _silent(run: SyncRun, total: int | None) -> None:
    """No progress bar."""


@contextmanager
def at_the_registry(*, now: datetime) -> Iterator[Registry]:
    """The registry, for one run at a time. Raises SyncBusy, and StayAway while it does not want to be asked."""
    with single_flight():
        stay_away(now=now)
        with open_registry() as registry:
            try:
                yield registry
            finally:
                time.sleep(settings.REGISTRY_MIN_INTERVAL)  # the next run's first request is one a second as well


def open_registry() -> Registry:
    known = SyncRun.objects.exclude(rung="").order_by("-id").values_list("rung", flat=True).first()
    return Registry(
        settings.REGISTRY_URL,
        contact=settings.REGISTRY_CONTACT,
        site_url=settings.SITE_URL,
        scope=settings.REGISTRY_SCOPE,
        min_interval=settings.REGISTRY_MIN_INTERVAL,
        rung=known or "",
    )


def poll(*, now: datetime, baseline: bool = False, progress: Progress = _silent) -> SyncRun | None:
    """Asks the registry whether its data moved, and if so fetches what changed; None where nothing moved.

    A registry that cannot be reached leaves a failed run; the next poll starts from the same point. The first poll
    of all imports everything, silently, and goes on where an earlier one was stopped.
    """
    with at_the_registry(now=now) as registry:
        last = SyncRun.objects.last_good_poll()
        try:
            version = registry.version()
        except RegistryError as error:
            return _noted(Run.open(SyncRun.Kind.INCREMENTAL, baseline=False, now=now), registry).fail(error)
        if last is None:
            return _import_all(registry, version, now=now, progress=progress)
        if last.data_timestamp == version.data_timestamp:
            SyncRun.objects.filter(pk=last.pk).update(confirmed_at=now)
            return None
        if _is_held(version.data_timestamp):
            return None
        since = _start_of(last, now)
        run = Run.open(SyncRun.Kind.INCREMENTAL, baseline=baseline, now=now, since=since)
        return _crawl(registry, run, progress=progress)


def sync_full(*, baseline: bool, now: datetime, progress: Progress = _silent) -> SyncRun:
    with at_the_registry(now=now) as registry:
        if not baseline and SyncRun.objects.last_good_poll():
            return _crawl(registry, Run.open(SyncRun.Kind.FULL, baseline=False, now=now), progress=progress)
        try:
            version = registry.version()
        except RegistryError as error:
            return _noted(Run.open(SyncRun.Kind.FULL, baseline=True, now=now), registry).fail(error)
        return _import_all(registry, version, now=now, progress=progress)


def sync_since(since: date, *, baseline: bool, now: datetime, progress: Progress = _silent) -> SyncRun:
    """By hand; the next poll starts where it would have started, so a late date leaves no gap."""
    with at_the_registry(now=now) as registry:
        run = Run.open(SyncRun.Kind.SINCE, baseline=baseline, now=now, since=since)
        return _crawl(registry, run, progress=progress)


def sync_ids(
    ids: Iterable[str], *, baseline: bool, now: datetime, progress: Progress = _silent,
    report: Callable[[set[str]], object] = len,
) -> SyncRun:  # fmt: skip
    """`report` gets every id under which the registry found something."""
    with at_the_registry(now=now) as registry:
        run, found = Run.open(SyncRun.Kind.IDS, baseline=baseline, now=now), set[str]()
        done = fetch(registry, run, ids, progress=progress, found=found)
        report(found)
        return done


def sync_file(path: Path, *, baseline: bool, now: datetime, progress: Progress = _silent) -> SyncRun:
    """The first import of all is a baseline. A stopped one is begun again: what is stored by then is skipped fast."""
    with single_flight():
        first = not SyncRun.objects.good().exists()
        run = Run.open(SyncRun.Kind.FILE, baseline=baseline or first, now=now)
        return run.carry_out(lambda: file_intake.take(run, path, lambda: progress(run.row, None)))


def fetch(
    registry: Registry, run: Run, ids: Iterable[str], progress: Progress = _silent, found: set[str] | None = None
) -> SyncRun:
    """Takes the studies that the registry has under these ids; notes in `found` all of theirs."""

    def work() -> None:
        run.row.data_timestamp = registry.version().data_timestamp
        for batch in batches(registry.studies_by_id(ids)):
            run.take(batch)
            if found is not None:
                found.update(nct_id for study in batch for nct_id in ids_of(study))
            progress(run.row, None)

    return _noting(run, registry, work)


def _import_all(registry: Registry, version: RegistryVersion, *, now: datetime, progress: Progress) -> SyncRun:
    """A silent import of the whole scope: a new one, or the rest of one that was stopped while the data stood still."""
    last = SyncRun.objects.filter(kind=SyncRun.Kind.FULL, is_baseline=True).order_by("-id").first()
    if last and last.state == SyncRun.State.FAILED and last.cursor and last.data_timestamp == version.data_timestamp:
        return _crawl(registry, Run.reopen(last, now=now), progress=progress, token=last.cursor, expected=version)
    return _crawl(registry, Run.open(SyncRun.Kind.FULL, baseline=True, now=now), progress=progress)


def _crawl(
    registry: Registry, run: Run, *, progress: Progress, token: str | None = None,
    expected: RegistryVersion | None = None,
) -> SyncRun:  # fmt: skip
    crawl = registry.crawl(run.row.since, token=token, expected=expected)

    def work() -> None:
        for page in crawl:
            run.row.data_timestamp = crawl.version.data_timestamp if crawl.version else ""
            run.take(page.studies, cursor=page.token or "")
            progress(run.row, crawl.total)

    return _noting(run, registry, work)


def _noting(run: Run, registry: Registry, work: Callable[[], None]) -> SyncRun:
    """Carries the run out, and writes down which transport worked."""

    def noted() -> None:
        try:
            work()
        finally:
            _noted(run, registry)

    return run.carry_out(noted)


def _noted(run: Run, registry: Registry) -> Run:
    run.row.rung = registry.rung[:20]
    return run


def _start_of(last: SyncRun, now: datetime) -> date | None:
    """The day from which to ask again: the registry's own of the last good poll, less the overlap.

    A registry whose clock ran ahead is asked from our today, so that nothing is skipped once it is put right.
    """
    day = whole_day(last.data_timestamp[:10])
    return min(day, now.date()) - OVERLAP if day else None


def _is_held(timestamp: str) -> bool:
    """The same data was fetched and is held for a person: fetching it again would bring the same run."""
    return SyncRun.objects.held().filter(data_timestamp=timestamp).exists()
