"""How far a start or end date moved. Pure.

`..._moved` is a slip of a month or more. `..._adjusted` is less, or a planned date that came true (ESTIMATED ->
ACTUAL): a fact worth a line on the page. `..._void` is any date of a trial that was called off before anyone joined:
it neither started nor ended, whatever the registrant types there. A date that only became more precise (2026-07 ->
2026-07-15) is no change, since it said as much before; the registry rewrote many so. A date that appears or vanishes
is taken as not served: real captures lose and regain them overnight (NCT03182660).
"""

import calendar
import datetime as dt

import msgspec

from trials.differences import Difference
from trials.records import RecordDate

DATES = ("start", "primary_completion", "completion")


def date_differences(
    field: str, old: RecordDate | None, new: RecordDate | None, *, is_void: bool = False
) -> list[Difference]:
    if old is None or new is None or old == new:
        return []
    came_true = old.type == "ESTIMATED" and new.type == "ACTUAL"
    months = months_between(old.date, new.date)
    if months:
        kind = f"{field}_moved"
    elif came_true or not _is_same(old.date, new.date):
        kind = f"{field}_adjusted"
    else:
        return []
    kind = f"{field}_void" if is_void else kind
    return [Difference(field, kind, msgspec.to_builtins(old), msgspec.to_builtins(new))]


def months_between(old: str, new: str) -> int:
    """Whole months from `old` to `new`, negative when earlier, at the precision that both share.

    Between days it is rounded to the nearest month, but 0 only below a calendar month.
    """
    if len(old) == len(new) == 10:
        return _months_between_days(dt.date.fromisoformat(_valid(old)), dt.date.fromisoformat(_valid(new)))
    shared = min(len(old), len(new))
    return _month_index(new[:shared]) - _month_index(old[:shared])


def _is_same(old: str, new: str) -> bool:
    shared = min(len(old), len(new))
    return old[:shared] == new[:shared]


def _month_index(date: str) -> int:
    return int(date[:4]) * 12 + (int(date[5:7]) if len(date) >= 7 else 0)


def _months_between_days(old: dt.date, new: dt.date) -> int:
    if new < old:
        return -_months_between_days(new, old)
    last = calendar.monthrange(new.year, new.month)[1]
    months = (new.year - old.year) * 12 + new.month - old.month
    whole = months - (new.day < min(old.day, last))
    return max(whole, round((new - old).days / 30.44)) if whole else 0


def _valid(date: str) -> str:
    """The 31st of June becomes the 30th: registrants wrote such days."""
    year, month, day = (int(part) for part in date.split("-"))
    return f"{year:04}-{month:02}-{min(day, calendar.monthrange(year, month)[1]):02}"
