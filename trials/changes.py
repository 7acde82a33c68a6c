"""Two records of one trial -> the list of changes that a reader would call a change. Pure.

A module or a value that the registry no longer serves is "unknown", never "emptied": real captures lose single fields
and regain them overnight. So nothing is reported for what vanishes, nor for what comes back, unless its absence means
something by itself (an age limit) or its arrival is an event (sites, results, a reason for stopping).
"""

import enum
from typing import Any, NamedTuple

import msgspec

from trials.criteria_diff import criteria_differences
from trials.date_changes import DATES, date_differences
from trials.differences import Difference, numbered
from trials.list_changes import arm_differences, intervention_differences, outcome_differences
from trials.plain_changes import plain_differences
from trials.records import TrialRecord
from trials.site_changes import site_differences
from trials.status_changes import status_differences
from trials.watched import MODULE_OF, watched


class Rank(enum.IntEnum):
    """How much a change matters to somebody who follows the trial."""

    PAGE_ONLY = 1
    DIGEST = 2
    TELL_NOW = 3


class Rule(NamedTuple):
    rank: Rank
    label: str


RULES = {
    "status_terminated": Rule(Rank.TELL_NOW, "Trial stopped early"),
    "status_withdrawn": Rule(Rank.TELL_NOW, "Trial called off"),
    "status_suspended": Rule(Rank.TELL_NOW, "Trial paused"),
    "status_opened": Rule(Rank.TELL_NOW, "Recruiting opened"),
    "status_closed": Rule(Rank.TELL_NOW, "Recruiting ended"),
    "unveiled": Rule(Rank.TELL_NOW, "Details published"),
    "results_posted": Rule(Rank.TELL_NOW, "Results posted"),
    "eligibility": Rule(Rank.TELL_NOW, "Who can join"),
    "minimum_age": Rule(Rank.TELL_NOW, "Lowest age"),
    "maximum_age": Rule(Rank.TELL_NOW, "Highest age"),
    "sex": Rule(Rank.TELL_NOW, "Sex"),
    "healthy_volunteers": Rule(Rank.TELL_NOW, "Healthy volunteers"),
    "status_unknown": Rule(Rank.DIGEST, "Status not confirmed"),
    "status": Rule(Rank.DIGEST, "Status"),
    "veiled": Rule(Rank.DIGEST, "Details hidden"),
    "why_stopped": Rule(Rank.DIGEST, "Why it stopped"),
    "site_opened": Rule(Rank.DIGEST, "Site opened"),
    "site_closed": Rule(Rank.DIGEST, "Site closed"),
    "site_added": Rule(Rank.DIGEST, "Site added"),
    "site_removed": Rule(Rank.DIGEST, "Site removed"),
    "site_status": Rule(Rank.DIGEST, "Site status"),
    "expanded_access": Rule(Rank.DIGEST, "Access outside the trial"),
    "phase": Rule(Rank.DIGEST, "Phase"),
    "study_type": Rule(Rank.DIGEST, "Type of study"),
    "intervention_added": Rule(Rank.DIGEST, "Treatment added"),
    "intervention_removed": Rule(Rank.DIGEST, "Treatment removed"),
    "intervention_renamed": Rule(Rank.DIGEST, "Treatment renamed"),
    "arm_added": Rule(Rank.DIGEST, "Group added"),
    "arm_removed": Rule(Rank.DIGEST, "Group removed"),
    "arm_renamed": Rule(Rank.DIGEST, "Group renamed"),
    "outcome_changed": Rule(Rank.DIGEST, "Main measure changed"),
    "outcome_added": Rule(Rank.DIGEST, "Main measure added"),
    "outcome_removed": Rule(Rank.DIGEST, "Main measure removed"),
    "enrollment": Rule(Rank.DIGEST, "Number of participants"),
    "start_moved": Rule(Rank.DIGEST, "Start date"),
    "primary_completion_moved": Rule(Rank.DIGEST, "End of the main measurements"),
    "completion_moved": Rule(Rank.DIGEST, "End date"),
    "sponsor": Rule(Rank.DIGEST, "Sponsor"),
    "eligibility_wording": Rule(Rank.PAGE_ONLY, "Wording of the criteria"),
    "enrollment_adjusted": Rule(Rank.PAGE_ONLY, "Number of participants"),
    "start_adjusted": Rule(Rank.PAGE_ONLY, "Start date"),
    "primary_completion_adjusted": Rule(Rank.PAGE_ONLY, "End of the main measurements"),
    "completion_adjusted": Rule(Rank.PAGE_ONLY, "End date"),
    "start_void": Rule(Rank.PAGE_ONLY, "Start date"),
    "primary_completion_void": Rule(Rank.PAGE_ONLY, "End of the main measurements"),
    "completion_void": Rule(Rank.PAGE_ONLY, "End date"),
    "masking": Rule(Rank.PAGE_ONLY, "Who knows the treatment"),
    "expanded_access_ended": Rule(Rank.PAGE_ONLY, "Access outside the trial"),
    "brief_title": Rule(Rank.PAGE_ONLY, "Title"),
    "official_title": Rule(Rank.PAGE_ONLY, "Official title"),
    "brief_summary": Rule(Rank.PAGE_ONLY, "Registry summary"),
    "conditions": Rule(Rank.PAGE_ONLY, "Conditions as registered"),
    "collaborators": Rule(Rank.PAGE_ONLY, "Collaborators"),
}
"""What counts as a change, and how much. The order is the order of importance within a rank."""

