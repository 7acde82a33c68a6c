"""A table of figures for a person, each with what it is measured against."""

from collections.abc import Iterable
from typing import TextIO


def show(out: TextIO, title: str, rows: Iterable[tuple[str, str, str]]) -> None:
    """Rows of (what, measured, beside)."""
    rows = [("", "measured", "beside"), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    out.write(f"\n{title}\n")
    for row in rows:
        out.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
