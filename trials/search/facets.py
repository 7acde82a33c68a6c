"""Status, phases, type, sex and flags of a trial in one number, and counts of such numbers told apart. Pure.

A search counts equal numbers in the database and reads them here: one grouping serves every filter.
"""

from collections import Counter
from collections.abc import Iterable

from trials.records import TrialRecord
from trials.search.terms import mark, welcomes

# The order is stored: new values go to the end.
_STATUSES = (
    "recruiting", "not-yet-recruiting", "enrolling-by-invitation", "active-not-recruiting", "suspended", "terminated",
    "withdrawn", "completed", "unknown", "withheld", "available", "no-longer-available", "temporarily-not-available",
    "approved-for-marketing",
)  # fmt: skip
_PHASES = ("early-phase1", "phase1", "phase2", "phase3", "phase4", "na")
_TYPES = ("interventional", "observational", "expanded-access")
_OTHER = 31
_STATUS_BITS, _TYPE_BITS, _SEX_BITS = 5, 2, 2
_FEMALE, _MALE = 1, 2
_FLAGS = ("open", "healthy", "results", "summary")


def packed(record: TrialRecord, *, is_open: bool, has_summary: bool) -> int:
    status, study_type = mark(record.status), mark(record.study_type)
    number = _STATUSES.index(status) if status in _STATUSES else _OTHER
    shift = _STATUS_BITS
    number |= (_TYPES.index(study_type) if study_type in _TYPES else 3) << shift
    shift += _TYPE_BITS
    sexes = welcomes(record.sex)
    number |= (_FEMALE * ("female" in sexes) | _MALE * ("male" in sexes)) << shift
    shift += _SEX_BITS
    flags = (is_open, bool(record.healthy_volunteers), record.has_results, has_summary)
    for flag in flags:
        number |= flag << shift
        shift += 1
    for phase in record.phases:
        if mark(phase) in _PHASES:
            number |= 1 << shift + _PHASES.index(mark(phase))
    return number


def values(number: int) -> list[tuple[str, str]]:
    """The (filter, value) pairs under which the number counts: `("phase", "phase2")`."""
    status, number = number & _OTHER, number >> _STATUS_BITS
    study_type, number = number & 3, number >> _TYPE_BITS
    sexes, number = number & 3, number >> _SEX_BITS
    found = [("status", _STATUSES[status])] if status < len(_STATUSES) else []
    found += [("type", _TYPES[study_type])] if study_type < len(_TYPES) else []
    found += [("sex", sex) for bit, sex in ((_FEMALE, "female"), (_MALE, "male")) if sexes & bit]
    found += [("status" if flag == "open" else flag, "open" if flag == "open" else "yes")
              for place, flag in enumerate(_FLAGS) if number >> place & 1]  # fmt: skip
    number >>= len(_FLAGS)
    return found + [("phase", phase) for place, phase in enumerate(_PHASES) if number >> place & 1]


def counted(numbers: Iterable[tuple[int, int]]) -> Counter[tuple[str, str]]:
    """(number, how many) -> how many of each value of each filter."""
    counts: Counter[tuple[str, str]] = Counter()
    for number, many in numbers:
        for value in values(number):
            counts[value] += many
    return counts
