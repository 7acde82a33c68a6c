"""When a run looks like a fault of the registry, or of ours, rather than news. Pure.

The thresholds are those of docs/adr/0004: real days bring 500 to 1,700 updated studies of 600,000.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

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


@dataclass
class Tally:
    """What a run would publish, counted while it is staged."""

    studies_before: int = 0
    events: int = 0
    changed_studies: int = 0
    studies_by_kind: dict[str, int] = field(default_factory=dict)
    emptied_by_kind: dict[str, int] = field(default_factory=dict)
    missing_studies: int = 0

    def count(self, kinds: set[str], emptied: set[str], events: int) -> None:
        self.events += events
        self.changed_studies += bool(kinds)
        for kind in kinds:
            self.studies_by_kind[kind] = self.studies_by_kind.get(kind, 0) + 1
        for kind in emptied:
            self.emptied_by_kind[kind] = self.emptied_by_kind.get(kind, 0) + 1


def reasons_to_hold(tally: Tally, *, recent_events: Sequence[int]) -> list[str]:
    """Sentences for the operator; empty where the run may be published. `recent_events`: of up to 30 runs with news."""
    usual = median(recent_events) if len(recent_events) >= RUNS_FOR_MEDIAN else MEDIAN_UNTIL_KNOWN
    most = max(FEWEST_EVENTS_HELD, EVENTS_OVER_MEDIAN * usual)
    reasons = []
    if tally.events > most:
        reasons.append(f"{tally.events:,} changes; a usual run brings {usual:,.0f}, and {most:,.0f} is the limit.")
    if tally.events >= SHARES_COUNT_FROM:
        reasons += _shares(tally)
    missing_share = tally.missing_studies / max(1, tally.studies_before)
    if tally.missing_studies >= SHARES_COUNT_FROM and missing_share > MOST_MISSING:
        reasons.append(f"{tally.missing_studies:,} studies are missing from the registry ({missing_share:.1%}).")
    return reasons


def _shares(tally: Tally) -> list[str]:
    reasons = []
    known = max(1, tally.studies_before)
    if tally.changed_studies > MOST_STUDIES * known:
        reasons.append(f"{tally.changed_studies:,} studies changed, {tally.changed_studies / known:.1%} of all.")
    for kind, count in sorted(tally.studies_by_kind.items()):
        # Sites open and close in half of all updates on a usual day: that alone is no sign of a fault.
        if not kind.startswith("site_") and count > MOST_OF_ONE_FIELD * tally.changed_studies and count > 100:
            reasons.append(f"{kind} changed in {count:,} of {tally.changed_studies:,} changed studies.")
    for kind, count in sorted(tally.emptied_by_kind.items()):
        if count > MOST_EMPTIED * known:
            reasons.append(f"{kind} became empty in {count:,} studies.")
    return reasons
