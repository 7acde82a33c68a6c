"""Rows by COPY: the fast way into a table."""

import struct
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection, models

from trials.copy_text import row

_BINARY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_BINARY_END = b"\xff\xff"


def copy_lines(model: type[models.Model], columns: Sequence[str], lines: Iterable[str]) -> None:
    """COPY rows as trials/copy_text.py writes them, without line ends; nothing where there are none."""
    if body := "\n".join(lines):
        _copy(model, columns, "", f"{body}\n".encode())


def copy_rows(model: type[models.Model], rows: Iterable[Mapping[str, object]]) -> None:
    """COPY rows, each with the same columns."""
    rows = list(rows)
    if rows:
        copy_lines(model, list(rows[0]), (row(each.values()) for each in rows))


def copy_blobs(model: type[models.Model], key: str, column: str, rows: Iterable[tuple[int, bytes]]) -> None:
    """COPY (bigint, bytea) rows in PostgreSQL's binary form: as text, bytes are twice as long."""
    body = b"".join([struct.pack("!hiqi", 2, 8, id_, len(blob)) + blob for id_, blob in rows])
    if body:
        _copy(model, (key, column), "WITH (FORMAT binary)", _BINARY_HEAD + body + _BINARY_END)


def _copy(model: type[models.Model], columns: Sequence[str], how: str, body: bytes) -> None:
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({quoted}) FROM STDIN {how}") as copy:
        copy.write(body)
