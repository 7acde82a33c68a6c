"""The ways a run gets its studies: what changed, everything, named ones, a file. Each is one run."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings

from trials import file_intake, study_files
from trials.models import SyncRun
from trials.registry import Registry, RegistryError
from trials.storing import whole_day
from trials.sync import BATCH, Run, single_flight

log = logging.getLogger(__name__)

OVERLAP = timedelta(days=7)
"""Updates become visible hours to days after the date they carry."""
Progress = Callable[[SyncRun, int | None], None]


def _silent(run: SyncRun, total: int | None) -> None:
    """No progress bar."""


def open_registry() -> Registry:
    return Registry(
        settings.REGISTRY_URL,
        contact=settings.REGISTRY_CONTACT,
        site_url=settings.SITE_URL,
        scope=settings.REGISTRY_SCOPE,
        min_interval=settings.REGISTRY_MIN_INTERVAL,
    )


def poll(*, now: datetime) -> SyncRun | None:
    """Asks the registry whether its data moved, and if so fetches what changed; None where nothing moved.

    A registry that cannot be reached leaves a failed run; the next poll starts from the same point.
    """
    with single_flight(), open_registry() as registry:
        last = SyncRun.objects.last_good_poll()
        try:
            timestamp = registry.version().data_timestamp
        except RegistryError as error:
            return Run.open(SyncRun.Kind.INCREMENTAL, baseline=False, now=now).fail(error)
        if last is None:
            return _crawl(registry, SyncRun.Kind.FULL, None, baseline=True, now=now)
        if last.data_timestamp == timestamp:
            SyncRun.objects.filter(pk=last.pk).update(confirmed_at=now)
            return None
        if _is_held(timestamp):
            return None
        return _crawl(registry, SyncRun.Kind.INCREMENTAL, _start_of(last), baseline=False, now=now)


def sync_full(*, baseline: bool, now: datetime, progress: Progress = _silent) -> SyncRun:
    with single_flight(), open_registry() as registry:
        first = SyncRun.objects.last_good_poll() is None
        return _crawl(registry, SyncRun.Kind.FULL, None, baseline=baseline or first, now=now, progress=progress)


def sync_since(since: date, *, baseline: bool, now: datetime, progress: Progress = _silent) -> SyncRun:
    with single_flight(), open_registry() as registry:
        return _crawl(registry, SyncRun.Kind.INCREMENTAL, since, baseline=baseline, now=now, progress=progress)


def sync_ids(ids: Iterable[str], *, baseline: bool, now: datetime, progress: Progress = _silent) -> SyncRun:
    with single_flight(), open_registry() as registry:
        run = Run.open(SyncRun.Kind.IDS, baseline=baseline, now=now)
        return _consume(run, registry.studies_by_id(ids), progress)


def sync_file(path: Path, *, baseline: bool, now: datetime, progress: Progress = _silent) -> SyncRun:
    with single_flight():
        first = not SyncRun.objects.good().exists()
        run = Run.open(SyncRun.Kind.FILE, baseline=baseline or first, now=now)
        try:
            file_intake.take(run, path, lambda: progress(run.row, None))
        except study_files.StudyFileError as error:
            return run.fail(error)
        return run.finish()


def _consume(run: Run, studies: Iterator[Any], progress: Progress) -> SyncRun:
    try:
        while batch := list(islice(studies, BATCH)):
            run.take(batch)
            progress(run.row, None)
    except RegistryError as error:
        return run.fail(error)
    return run.finish()


def _crawl(
    registry: Registry, kind: SyncRun.Kind, since: date | None, *, baseline: bool, now: datetime,
    progress: Progress = _silent,
) -> SyncRun:  # fmt: skip
    run = Run.open(kind, baseline=baseline, now=now, since=since)
    crawl = registry.crawl(since)
    try:
        for page in crawl:
            run.row.data_timestamp = crawl.version.data_timestamp if crawl.version else ""
            run.take(page.studies, cursor=page.token or "")
            progress(run.row, crawl.total)
    except RegistryError as error:
        return run.fail(error)
    return run.finish()


def _start_of(last: SyncRun) -> date | None:
    """The day from which to ask again: the registry's own of the last good poll, less the overlap."""
    day = whole_day(last.data_timestamp[:10])
    return day - OVERLAP if day else None


def _is_held(timestamp: str) -> bool:
    """The same data was fetched and is held for a person: fetching it again would bring the same run."""
    return SyncRun.objects.filter(state=SyncRun.State.HELD, data_timestamp=timestamp).exists()
