"""Two records of one trial -> the list of changes that a reader would call a change. Pure."""

import enum
from typing import Any

import msgspec

from trials.records import TrialRecord


class Rank(enum.IntEnum):
    """How much a change matters to somebody who follows the trial."""

    PAGE_ONLY = 1
    DIGEST = 2
    TELL_NOW = 3


class Change(msgspec.Struct, frozen=True):
    """One difference. `field` is unique within an update; `kind` picks the sentence; `subject` names what changed
    (a site, an arm, an outcome) where the trial has several. `old` and `new` are plain JSON values, None for absent.
    """

    field: str
    kind: str
    rank: Rank
    old: Any = None
    new: Any = None
    subject: str = ""


def detect(old: TrialRecord, new: TrialRecord) -> list[Change]:
    raise NotImplementedError
