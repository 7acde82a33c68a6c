"""Two versions of one trial's record, compared as an update is: what a reader would call a change, old and new."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from trials import changes, wording
from trials.models import Trial, TrialChange
from trials.pages.old_new import Compared, compared
from trials.records import TrialRecord, parse


class Version(NamedTuple):
    """`since` is when we first saw it."""

    number: int
    since: datetime


class Difference(NamedTuple):
    sentence: str
    pairs: list[Compared]


def kept(trial: Trial, rows: Sequence[TrialChange]) -> list[Version]:
    """The versions that can be compared, the newest first: those kept, and the record as it stands."""
    since = {change.version: change.detected_at for change in rows if change.version > 1}
    numbers = {*trial.versions.values_list("version", flat=True), trial.version}
    return [
        Version(number, trial.first_seen_at if number == 1 else since.get(number, trial.last_changed_at))
        for number in sorted(numbers, reverse=True)
        if number <= trial.version
    ]


def record_of(trial: Trial, number: int) -> TrialRecord:
    """The current record is the trial's own; a kept one that has its number was never told to anybody."""
    if number == trial.version:
        return trial.record
    return parse(trial.versions.get(version=number).study)


def differences(trial: Trial, earlier: int, later: int) -> list[Difference]:
    found = changes.detect(record_of(trial, earlier), record_of(trial, later))
    return [Difference(wording.sentence(change), compared(change)) for change in found]
