"""What a new overall status means to somebody who waits for the trial. Pure."""

from trials.differences import Difference
from trials.records import TrialRecord
from trials.text_match import is_close

_OPEN = frozenset({"RECRUITING", "AVAILABLE"})
_MAY_OPEN = frozenset({"NOT_YET_RECRUITING", "SUSPENDED", "TEMPORARILY_NOT_AVAILABLE"})
_SHUT = frozenset({"ACTIVE_NOT_RECRUITING", "COMPLETED", "ENROLLING_BY_INVITATION", "NO_LONGER_AVAILABLE",
                   "APPROVED_FOR_MARKETING"})  # fmt: skip
_STOPPED = {
    "TERMINATED": "status_terminated",
    "WITHDRAWN": "status_withdrawn",
    "SUSPENDED": "status_suspended",
    "TEMPORARILY_NOT_AVAILABLE": "status_suspended",
}


def status_differences(old: TrialRecord, new: TrialRecord) -> list[Difference]:
    found = []
    if old.status != new.status:
        found.append(Difference("status", status_kind(old.status, new.status), old.status, new.status))
    if new.why_stopped and new.status in _STOPPED and not is_close(old.why_stopped, new.why_stopped):
        found.append(Difference("why_stopped", "why_stopped", old.why_stopped or None, new.why_stopped))
    return found


def status_kind(old: str, new: str) -> str:
    """`status_closed` is for trials that people could join, or waited to: for those the door is now shut."""
    if new in _STOPPED:
        return _STOPPED[new]
    if new in _OPEN:
        return "status_opened"
    if old in _OPEN and (new in _SHUT or new in _MAY_OPEN):
        return "status_closed"
    if old in _MAY_OPEN and new in _SHUT:
        return "status_closed"
    return "status_unknown" if new == "UNKNOWN" else "status"
