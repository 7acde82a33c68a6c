"""Values as PostgreSQL's COPY reads them: text, tab between columns, one line a row. Pure, so that any process can
make rows while another writes them.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

NULL = "\\N"
_SPECIAL = re.compile(r"[\\\t\n\r\v\b\f]")
_SPECIAL_BUT_TAB = re.compile(r"[\\\n\r\v\b\f]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\v": "\\v", "\b": "\\b", "\f": "\\f"})


def text(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


def texts(*values: str) -> str:
    """Several columns of text, looked at together: hardly one in a thousand has anything to escape."""
    joined = "\t".join(values)
    if joined.count("\t") == len(values) - 1 and not _SPECIAL_BUT_TAB.search(joined):
        return joined
    return "\t".join([text(value) for value in values])


def array(values: list[str] | list[int]) -> str:
    if not values or isinstance(values[0], int):
        return "{" + ",".join(map(str, values)) + "}"
    quoted = [str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return text("{" + ",".join([f'"{value}"' for value in quoted]) + "}")


_CELLS: dict[type, Callable[[Any], str]] = {
    str: text,
    int: str,
    float: str,
    type(None): lambda _: NULL,
    bool: lambda value: "t" if value else "f",
    bytes: lambda value: f"\\\\x{value.hex()}",
    list: array,
    date: str,
    datetime: str,
}


def cell(value: object) -> str:
    return _CELLS[type(value)](value)


def row(values: Iterable[object]) -> str:
    """None, bool, numbers, dates, str, bytes, and lists of str or int. Raises KeyError for anything else."""
    values = tuple(values)
    if _SPECIAL.search("".join([value for value in values if type(value) is str])):
        return "\t".join([_CELLS[type(value)](value) for value in values])
    return "\t".join([value if type(value) is str else _CELLS[type(value)](value) for value in values])
