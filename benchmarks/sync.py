"""How fast the sync stores, skips and updates, beside the fastest way to put the same lines into PostgreSQL."""

import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import msgspec
from django.db import connection
from django.utils import timezone

from benchmarks.studies import changed, make_studies, same_in_meaning
from benchmarks.table import show
from trials import polling
from trials.directory import filling
from trials.models import SyncRun, Trial

DELTA_FETCHED, DELTA_CHANGED = 10_000, 1_800
LEFT_OUT_BY_FLOOR = ("resultsSection", "documentSection", "derivedSection")


def run(options: dict[str, Any], out: TextIO) -> dict[str, Any]:
    count = options["studies"]
    with tempfile.TemporaryDirectory(prefix="plaintrials-bench-") as name:
        folder = Path(name)
        first_file = _write(folder / "first.jsonl", make_studies(count))
        again_file = _write(folder / "again.jsonl", (same_in_meaning(s, n) for n, s in enumerate(make_studies(count))))
        delta_file = _write(folder / "delta.jsonl", _delta(count))
        floor = count / _seconds(lambda: _floor(first_file))
        first = count / _seconds(lambda: _import(first_file, baseline=True))
        directory = _seconds(filling.refresh)
        unchanged = count / _seconds(lambda: _unchanged(again_file))
        delta = _seconds(lambda: _changed_day(delta_file, count))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(out, f"sync, {count:,} studies", [
        ("first import", f"{first:,.0f} a second", f"floor {floor:,.0f} a second: {first / floor:.2f}"),
        ("treatments and hospitals", f"{directory:.1f} s", "filled after it by a task, while the site is up"),
        ("unchanged again", f"{unchanged:,.0f} a second", f"first import: {unchanged / first:.1f} times"),
        ("a day's delta", f"{delta:.1f} s", f"{min(DELTA_FETCHED, count):,} fetched, {DELTA_CHANGED:,} changed"),
        ("peak memory", f"{peak:,.0f} MB", "limit 500 MB"),
    ])  # fmt: skip
    return {"studies": count, "first_per_second": round(first, 1), "floor_per_second": round(floor, 1),
            "first_ratio": round(first / floor, 3), "unchanged_speedup": round(unchanged / first, 2),
            "directory_seconds": round(directory, 1), "delta_seconds": round(delta, 2),
            "peak_mb": round(peak)}  # fmt: skip


def _write(path: Path, studies: Iterable[dict[str, Any]]) -> Path:
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for study in studies:
            file.write(encode(study) + b"\n")
    return path


def _delta(count: int) -> Iterator[dict[str, Any]]:
    """The overlap's studies: most as they were, some changed."""
    fetched = min(DELTA_FETCHED, count)
    every = max(1, fetched // DELTA_CHANGED)
    changes = 0
    for number, study in enumerate(make_studies(fetched)):
        if number % every == 0 and changes < DELTA_CHANGED:
            changes += 1
            yield changed(study, number)
        else:
            yield same_in_meaning(study, number)


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _floor(path: Path) -> None:
    """Decode each line and COPY its JSON into one jsonb column: nobody stores studies faster than this."""
    encode = msgspec.json.Encoder().encode
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS floor; CREATE TABLE floor (study jsonb)")
        with path.open("rb") as lines, cursor.copy("COPY floor (study) FROM STDIN") as copy:
            for line in lines:
                study = msgspec.json.decode(line)
                for key in LEFT_OUT_BY_FLOOR:
                    study.pop(key, None)
                copy.write_row([encode(study).decode()])
        cursor.execute("DROP TABLE floor")


def _import(path: Path, *, baseline: bool) -> SyncRun:
    run = polling.sync_file(path, baseline=baseline, now=timezone.now())
    assert run.failed == 0, f"{run.failed} studies failed"
    return run


def _unchanged(path: Path) -> None:
    run = _import(path, baseline=False)
    assert (run.new, run.changed) == (0, 0), f"{run.new} new, {run.changed} changed"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _changed_day(path: Path, count: int) -> None:
    run = _import(path, baseline=False)
    if run.state == SyncRun.State.HELD:  # at small N a day's changes are over 2 % of all: the guard holds them
        from trials.decisions import release

        run = release(run, by=None, now=timezone.now())
    assert run.state == SyncRun.State.PUBLISHED, run.held_because
    assert Trial.objects.filter(version=2).exists()
