"""Sentences about start and end dates that moved. Pure."""

from typing import Any, NamedTuple

from trials.changes import Change
from trials.date_changes import months_between
from trials.vocabulary import date_label, when_label


class _Event(NamedTuple):
    expected: str
    happened: str
    name: str


_EVENTS = {
    "start": _Event("The expected start", "The trial started", "The start date"),
    "primary_completion": _Event(
        "The expected end of the main measurements", "The main measurements ended", "The end of the main measurements"
    ),
    "completion": _Event("The expected end", "The trial ended", "The end date"),
}


def date_sentence(change: Change) -> str:
    """`The expected end moved 14 months later, to Dec 2028.`"""
    event = _EVENTS[change.kind.rsplit("_", 1)[0]]
    old, new = change.old, change.new
    if change.kind.endswith("_void"):
        return f"{event.name} in the record is now {date_label(new['date'])}, though nobody joined."
    months = months_between(old["date"], new["date"])
    if new["type"] == "ACTUAL" and old["type"] == "ESTIMATED":
        return f"{event.happened} {when_label(new['date'])}{_against_plan(months, old, new)}."
    name = event.expected if new["type"] == "ESTIMATED" else event.name
    if months:
        return f"{name} moved {_span(months)}, to {date_label(new['date'])}."
    return f"{name} moved by less than a month, to {date_label(new['date'])}."


def _against_plan(months: int, old: dict[str, Any], new: dict[str, Any]) -> str:
    if months:
        return f", {_span(months)} than planned"
    shared = min(len(old["date"]), len(new["date"]))
    return ", as planned" if old["date"][:shared] == new["date"][:shared] else ""


def _span(months: int) -> str:
    size = abs(months)
    count = f"{size} {'month' if size == 1 else 'months'}"
    if size >= 24 and size % 12 == 0:
        count = f"{size // 12} years"
    return f"{count} {'later' if months > 0 else 'earlier'}"
