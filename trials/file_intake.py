"""A file of studies into a run, on every core: other processes decode, hash and parse, this one writes."""

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any

from trials import incoming, study_files
from trials.sync import BATCH, Run

AHEAD = 4
"""Batches under way in other processes: enough to keep them busy, few enough to keep memory flat."""
MOST_BYTES = 64 * 1024 * 1024
"""Lines of a batch together; the usual five hundred have a tenth of that."""


def take(run: Run, path: Path, progress: Callable[[], None]) -> None:
    """Takes every study of the file into the run. Raises StudyFileError where the file cannot be read."""
    batches = _batches(study_files.read(path))
    start = list(islice(batches, 2))
    if not _is_worth_processes(start):
        for batch in chain(start, batches):
            run.take(incoming.decoded(item) if isinstance(item, bytes) else item for item in batch)
            progress()
        return
    with Readers() as readers:
        readers.take(run, chain(start, batches), progress)


def _is_worth_processes(start: list[list[Any]]) -> bool:
    """Two full batches of lines: a smaller file is read faster than a process starts."""
    items = [item for batch in start for item in batch]
    return len(items) == 2 * BATCH and all(isinstance(item, bytes) for item in items)


def _batches(studies: Iterator[Any]) -> Iterator[list[Any]]:
    """Of a bounded number, and of lines of a bounded size together."""
    batch: list[Any] = []
    size = 0
    for study in studies:
        batch.append(study)
        size += len(study) if isinstance(study, bytes) else 0
        if len(batch) == BATCH or size > MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class Readers:
    """Processes that look at, or wholly read, batches of JSON lines; their results come back in order.

    While most studies turn out to be new or different they are read at once; else only hashed, and the few that
    differ are read here.
    """

    def __init__(self) -> None:
        # spawned, not forked: a child must not share this process's database connection
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(
            min(4, os.cpu_count() or 1), mp_context=spawn, initializer=incoming.look_for_cycles_less
        )
        self._reads_all = False
        self._threshold = gc.get_threshold()

    def __enter__(self) -> "Readers":
        incoming.look_for_cycles_less()
        return self

    def __exit__(self, *_: object) -> None:
        gc.set_threshold(*self._threshold)
        self._pool.shutdown(cancel_futures=True)

    def take(self, run: Run, batches: Iterable[list[bytes]], progress: Callable[[], None]) -> None:
        under_way: deque[tuple[list[bytes], bool, Future[bytes]]] = deque()
        for batch in batches:
            work = incoming.read_lines if self._reads_all else incoming.glance_lines
            under_way.append((batch, self._reads_all, self._pool.submit(work, batch)))
            if len(under_way) > AHEAD:
                self._settle(run, *under_way.popleft())
                progress()
        while under_way:
            self._settle(run, *under_way.popleft())
            progress()

    def _settle(self, run: Run, batch: Sequence[bytes], was_read: bool, result: Future[bytes]) -> None:
        run.row.seen += len(batch)
        if was_read:
            written = run.take_read(incoming.open_read(result.result()))
        else:
            due = run.differing(incoming.open_glances(result.result()))
            written = run.take_read([incoming.read(incoming.decoded(batch[place])) for place in due])
        self._reads_all = written > len(batch) // 2
