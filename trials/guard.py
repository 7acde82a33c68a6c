"""When a run looks like a fault of the registry, or of ours, rather than news. Pure.

The thresholds are those of docs/adr/0003: real days bring 500 to 1,700 updated studies of 600,000.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from trials.records import TrialRecord
from trials.watched import watched

SHARES_COUNT_FROM = 200
"""Share rules say nothing about small runs: below so many events (or missing studies) they are not applied."""
MOST_STUDIES = 0.02
MOST_OF_ONE_FIELD = 0.5
MOST_EMPTIED = 0.01
MOST_MISSING = 0.005
FEWEST_EVENTS_HELD = 500
EVENTS_OVER_MEDIAN = 5
MEDIAN_UNTIL_KNOWN = 2_000
RUNS_FOR_MEDIAN = 10
MOST_MISSING_OF_FEW = 0.5
"""Where a site holds few studies, half of them do not leave the registry in a day either."""
FEW_MISSING = 10


@dataclass
class Tally:
    """What a run would publish, counted while it is staged."""

    studies_before: int = 0
    events: int = 0
    changed_studies: int = 0
    studies_by_kind: dict[str, int] = field(default_factory=dict)
    emptied_by_field: dict[str, int] = field(default_factory=dict)
    missing_studies: int = 0
    is_registry_empty: bool = False
    emptied_conditions: Sequence[str] = ()

    def count(self, kinds: set[str], emptied: set[str], events: int) -> None:
        self.events += events
        self.changed_studies += bool(kinds)
        for kind in kinds:
            self.studies_by_kind[kind] = self.studies_by_kind.get(kind, 0) + 1
        for name in emptied:
            self.emptied_by_field[name] = self.emptied_by_field.get(name, 0) + 1


def emptied_fields(old: TrialRecord, new: TrialRecord) -> set[str]:
    """Watched fields that said something and say nothing now. Rarely news for one study; for many, a fault."""
    after = watched(new)
    return {name for name, value in watched(old).items() if value and not after.get(name)}


def reasons_to_hold(tally: Tally, *, recent_events: Sequence[int]) -> list[str]:
    """Sentences for the operator; empty where the run may be published. `recent_events`: of up to 30 runs with news."""
    usual = median(recent_events) if len(recent_events) >= RUNS_FOR_MEDIAN else MEDIAN_UNTIL_KNOWN
    most = max(FEWEST_EVENTS_HELD, EVENTS_OVER_MEDIAN * usual)
    reasons = []
    if tally.events > most:
        reasons.append(f"{tally.events:,} changes; a usual run brings {usual:,.0f}, and {most:,.0f} is the limit.")
    if tally.events >= SHARES_COUNT_FROM:
        reasons += _shares(tally)
    return reasons + _emptied(tally) + _missing(tally)


def _shares(tally: Tally) -> list[str]:
    reasons = []
    known = max(1, tally.studies_before)
    if tally.changed_studies > MOST_STUDIES * known:
        reasons.append(f"{tally.changed_studies:,} studies changed, {tally.changed_studies / known:.1%} of all.")
    for kind, count in sorted(tally.studies_by_kind.items()):
        # Sites open and close in half of all updates on a usual day: that alone is no sign of a fault.
        if not kind.startswith("site_") and count > MOST_OF_ONE_FIELD * tally.changed_studies and count > 100:
            reasons.append(f"{kind} changed in {count:,} of {tally.changed_studies:,} changed studies.")
    return reasons


def _emptied(tally: Tally) -> list[str]:
    least = max(SHARES_COUNT_FROM, MOST_EMPTIED * tally.studies_before)
    counted = sorted(tally.emptied_by_field.items())
    return [f"{name} became empty in {count:,} studies." for name, count in counted if count > least]


def _missing(tally: Tally) -> list[str]:
    reasons = []
    missing, share = tally.missing_studies, tally.missing_studies / max(1, tally.studies_before)
    many = missing >= SHARES_COUNT_FROM and share > MOST_MISSING
    if many or (missing >= FEW_MISSING and share > MOST_MISSING_OF_FEW):
        reasons.append(f"{missing:,} studies are missing from the registry ({share:.1%}).")
    if tally.is_registry_empty and tally.studies_before:
        reasons.append("The registry lists no study at all.")
    for name in tally.emptied_conditions:
        reasons.append(f"Every study of “{name}” is missing from the registry.")
    return reasons
