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
FEW_LINES = 2 * BATCH
"""A smaller file is read faster than a process starts."""


def take(run: Run, path: Path, progress: Callable[[], None]) -> None:
    """Takes every study of the file into the run. Raises StudyFileError where the file cannot be read."""
    studies = study_files.read(path)
    start = list(islice(studies, FEW_LINES))
    if len(start) < FEW_LINES or not all(isinstance(item, bytes) for item in start):
        for batch in chain([start], _batches(studies)):
            run.take(incoming.decoded(item) if isinstance(item, bytes) else item for item in batch)
            progress()
        return
    with Readers() as readers:
        readers.take(run, [start[:BATCH], start[BATCH:]], progress)
        readers.take(run, _batches(studies), progress)


def _batches(studies: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(studies, BATCH)):
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