_MAY_LACK_SITES = frozenset({"NOT_YET_RECRUITING", "SUSPENDED"})
"""No real record that recruits is without sites: if one was, it was a thin copy, and its sites are not new."""

_IMPORTANCE = {kind: place for place, kind in enumerate(RULES)}


class Change(msgspec.Struct, frozen=True):
    """One difference. `field` is unique within an update; `kind` picks the sentence; `subject` names what changed
    (a site, an arm, an outcome) where the trial has several. `old` and `new` are plain JSON values, None for absent.

    Past 25 of one kind, the last Change of that kind stands for all the others: its `old` and `new` are lists of what
    the single ones hold, its `subject` is empty and its `field` ends in `/more`.
    """

    field: str
    kind: str
    rank: Rank
    old: Any = None
    new: Any = None
    subject: str = ""

    @property
    def stands_for(self) -> int:
        """How many differences this one row holds."""
        if not self.field.endswith("/more"):
            return 1
        return len(self.new if self.new is not None else self.old)


def detect(old: TrialRecord, new: TrialRecord) -> list[Change]:
    """What a reader would call a change, the highest rank first, then the most important kind.

    Blind to order, layout, escapes, country renames, contacts, MeSH terms and the registry's own clock dates.
    """
    found = _differences(old, new)
    changes = [Change(d.field, d.kind, RULES[d.kind].rank, d.old, d.new, d.subject) for d in numbered(found)]
    return sorted(changes, key=_place)


def _place(change: Change) -> tuple[Any, ...]:
    return (-change.rank, _IMPORTANCE[change.kind], change.field.endswith("/more"), change.subject, change.field)


def _differences(old: TrialRecord, new: TrialRecord) -> list[Difference]:
    if (old.status == "WITHHELD") != (new.status == "WITHHELD"):
        return [_veil(old, new)]
    unknown = frozenset(new.missing)
    found = status_differences(old, new) + plain_differences(old, new, unknown)
    if MODULE_OF["start"] not in unknown:
        is_void = new.status == "WITHDRAWN"
        for field in DATES:
            found += date_differences(field, getattr(old, field), getattr(new, field), is_void=is_void)
    if MODULE_OF["arms"] not in unknown:
        found += arm_differences(old.arms, new.arms)
        found += intervention_differences(old.interventions, new.interventions)
    if MODULE_OF["primary_outcomes"] not in unknown:
        found += outcome_differences(old.primary_outcomes, new.primary_outcomes)
    if MODULE_OF["eligibility"] not in unknown:
        found += criteria_differences(old.eligibility, new.eligibility)
    if MODULE_OF["sites"] not in unknown and (old.sites or old.status in _MAY_LACK_SITES):
        found += site_differences(old.sites, new.sites, has_status_changed=old.status != new.status)
    return found


def _veil(old: TrialRecord, new: TrialRecord) -> Difference:
    """Details of a device that is not cleared are hidden, then appear all at once: one event, not thirty."""
    kind = "unveiled" if old.status == "WITHHELD" else "veiled"
    return Difference("record", kind, watched(old), watched(new))
