"""Rows in lists of a bounded size."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Row = TypeVar("Row")
BATCH = 500
"""Studies that are parsed, compared and stored together."""


def batches(rows: Iterable[Row], size: int = BATCH) -> Iterator[list[Row]]:
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch
