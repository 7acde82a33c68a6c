"""The time zones that a reader can choose from: those in use, one a region and city, without their dead aliases."""

import zoneinfo
from functools import lru_cache
from itertools import groupby
from pathlib import Path

Option = tuple[str, str]
Group = tuple[str, list[Option]]

EVERYWHERE: Option = ("UTC", "UTC (the same all year)")
_TABLE = "zone.tab"
_OCEANS = ("Atlantic", "Indian", "Pacific")
_NOT_PLACES = ("Etc", "posix", "right", "SystemV")


@lru_cache
def canonical() -> tuple[str, ...]:
    """By the table that comes with the zones; without it, every name of a place."""
    known = zoneinfo.available_timezones()
    in_use = [name for name in _listed() if name in known]
    return tuple(sorted(in_use or (name for name in known if _is_place(name))))


def _listed() -> list[str]:
    """Column three of the first table found: country, coordinates, zone, comment."""
    for folder in zoneinfo.TZPATH:
        table = Path(folder) / _TABLE
        if table.is_file():
            rows = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
            return [row[2] for row in rows if len(row) > 2]
    return []


def _is_place(name: str) -> bool:
    region, slash, _ = name.partition("/")
    return bool(slash) and region not in _NOT_PLACES


def choices(kept: str = "") -> list[Option | Group]:
    """Grouped by region. A zone that was chosen from a longer list stays one that can be kept."""
    regions = groupby(canonical(), lambda name: name.partition("/")[0])
    groups: list[Option | Group] = [
        (_region(region), [(name, _words(name)) for name in names]) for region, names in regions
    ]
    is_old = kept not in (*canonical(), EVERYWHERE[0]) and kept in zoneinfo.available_timezones()
    old: list[Option | Group] = [(kept, kept.replace("_", " "))] if is_old else []
    return [*old, EVERYWHERE, *groups]


def _region(name: str) -> str:
    if name in _OCEANS:
        return f"{name} Ocean"
    return "The Americas" if name == "America" else name


def _words(name: str) -> str:
    """`America/Indiana/Knox` -> `Knox, Indiana`."""
    return ", ".join(reversed(name.replace("_", " ").split("/")[1:]))
