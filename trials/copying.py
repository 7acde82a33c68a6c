"""Rows by COPY: the fast way into a table."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models


def copy_rows(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """COPY rows, each a dict of the same columns; nothing where there are none."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    columns = list(first)
    with _copying(model, columns) as copy:
        copy.write_row([_cell(first[column]) for column in columns])
        for row in rows:
            copy.write_row([_cell(row[column]) for column in columns])


def _cell(value: Any) -> Any:
    """Numbers in a list are written out here: the driver looks at each for its type, and there are hundreds."""
    if isinstance(value, list) and (not value or isinstance(value[0], int)):
        return "{" + ",".join(map(str, value)) + "}"
    return value


@contextmanager
def _copying(model: type[models.Model], columns: Sequence[str]) -> Iterator[Any]:
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({quoted}) FROM STDIN") as copy:
        yield copy
