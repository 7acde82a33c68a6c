"""A week of one condition's trials, from their changes: what was listed, what opened and closed, who can join now."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from trials.changes import Rank
from trials.models import Condition, Trial, TrialChange

MOST_SENTENCES = 6
WEEK = timedelta(days=7)
_NAMED = re.compile(r"(2\d{3})-W(\d{2})")
_SECTIONS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("Newly listed", "newly listed", frozenset({TrialChange.LISTED, "unveiled"})),
    ("Opened", "opened", frozenset({"status_opened"})),
    (
        "Closed or stopped",
        "closed or stopped",
        frozenset({"status_closed", "status_terminated", "status_withdrawn", "status_suspended", TrialChange.GONE}),
    ),
    ("Results posted", "posted results", frozenset({"results_posted"})),
    (
        "Who can join has changed",
        "changed who can join",
        frozenset({"eligibility", "minimum_age", "maximum_age", "sex", "healthy_volunteers"}),
    ),
)
_OTHERS = ("Other changes", "changed in other ways")


@dataclass(frozen=True)
class Week:
    """Monday to Sunday, in UTC."""

    monday: date

    @classmethod
    def named(cls, name: str) -> "Week | None":
        """`2026-W28`; None for what is no week of the ISO calendar, or not of this millennium."""
        match = _NAMED.fullmatch(name)
        try:
            return cls(date.fromisocalendar(int(match[1]), int(match[2]), 1)) if match else None
        except ValueError:
            return None

    @classmethod
    def of(cls, day: date) -> "Week":
        return cls(day - timedelta(days=day.weekday()))

    @property
    def name(self) -> str:
        year, week, _ = self.monday.isocalendar()
        return f"{year:04d}-W{week:02d}"

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def begins_at(self) -> datetime:
        return datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=UTC)

    @property
    def before(self) -> "Week | None":
        return Week(self.monday - WEEK) if self.monday > date(2000, 1, 3) else None

    @property
    def after(self) -> "Week | None":
        return Week(self.monday + WEEK) if self.monday < date(2999, 12, 1) else None


@dataclass(frozen=True)
class Entry:
    """What a week brought for one trial."""

    trial: Trial
    changes: Sequence[TrialChange]

    @property
    def sentences(self) -> list[str]:
        return list(dict.fromkeys(change.sentence for change in self.changes))[:MOST_SENTENCES]

    @property
    def more(self) -> int:
        return len(dict.fromkeys(change.sentence for change in self.changes)) - len(self.sentences)

    @property
    def kinds(self) -> set[str]:
        return {change.kind for change in self.changes}


@dataclass(frozen=True)
class Section:
    heading: str
    counted_as: str
    entries: list[Entry]


def sections(condition: Condition, week: Week) -> list[Section]:
    """Each trial stands once, in the first section that fits it. Empty for a week without news."""
    left = _entries(condition, week)
    found = []
    for heading, counted_as, kinds in _SECTIONS:
        fitting = [entry for entry in left if entry.kinds & kinds]
        left = [entry for entry in left if not entry.kinds & kinds]
        found.append(Section(heading, counted_as, fitting))
    found.append(Section(*_OTHERS, left))
    return [section for section in found if section.entries]


def in_short(found: Sequence[Section]) -> str:
    """`3 opened, 1 closed or stopped, 2 changed who can join`"""
    return ", ".join(f"{len(section.entries):,} {section.counted_as}" for section in found)


def _entries(condition: Condition, week: Week) -> list[Entry]:
    in_week = TrialChange.objects.filter(
        trial__trial_conditions__condition=condition,
        detected_at__gte=week.begins_at,
        detected_at__lt=week.begins_at + WEEK,
        rank__gte=Rank.DIGEST,
    )
    by_trial: dict[int, list[TrialChange]] = {}
    trials: dict[int, Trial] = {}
    for change in in_week.select_related("trial__plain_summary").order_by("-rank", "-version", "id"):
        by_trial.setdefault(change.trial_id, []).append(change)
        trials[change.trial_id] = change.trial
    return [Entry(trials[pk], changes) for pk, changes in by_trial.items()]
