"""A line on the terminal that tells how far a sync is; silent where there is no terminal."""

import time
from types import TracebackType
from typing import TextIO

from trials.models import SyncRun

WIDTH = 30


class ProgressBar:
    def __init__(self, out: TextIO) -> None:
        self._out = out if out.isatty() else None
        self._began = time.monotonic()
        self._shown = 0.0

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._out and self._shown:
            self._out.write("\n")

    def __call__(self, run: SyncRun, total: int | None) -> None:
        now = time.monotonic()
        if self._out is None or now - self._shown < 0.2:
            return
        self._shown = now
        self._out.write("\r" + line(run.seen, total, now - self._began).ljust(78))
        self._out.flush()


def line(seen: int, total: int | None, seconds: float) -> str:
    """`[####......] 12,000 of 606,000, 310 a second, 32 min left`"""
    rate = seen / seconds if seconds else 0.0
    if not total:
        return f"{seen:,} studies, {rate:,.0f} a second"
    done = min(1.0, seen / total)
    bar = ("#" * round(done * WIDTH)).ljust(WIDTH, ".")
    left = (total - seen) / rate / 60 if rate else 0.0
    return f"[{bar}] {seen:,} of {total:,}, {rate:,.0f} a second, {left:.0f} min left"
