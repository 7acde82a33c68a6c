"""How many people a trial has and when it ends, in one sentence. Pure."""

from datetime import date

from trials.records import TrialRecord
from trials.vocabulary import when_label

_OVER = ("COMPLETED", "TERMINATED")
_PAST = (*_OVER, "WITHDRAWN", "UNKNOWN")


def size_and_end(record: TrialRecord, today: date) -> str:
    """`It plans for 80 people and is due to end in Mar 2027.` `It ended in Mar 2010 with 618 people in all.`"""
    if record.study_type == "EXPANDED_ACCESS":
        return ""
    end = _end(record, today)
    if not record.enrollment:
        return f"It {end}." if end else ""
    people = "one person" if record.enrollment == 1 else f"{record.enrollment:,} people"
    if record.enrollment_type == "ACTUAL" and record.status in _OVER and not end.startswith("was due"):
        return f"It {end} with {people} in all." if end else f"In all, {people} took part."
    joint = " and" if record.enrollment_type else ", and it"
    return f"{_size(record, people)}{f'{joint} {end}' if end else ''}."


def _size(record: TrialRecord, people: str) -> str:
    """Records older than 2008 give a number without saying whether it was planned or came true."""
    is_past = record.status in _PAST
    if not record.enrollment_type:
        return f"Its size in the record is {people}"
    if record.enrollment_type == "ACTUAL":
        return f"It {'had' if is_past else 'has'} {people}"
    return f"It {'planned' if is_past else 'plans'} for {people}"


def _end(record: TrialRecord, today: date) -> str:
    """What goes on after "It": `is due to end in Mar 2027`. The end of the main measurements is not the trial's."""
    end = record.completion
    if record.status in ("WITHDRAWN", "SUSPENDED") or not end:
        return ""
    is_past = end.date < today.isoformat()[: len(end.date)]
    if end.type == "ACTUAL" or (record.status in _OVER and is_past and end.type != "ESTIMATED"):
        return f"ended {when_label(end.date)}"
    return f"{'was' if is_past or record.status in _OVER else 'is'} due to end {when_label(end.date)}"
