"""Reading JSON whose types nobody promises: a value of the wrong type counts as absent, and is noted. Pure."""

import re
from functools import lru_cache
from typing import Any

from trials.record_types import RecordDate
from trials.text import line, markup

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OTHER_STYLES = (
    re.compile(r"(?P<month>[A-Za-z]{3})[a-z]*\.? (?:(?P<day>\d{1,2}),? )?(?P<year>\d{4})"),
    re.compile(r"(?P<day>\d{1,2})[ -](?P<month>[A-Za-z]{3})[a-z]*\.?,?[ -](?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})[/.](?P<month>\d{1,2})(?:[/.](?P<day>\d{1,2}))?"),
    re.compile(r"(?P<year>\d{4})-?(?P<month>\d{2})(?:-?(?P<day>\d{2}))(?:T[\d:.]+Z?)?"),
)


def as_date(text: str) -> str:
    """`2026`, `2026-07` or `2026-07-01`; "" for what is no date. Other ways of writing the day mean the same day:
    the registry served `July 1, 2026` for years, and may again."""
    if _DATE.fullmatch(text):
        return text
    for style in _OTHER_STYLES:
        if found := style.fullmatch(text.strip()):
            return _put_together(**found.groupdict())
    return ""


def _put_together(year: str, month: str, day: str | None) -> str:
    number = int(month) if month.isdigit() else _MONTHS.index(m) + 1 if (m := month.lower()) in _MONTHS else 0
    date = f"{year}-{number:02d}" + (f"-{int(day):02d}" if day else "")
    return date if _DATE.fullmatch(date) else ""


SHORT = 40
_short_line = lru_cache(maxsize=50_000)(line)
"""Countries, towns, types and names come again and again: nearly every record has no new one."""


@lru_cache(maxsize=2_000)
def _enum(value: str) -> str:
    return value if value.isupper() and " " not in value else value.upper().replace(" ", "_")


class Reader:
    """Reads one JSON object without trusting its types; notes what was not as the schema says."""

    __slots__ = ("data", "drift", "name", "parent")

    def __init__(self, data: Any, name: str, drift: list[str], parent: "Reader | None" = None) -> None:
        self.name, self.parent, self.drift = name, parent, drift
        if not isinstance(data, dict):
            if data is not None:
                drift.append(f"{self.path} is {type(data).__name__}, not an object")
            data = {}
        self.data: dict[str, Any] = data

    @property
    def path(self) -> str:
        return f"{self.parent.path}.{self.name}" if self.parent else self.name

    def _note(self, key: str, value: object, wanted: str) -> None:
        self.drift.append(f"{self.path}.{key} is {type(value).__name__}, not {wanted}")

    def raw_text(self, key: str) -> str:
        value = self.data.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            self._note(key, value, "text")
            return str(value)
        if value is not None:
            self._note(key, value, "text")
        return ""

    def line(self, key: str) -> str:
        value = self.data.get(key)
        if type(value) is not str:  # a hundred times a record, and half of them are not there
            value = self.raw_text(key) if value is not None else ""
        return _short_line(value) if len(value) < SHORT else line(value)

    def enum(self, key: str) -> str:
        """A value of the registry's lists, as the schema spells it: RECRUITING, whatever the case served."""
        value = self.line(key)
        return _enum(value) if len(value) < SHORT else value.upper().replace(" ", "_")

    def enums(self, key: str) -> tuple[str, ...]:
        return tuple(value.upper().replace(" ", "_") for value in self.lines(key))

    def markup(self, key: str) -> str:
        value = self.raw_text(key)
        return markup(value) if value else ""

    def flag(self, key: str) -> bool | None:
        value = self.data.get(key)
        if isinstance(value, bool):
            return value
        if value is not None:
            self._note(key, value, "true or false")
            if isinstance(value, str) and value.lower() in ("true", "yes"):
                return True
            if isinstance(value, str) and value.lower() in ("false", "no"):
                return False
        return None

    def number(self, key: str) -> int | None:
        value = self.data.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is None:
            return None
        self._note(key, value, "a number")
        return int(value) if isinstance(value, str) and value.strip().isdigit() else None

    def degrees(self, key: str) -> float | None:
        value = self.data.get(key)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def items(self, key: str) -> list[Any]:
        value = self.data.get(key, [])
        if isinstance(value, list):
            return value
        if value is None:
            return []
        self._note(key, value, "a list")
        return [value] if isinstance(value, (dict, str)) else []

    def lines(self, key: str) -> tuple[str, ...]:
        out = []
        for value in self.items(key):
            if isinstance(value, str):
                if cleaned := line(value):
                    out.append(cleaned)
            else:
                self._note(key, value, "a list of texts")
        return tuple(out)

    def part(self, key: str) -> "Reader":
        return Reader(self.data.get(key), key, self.drift, self)

    def parts(self, key: str) -> list["Reader"]:
        return [Reader(value, key, self.drift, self) for value in self.items(key)]

    def date(self, key: str) -> RecordDate | None:
        part = self.part(key)
        value = as_date(part.line("date"))
        return RecordDate(value, part.enum("type")) if value else None
